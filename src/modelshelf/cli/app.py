"""Opens the terminal app, where there is a terminal to open it in."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from modelshelf.cli.screen import is_terminal
from modelshelf.domain.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

    from modelshelf.cli.session import Session


def open_app(session: Session) -> int:
    """Open the registry that is meant in the terminal app and return its exit code.

    Raises:
        Invalid: There is no terminal that could show it, or the past is asked for.
        NotFound: There is no registry.
    """
    check_terminal()
    from modelshelf.settings import find_registry

    if session.as_of is not None:
        raise Invalid(
            "the terminal app begins at present",
            hint="Go to the past inside it, or name a command: modelshelf --as-of WHEN list.",
        )
    return run_app(find_registry(session.registry), session.actor)


def run_app(registry: Path, actor: str | None) -> int:
    """Run the terminal app on a registry and return its exit code."""
    from modelshelf.tui.run import run

    return run(registry, actor=actor)


def check_terminal() -> None:
    """Check that the terminal app can be shown and used here.

    Raises:
        Invalid: Input or output is no terminal, or the terminal cannot place text.
    """
    here = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    if not here or os.environ.get("TERM") == "dumb":
        raise Invalid(
            "the terminal app needs a terminal",
            why="this one cannot place text" if here else "input or output is not one",
            hint="Use modelshelf list, or modelshelf --help for every command.",
        )
