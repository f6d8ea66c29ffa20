"""Commands to begin with: `init`, `demo`, `completion`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from modelshelf.cli.command import command
from modelshelf.cli.screen import is_terminal
from modelshelf.cli.session import Session
from modelshelf.cli.values import FOLDER
from modelshelf.cli.views.models import line

if TYPE_CHECKING:
    from pathlib import Path


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
    """Make a sample registry and open it in the terminal app.

    A registry that is in DIR already is opened as it is.
    """
    from modelshelf.registry.sample import build_sample

    place = _new_folder(path)
    if (place / "modelshelf.toml").exists():
        session.say(f"Opening {place} as it was left; remove the folder to begin afresh.")
    else:
        with session.progress("telling", undone="nothing was made", counted=True) as progress:
            build_sample(place, progress)
    session.show({"registry": place}, lambda to: line(to, str(place)))
    if no_app or session.json or not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        session.say(f"Look at it: modelshelf -R {place}")
        return 0
    from modelshelf.cli.app import check_terminal, run_app

    check_terminal()
    return run_app(place, session.actor)


def _new_folder(path: str | None) -> Path:
    from pathlib import Path

    if path is not None:
        return Path(path).absolute()
    from tempfile import mkdtemp

    return Path(mkdtemp(prefix="modelshelf-demo-")) / "registry"


COMMANDS = {c.name: c for c in (init, demo, completion)}
