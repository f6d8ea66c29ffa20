"""The code that a script is: its repository and changes, or a snapshot of its folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from modelshelf.capture.command import command_words
from modelshelf.domain.errors import Invalid, ModelshelfError
from modelshelf.domain.provenance import Code
from modelshelf.domain.text import safe
from modelshelf.surroundings.repository import look

_PACKAGES = ("site-packages", "dist-packages")

Note = Callable[[str], object]
Keep = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Found:
    """Code as it was found, before its patch and snapshot are stored.

    Attributes:
        code: What is known of it, without their digests.
        root: Its top folder.
        folder: Where the command was run; ``root`` where that was outside of it.
        patch: The changes that no commit holds.
        snapshot: The files themselves.
    """

    code: Code
    root: Path
    folder: Path
    patch: bytes | None = None
    snapshot: bytes | None = None

    def stored(self, keep: Keep) -> Code:
        """Return the code with patch and snapshot stored by ``keep``."""
        patch = None if self.patch is None else keep(self.patch)
        snapshot = None if self.snapshot is None else keep(self.snapshot)
        return replace(self.code, patch=patch, snapshot=snapshot)


def code_at(folder: Path, note: Note) -> Found:
    """Return the repository around a folder as the code.

    Raises:
        Invalid: There is no git repository, or it cannot be read.
    """
    repository, notes = look(folder)
    for sentence in notes:
        note(sentence)
    if repository is None:
        raise Invalid(
            f"there is no git repository at {safe(folder)}",
            why=" ".join(notes),
            hint="Give the path of a work tree.",
            subject=safe(folder),
        )
    code = Code(repository.address, repository.commit, repository.dirty)
    return Found(code, repository.root, repository.root, repository.patch)


def code_here(note: Note, *, snapshot: bool = False) -> Found | None:
    """Return the code of the script that runs in this process; ``None`` where it is not known.

    Args:
        note: Is told, a sentence each, what is not known or not kept.
        snapshot: Keep the files even where a commit names them.
    """
    script, working = _script(), Path.cwd()
    start = working if script is None else script.parent
    repository, notes = look(start)
    for sentence in notes:
        note(sentence)
    root = _project(script, working) if repository is None else repository.root
    code, patch, packed = Code(), None, None
    if repository is not None:
        code = Code(repository.address, repository.commit, repository.dirty)
        patch = repository.patch
    if snapshot or code.commit is None or (code.dirty is not False and patch is None):
        packed = _packed(root, note)
    folder = working if working.is_relative_to(root) else root
    if folder != working:
        note(f"It was run in {safe(working)}, outside of its code.")
    entry = script if script is not None and script.is_relative_to(root) else None
    words = command_words(sys.orig_argv, folder, root, note)
    if not words:
        note("It was not started from a file, so no command is kept.")
    code = replace(
        code,
        entry=None if entry is None else entry.relative_to(root).as_posix(),
        command=words,
        directory=folder.relative_to(root).as_posix().removeprefix("."),
    )
    return Found(code, root, folder, patch, packed)


def _packed(root: Path, note: Note) -> bytes | None:
    from modelshelf.surroundings.snapshot import pack

    try:
        return pack(root, note=note)
    except ModelshelfError as exc:
        note(f"No snapshot of the code is kept: {exc}")
        return None


def _script() -> Path | None:
    """Return the file that was started; ``None`` for a notebook or a command of a package."""
    named = getattr(sys.modules.get("__main__"), "__file__", None)
    if not isinstance(named, str) or "ipykernel" in sys.modules:
        return None
    file = Path(os.path.abspath(named))  # noqa: PTH100 - as it was started, links and all
    if not file.is_file() or any(part in _PACKAGES for part in file.parts):
        return None
    if file.parent in (Path(sys.executable).parent, Path(sys.prefix, "bin")):
        return None
    return file


def _project(script: Path | None, working: Path) -> Path:
    """Return the top of code that lies in no repository.

    The working folder when the script is below it, for it may use what is beside it; but nobody's
    home, in which everything is.
    """
    if script is None:
        return working
    wide = working in (_home(), Path(working.anchor))
    return working if script.is_relative_to(working) and not wide else script.parent


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # an account without one, as in a container
        return None
