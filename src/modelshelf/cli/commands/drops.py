"""The command for the drop folders: `watch`."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import FILE
from modelshelf.cli.views import upkeep as view
from modelshelf.cli.views.models import line
from modelshelf.cli.wording import plural
from modelshelf.domain.errors import ModelshelfError, Refused, Unavailable
from modelshelf.domain.plain import plain
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting, SweepReport
    from modelshelf.registry import Registry
    from modelshelf.watcher import LogFile

_SIGNALLED = 128


@command("watch", example="modelshelf watch --once")
@click.option("--once", is_flag=True, help="Take in what is there, wait for what settles, and end.")
@click.option(
    "--log-file",
    type=FILE,
    metavar="FILE",
    help="Write each line here instead, with the time; old lines are put aside and dropped.",
)
@click.pass_obj
def watch(session: Session, *, once: bool, log_file: str | None) -> int:
    """Take in what is dropped into the drop folders, until stopped with Ctrl-C; tell the hooks.

    Each happening is a line; with --json each sweep that took something in is an object. With
    --once it ends with 5 when a file is refused and with 7 when one is not finished.
    """
    log = None if log_file is None else _log_file(session, log_file)
    try:
        if not once:
            return _go_on(session, log)
        with session.open() as registry:
            _once(session, registry, log)
        return 0
    except ModelshelfError as error:
        if log is not None:
            log.write(f"ended: {error}")
        raise


def _log_file(session: Session, name: str) -> LogFile:
    from modelshelf.settings import find_registry, read_policy
    from modelshelf.watcher import LogFile

    root = find_registry(session.registry)
    places = [root]
    with suppress(ModelshelfError):  # whoever opens the registry says so
        places += [root / rule.path for rule in read_policy(root)[0].drop_folders]
    file = Path(os.path.abspath(name))  # noqa: PTH100 - follows no link
    inside = False
    with suppress(OSError, ValueError):  # what is no path at all cannot be opened either
        inside = any(file.resolve().is_relative_to(place.resolve()) for place in places)
    if inside:
        raise Refused(
            f"{safe(file)} cannot be the log file",
            why="it would lie in the registry or in a drop folder",
            hint="Name a file somewhere else.",
        )
    return LogFile(file)


def _once(session: Session, registry: Registry, log: LogFile | None) -> None:
    tell = None if session.json and log is None else _happening(session, log)
    report = registry.intake.sweep(until_still=True, progress=tell)
    if registry.policy.hooks:
        _tell_hooks(session, registry, log)
    session.show(plain(report), lambda _to: ())
    if report.refused:
        raise Refused(
            f"{plural(len(report.refused), 'dropped file is', 'dropped files are')} refused",
            subject=report.refused[0].path,
            hint="modelshelf inbox --state refused says why.",
        )
    if report.waiting:
        raise Unavailable(
            f"{plural(len(report.waiting), 'dropped file is', 'dropped files are')} not finished",
            subject=report.waiting[0].path,
        )


def _tell_hooks(session: Session, registry: Registry, log: LogFile | None) -> None:
    from modelshelf.watcher import told

    write = session.say if log is None else log.write
    registry.hooks.deliver(progress=lambda delivery: write(told(delivery)))


def _happening(session: Session, log: LogFile | None) -> Callable[[Sighting], object]:
    if log is None:
        return lambda seen: session.show({"sighting": seen}, lambda to: view.happening(to, seen))
    from modelshelf.watcher import happening

    return lambda seen: log.write(happening(seen))


def _go_on(session: Session, log: LogFile | None) -> int:
    from modelshelf.watcher import Deliverer
    from modelshelf.watcher import watch as watch_folders

    def say(text: str) -> None:
        session.warn(text) if session.json else session.show({}, lambda to: line(to, text))

    def report(found: SweepReport) -> None:
        if session.json and (found.taken or found.same):
            session.show(plain(found), lambda _to: ())

    stop = threading.Event()
    with stopped_by_signals(stop) as signals:
        write = say if log is None else log.write
        with Deliverer(session.open, write):
            watch_folders(session.open, log=write, stop=stop, on_report=report)
    return _SIGNALLED + signals[0] if signals else 0


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[list[int]]:
    """Let Ctrl-C and a request to end finish the file at work; a second Ctrl-C does not wait."""
    came: list[int] = []

    def take(number: int, _frame: object) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        stop.set()

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


COMMANDS = {c.name: c for c in (watch,)}
