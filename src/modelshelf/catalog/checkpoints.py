"""Checkpoints: heads of the log written beside the catalog, so that a cut tail shows.

Whoever keeps a copy of the file elsewhere holds the log to it, whatever happens to this folder.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from modelshelf.domain.audit import Problem
from modelshelf.domain.checkpoints import LINE_MOST, Checkpoint, read_checkpoints
from modelshelf.domain.text import safe

FILE = "checkpoints.log"
EVERY = 100
"""A head is written down at least so often, in entries."""
DECISIVE = ("stage.", "request.")
"""How the names of events begin whose head is always written down."""
_TAIL = 8_192  # bytes in which the newest checkpoint stands, its signatures included
_SHOWN = 20
_MOST = 128 * 1024 * 1024  # bytes; about a million heads, which fit into memory
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def due(before: int, after: int, names: tuple[str, ...]) -> bool:
    """Whether a head is worth writing down: somebody decided, or a hundred entries went by."""
    return before // EVERY != after // EVERY or any(n.startswith(DECISIVE) for n in names)


def append(folder: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` at the end of the file in ``folder``, durably.

    Raises:
        OSError: It cannot be written, or is a link or no file: whoever can write the folder must
            not choose where else we write.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_LINKS
    descriptor = os.open(folder / FILE, flags, 0o640)
    try:
        _check_regular(descriptor, folder / FILE)
        # After a line that was cut short, begin a new one.
        begin = "" if _last_byte(descriptor) in (b"", b"\n") else "\n"
        os.write(descriptor, f"{begin}{checkpoint.note}".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_byte(descriptor: int) -> bytes:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if not size:
        return b""
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1)


def read(folder: Path) -> list[Checkpoint]:
    """Return the checkpoints in ``folder``; what is none, or was cut short, is passed over.

    Raises:
        OSError: The file is there and cannot be read.
    """
    return read_file(folder / FILE)


def read_file(file: Path) -> list[Checkpoint]:
    """Return the checkpoints in a file; none when it is not there.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        with open(_opened(file), encoding="utf-8", errors="replace", newline="\n") as stream:
            if os.fstat(stream.fileno()).st_size > _MOST:
                why = f"it is larger than {_MOST >> 20} MiB; move it away, and keep it"
                raise OSError(errno.EFBIG, why, str(file))
            return list(read_checkpoints(_lines(stream)))
    except FileNotFoundError:
        return []


def _opened(file: Path) -> int:
    """Open a regular file; of anything else, such as a pipe, reading might never end."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        _check_regular(descriptor, file)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(descriptor: int, file: Path) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(file))


def _lines(stream: IO[str]) -> Iterator[str]:
    """Yield lines, of one that is too long only its beginning: no file makes memory grow."""
    whole = True
    while line := stream.readline(LINE_MOST + 1):
        if whole:
            yield line
        whole = line.endswith("\n")


def newest(folder: Path) -> Checkpoint | None:
    """Return the last checkpoint in ``folder``, read from the end of the file; ``None``: none.

    Raises:
        OSError: The file is there and cannot be read.
    """
    try:
        with open(_opened(folder / FILE), "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL))
            lines = stream.read(_TAIL).decode("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return None
    found = list(read_checkpoints(lines if size <= _TAIL else lines[1:]))
    return found[-1] if found else None


def against(seals: dict[int, str], registry_id: str, kept: list[Checkpoint]) -> list[Problem]:
    """Return where a log differs from its checkpoints.

    Args:
        seals: Seals by number, of the entries the checkpoints name that the log still has.
        registry_id: Whose log it is.
        kept: The checkpoints.
    """
    compared = (differs(seals.get(c.seq), registry_id, c) for c in kept)
    problems = [problem for problem in compared if problem is not None]
    if len(problems) > _SHOWN:
        more = f"{len(problems) - _SHOWN:,} more of them do not fit the log either"
        problems = [*problems[:_SHOWN], Problem("other checkpoints", more)]
    return problems


def differs(seal: str | None, registry_id: str, checkpoint: Checkpoint) -> Problem | None:
    """Return how a log differs from one checkpoint; ``None`` when it does not.

    Args:
        seal: Of the entry with the checkpoint's number; ``None`` when there is none.
        registry_id: Whose log it is.
        checkpoint: What was written down.
    """
    where, called = f"entry {checkpoint.seq}", checkpoint.called
    if checkpoint.registry_id not in ("", "-", registry_id):
        return Problem(
            f"registry {safe(registry_id, 64)}",
            f"is another than that of {called}, {checkpoint.registry_id}: it was put in its place",
        )
    if seal is None:
        return Problem(where, f"is missing: the log was cut short, {called} remembers it")
    if seal != checkpoint.seal:
        return Problem(where, f"is not the entry that {called} remembers: the log was written anew")
    return None
