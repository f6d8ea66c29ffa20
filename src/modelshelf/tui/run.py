"""Runs the terminal app at a terminal, and leaves the terminal as it was."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelshelf.registry import Registry
    from modelshelf.tui.watching import Tell

_NO_TERMINAL = 2
_LAST_FILE_SECONDS = 10.0


def run(registry_path: Path, *, actor: str | None = None, watch: bool = True) -> int:
    """Run the terminal app on the registry in a folder until it is left.

    Args:
        registry_path: The folder.
        actor: Who is acting; ``None`` lets the settings say.
        watch: Whether to watch the drop folders meanwhile.

    Returns:
        The exit code: 0, 1 after a crash, 2 without a usable terminal, 128 and the signal's
        number when the system ended it.
    """
    if not _usable_terminal():
        print(  # noqa: T201 - there is no screen to say it on
            "The terminal app needs a terminal; the commands do not: modelshelf --help.",
            file=sys.stderr,
        )
        return _NO_TERMINAL
    # Without this a lone Esc waits a tenth of a second for the rest of a key that never comes.
    os.environ.setdefault("ESCDELAY", "25")
    from modelshelf.settings import state_folder
    from modelshelf.tui import personal
    from modelshelf.tui.app import ModelshelfApp

    settings = personal.for_terminal(personal.read())
    app = ModelshelfApp(
        partial(_open, registry_path, actor),
        path=_homely(registry_path),
        watch=partial(_watch, registry_path, actor) if watch else None,
        state_folder=state_folder(),
        settings=settings,
    )
    if not sys.stderr.isatty():
        # Textual draws on the stream of errors, which somebody may have sent into a file.
        vars(sys)["__stderr__"] = sys.__stdout__
    try:
        app.run(mouse=settings.mouse)
    finally:
        app.end_watching(_LAST_FILE_SECONDS)
        app.store.close()
    return app.return_code or 0


def _open(registry_path: Path, actor: str | None) -> Registry:
    """Open the registry; what that needs is imported beside the first paint, not before it."""
    from modelshelf.registry import open_registry

    return open_registry(registry_path, actor=actor)


def _watch(registry_path: Path, actor: str | None, tell: Tell) -> Callable[[float], object]:
    """Watch the drop folders; imported once the registry is open."""
    from modelshelf.tui.watching import watch_beside

    return watch_beside(registry_path, actor, tell)


def _usable_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _homely(path: Path) -> str:
    """Return a path as people say it, from their home folder."""
    try:
        return f"~/{path.absolute().relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)
