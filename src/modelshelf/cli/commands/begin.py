"""Commands to begin with: `init`, `watch`, `demo`, `completion`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.screen import is_terminal
from modelshelf.cli.session import Session
from modelshelf.cli.values import FOLDER
from modelshelf.cli.views import upkeep as view
from modelshelf.cli.views.models import line
from modelshelf.domain.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from modelshelf.domain.intake import Sighting


@command("init", example="modelshelf init ./models")
@click.argument("folder", required=False, type=FOLDER, metavar="[DIR]")
@click.pass_obj
def init(session: Session, folder: str | None) -> None:
    """Make a registry in DIR, or where -R and the settings say."""
    from modelshelf.registry import create_registry
    from modelshelf.settings import find_registry

    place = find_registry(folder if folder is not None else session.registry)
    with create_registry(place, actor=session.actor, clock=session.clock) as registry:
        made = registry.path
    session.show({"registry": made}, lambda to: line(to, str(made)))
    session.say("Register a model: modelshelf register NAME FILE. See it all: modelshelf")


@command("completion", example="modelshelf completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, models, references and stages."""
    from modelshelf.cli.completion import script

    text = script(shell, context.find_root().command)
    context.ensure_object(Session).show({"shell": shell, "script": text}, lambda _to: [text])


@command("demo", example="modelshelf demo --path ./sample --no-app")
@click.option(
    "--path", type=FOLDER, metavar="DIR", help="Where to put it; else a temporary folder."
)
@click.option("--no-app", is_flag=True, help="Only make it, do not open the terminal app.")
@click.pass_obj
def demo(session: Session, *, path: str | None, no_app: bool) -> int:
    """Make a sample registry and open it in the terminal app."""
    from modelshelf.registry.sample import build_sample

    place = _new_folder(path)
    with session.progress("making the sample registry", undone=f"what is there is in {place}") as p:
        build_sample(place, p)
    session.show({"registry": place}, lambda to: line(to, str(place)))
    if no_app or session.json or not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        session.say(f"Look at it: modelshelf -R {place}")
        return 0
    from modelshelf.cli.app import check_terminal, run_app

    check_terminal()
    return run_app(place)


def _new_folder(path: str | None) -> Path:
    from pathlib import Path

    if path is not None:
        return Path(path).absolute()
    from tempfile import mkdtemp

    return Path(mkdtemp(prefix="modelshelf-demo-")) / "registry"


@command("watch", example="modelshelf watch --once")
@click.option("--once", is_flag=True, help="Take in what is there, waiting until it is finished.")
@click.option("--ledger", is_flag=True, help="Only say what became of what was dropped before.")
@click.option(
    "--state",
    type=click.Choice(["waiting", "taken", "same", "refused", "ignored"]),
    help="With --ledger: only of this state.",
)
@click.pass_obj
def watch(session: Session, *, once: bool, ledger: bool, state: str | None) -> None:
    """Take in what is dropped into the drop folders, until stopped with Ctrl-C or once.

    Each happening is one line; with --json one JSON object a line, and one for all with --once.
    """
    with session.open() as registry:
        if ledger:
            kept = registry.intake.ledger(state=state)
            session.show({"sightings": kept}, lambda to: view.sightings(to, kept))
        elif once:
            tell = None if session.json else _tell_happening(session)
            report = registry.intake.sweep(until_still=True, progress=tell)
            session.show(plain(report), lambda _to: ())
        else:
            from modelshelf.watcher import run

            session.say(f"Watching {', '.join(registry.intake.folders())}; stop with Ctrl-C.")
            run(registry, tell=_tell_happening(session))


def _tell_happening(session: Session) -> Callable[[Sighting], None]:
    return lambda seen: session.show({"sighting": seen}, lambda to: view.happening(to, seen))


COMMANDS = {c.name: c for c in (init, watch, demo, completion)}
