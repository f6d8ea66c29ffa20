"""The fresh folder in which a version is made again, and what is kept of what was said there."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Unavailable
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.steps import word

if TYPE_CHECKING:
    from modelshelf.hooks.command import Ran

_OWN = stat.S_IRWXU
Say = Callable[[str], object]


class Transcript:
    """What was done in the fresh folder, as commands with what they wrote.

    Attributes:
        say: Is told what is being done.
    """

    def __init__(self, say: Say | None) -> None:
        """Begin with nothing; ``say`` is told what is being done."""
        self.say: Say = say if say is not None else lambda _sentence: None
        self._kept = bytearray()

    def add(self, argv: Sequence[str], ran: Ran) -> None:
        """Keep a command and what came of it."""
        shown = " ".join(word(each) for each in argv)
        end = ran.why or f"exit {ran.exit_code}"
        self._kept += f"$ {shown}\n".encode() + ran.output
        self._kept += f"\n[{end}, {ran.seconds:.1f} s]\n".encode()

    def bytes(self) -> bytes:
        """Return everything that was kept."""
        return bytes(self._kept)


@contextmanager
def fresh_folder(keep: Path | None) -> Iterator[Path]:
    """Return a block that has an empty folder; it is removed afterwards unless it is to be kept.

    Args:
        keep: Where it shall be, and stay; ``None`` for a temporary one.

    Raises:
        Conflict: Something is there already.
        Unavailable: It cannot be made.
    """
    try:
        if keep is not None:
            folder = keep.absolute()
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise Conflict(f"{safe(keep)} is there already", hint="Name a new folder.")
            folder.mkdir(parents=True, exist_ok=True)
        else:
            folder = Path(tempfile.mkdtemp(prefix="modelshelf-reproduce-")).resolve()
        (folder / "out").mkdir()
    except OSError as exc:
        raise Unavailable("no fresh folder can be made", why=exc.strerror or "") from exc
    try:
        yield folder
    finally:
        if keep is None:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder, also where a command took rights away; what cannot be removed stays."""
    if folder.is_symlink():  # what the command put in its place
        with suppress(OSError):
            folder.unlink()
        return
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    waiting = [folder]
    while waiting:  # a link is never followed: what it leads to is not ours
        inner = waiting.pop()
        with suppress(OSError):
            inner.chmod(_OWN)
            waiting += [p for p in inner.iterdir() if stat.S_ISDIR(p.lstat().st_mode)]
    shutil.rmtree(folder, ignore_errors=True)
