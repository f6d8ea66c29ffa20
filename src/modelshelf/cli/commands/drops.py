"""The command for the drop folders: `watch`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.views import upkeep as view
from modelshelf.cli.views.models import line
from modelshelf.cli.wording import plural
from modelshelf.domain.errors import Refused, Unavailable
from modelshelf.domain.plain import plain

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting, SweepReport
    from modelshelf.registry import Registry

_SIGNALLED = 128


@command("watch", example="modelshelf watch --once")
@click.option("--once", is_flag=True, help="Take in what is there, wait for what settles, and end.")
@click.pass_obj
def watch(session: Session, *, once: bool) -> int:
    """Take in what is dropped into the drop folders, until stopped with Ctrl-C.

    Each happening is a line; with --json each sweep that took something in is an object. With
    --once it ends with 5 when a file is refused and with 7 when one is not finished.
    """
    with session.open() as registry:
        if not once:
            return _go_on(session, registry)
        _once(session, registry)
        return 0


def _once(session: Session, registry: Registry) -> None:
    tell = None if session.json else _happening(session)
    report = registry.intake.sweep(until_still=True, progress=tell)
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


def _happening(session: Session) -> Callable[[Sighting], None]:
    return lambda seen: session.show({"sighting": seen}, lambda to: view.happening(to, seen))


def _go_on(session: Session, registry: Registry) -> int:
    from modelshelf.watcher import watch as watch_folders

    def say(text: str) -> None:
        session.warn(text) if session.json else session.show({}, lambda to: line(to, text))

    def report(found: SweepReport) -> None:
        if session.json and (found.taken or found.same):
            session.show(plain(found), lambda _to: ())

    stop = threading.Event()
    with _stopped_by_signals(stop) as signals:
        watch_folders(registry, log=say, stop=stop, on_report=report)
    return _SIGNALLED + signals[0] if signals else 0


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[list[int]]:
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
