"""A file of somebody else's that is read: no link followed, never touched, watched for change."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.failures import explaining
from modelshelf.domain.errors import Conflict, Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# Windows reports the time of creation as ctime, by rules that differ between its calls.
_CTIME_IS_CHANGE = os.name != "nt"


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one state of a file from the next without reading it.

    Attributes:
        device: The file system.
        inode: The file on it.
        size: Length in bytes.
        modified: Time of the last write, nanoseconds.
        changed: Time of the last change of bytes or facts, nanoseconds; 0 on Windows.
    """

    device: int
    inode: int
    size: int
    modified: int
    changed: int


def identity(status: os.stat_result) -> Identity:
    """Return the identity in what ``lstat`` or ``fstat`` said."""
    changed = status.st_ctime_ns if _CTIME_IS_CHANGE else 0
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, changed)


def check_regular(status: os.stat_result, name: str) -> None:
    """Refuse everything but a regular file.

    Raises:
        Invalid: ``name`` is a link, pipe, socket, device or folder; the sentence says which.
    """
    if stat.S_ISREG(status.st_mode):
        return
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "not a regular file")
    raise Invalid(
        f"{safe(name)!r} cannot be stored",
        why=f"it is {kind}",
        observed=kind,
        required="a regular file",
        hint="Put a plain file in its place.",
        subject=name,
    )


def changed_while_read(name: str) -> Conflict:
    """Return the error for a file or folder that somebody wrote to at the same time."""
    return Conflict(
        f"{safe(name)!r} changed while it was being read",
        why="somebody is still writing it",
        hint="Wait until it is finished and try again.",
        subject=name,
    )


class Source:
    """A regular file opened for reading; use it in a ``with`` block.

    Attributes:
        name: How the file is called in sentences.
        descriptor: The open descriptor.
        size: Length in bytes when it was opened.
        state: Which file it was then, and in what state.
    """

    def __init__(
        self, name: str, look: Callable[[], os.stat_result], enter: Callable[[], int]
    ) -> None:
        """Open the file.

        Args:
            name: How to call it in sentences.
            look: Asks for the facts of the thing under the file's name, links not followed.
            enter: Opens that thing for reading, links not followed.

        Raises:
            Invalid: It is no regular file.
            Conflict: It was replaced between looking and opening.
            NotFound: It does not exist.
            Unavailable: It cannot be opened.
        """
        self.name = name
        self._look = look
        with explaining("read", name):
            before = look()
            check_regular(before, name)
            self.descriptor = enter()
            try:
                status = syscalls.fstat(self.descriptor)
            except OSError:
                syscalls.close(self.descriptor)
                raise
        self.state = identity(status)
        self.size = status.st_size
        if self.state != identity(before):
            self.close()
            raise changed_while_read(name)

    def check_unchanged(self) -> None:
        """Compare the file, and what its name now names, with what was opened.

        Raises:
            Conflict: Either differs in file, size or time.
        """
        try:
            now = (syscalls.fstat(self.descriptor), self._look())
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise changed_while_read(self.name) from error
            raise
        if any(identity(status) != self.state for status in now):
            raise changed_while_read(self.name)

    def close(self) -> None:
        """Close the descriptor."""
        with suppress(OSError):  # nothing was written through it, so nothing can be lost
            syscalls.close(self.descriptor)

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def open_source(path: Path) -> Source:
    """Open the file at ``path`` for reading; see :class:`Source` for the errors."""
    return Source(
        str(path), lambda: syscalls.lstat(path), lambda: syscalls.open_file(path, syscalls.READ)
    )
