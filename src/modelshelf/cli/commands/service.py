"""The command `service`: watch the drop folders from login on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.views.models import line
from modelshelf.domain.errors import NotFound, Unavailable
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.cli.service import Service

_WAIT_S = 60


@command("service", example="modelshelf service install --start")
@click.argument("what", type=click.Choice(["install", "uninstall", "status", "print"]))
@click.option("--start", is_flag=True, help="Begin it at once (install), and not only say how.")
@click.pass_obj
def service(session: Session, what: str, *, start: bool) -> None:
    """Let the system watch the drop folders from login on: a systemd user unit or launchd agent.

    `install` writes the file, `uninstall` ends the service and removes the file, `status` says
    whether it is there and how to look at it, `print` only shows the file.
    """
    from modelshelf.cli.service import watching_service

    with session.open() as registry:
        made = watching_service(registry.path, session.actor)
    if what == "print":
        session.show(
            {"kind": made.kind, "file": made.file, "text": made.text}, lambda _: [made.text]
        )
    elif what == "install":
        _install(session, made, start=start)
    elif what == "uninstall":
        _uninstall(session, made)
    else:
        _status(session, made)


def _install(session: Session, made: Service, *, start: bool) -> None:
    try:
        made.file.parent.mkdir(parents=True, exist_ok=True)
        made.file.write_text(made.text, encoding="utf-8")
    except OSError as exc:
        raise _failed(made, "cannot be written", exc) from exc
    if start:
        for words in made.begin:
            _run(words)
    _show(session, made, "started" if start else "installed")
    if not start:
        session.say(f"Begin it: {' && '.join(' '.join(words) for words in made.begin)}")


def _uninstall(session: Session, made: Service) -> None:
    if not made.file.exists():
        raise NotFound(f"{safe(made.file)} is not there", hint="modelshelf service install")
    for words in made.end:
        try:
            _run(words)
        except Unavailable as problem:  # it may never have been begun
            session.say(str(problem))
    try:
        made.file.unlink()
    except OSError as exc:
        raise _failed(made, "cannot be removed", exc) from exc
    _show(session, made, "uninstalled")


def _status(session: Session, made: Service) -> None:
    try:
        same = made.file.read_text(encoding="utf-8") == made.text
    except FileNotFoundError:
        state = "not installed"
    except (OSError, UnicodeDecodeError):
        state = "not readable"
    else:
        state = "installed" if same else "installed by another release, or changed by hand"
    _show(session, made, state)
    session.say(f"Look at it: {' '.join(made.look)}")


def _show(session: Session, made: Service, state: str) -> None:
    answer = {"kind": made.kind, "file": made.file, "state": state}
    session.show(answer, lambda to: line(to, f"{made.file}: {state}"))


def _run(words: Sequence[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own words; nothing of a stranger's is among them
            words, capture_output=True, timeout=_WAIT_S, check=False, env=os.environ.copy()
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise Unavailable(f"{words[0]} cannot be run", why=str(exc)) from exc
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"it ended with {done.returncode}"
        raise Unavailable(
            f"{' '.join(words)} did not work",
            why=safe(said, 500),
            hint="The file is written; begin it by hand where the session has a service manager.",
        )


def _failed(made: Service, what: str, exc: OSError) -> Unavailable:
    return Unavailable(f"{safe(made.file)} {what}", why=exc.strerror or str(exc))


COMMANDS = {c.name: c for c in (service,)}
