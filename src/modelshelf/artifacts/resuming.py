"""Going on with the copy of a large file where an interruption left it.

The copy of a large file lies under a name that follows from the identity of its source, so the next
ingest of the very same file finds it. What is there is hashed again; it is not read from the source
again. It is only trusted within one run of the machine: a process that is killed loses nothing that
it wrote, a power cut may. So the name holds the identity of that run as well, and where the system
has none, nothing is gone on with. A collection takes what nobody goes on with.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.copying import has_holes
from modelshelf.artifacts.layout import named_temporary
from modelshelf.artifacts.progress import Cancelled

if TYPE_CHECKING:
    from modelshelf.artifacts.source import Source

LARGE = 256 * 1024 * 1024
"""Bytes from which on a copy is gone on with; for less, beginning anew is as good."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MODE = 0o600
_INTERRUPTED = (Cancelled, KeyboardInterrupt, SystemExit)


def partial_path(root: Path, source: Source) -> Path | None:
    """Return where the store at ``root`` keeps the unfinished copy of a file.

    ``None`` for a file that is small, or has holes: of a copy with holes the length does not say
    how far it is.
    """
    if source.size < LARGE or has_holes(source.descriptor, source.size):
        return None
    try:
        boot = _BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    facts = ":".join(str(fact) for fact in (*astuple(source.state), boot))
    return named_temporary(root, hashlib.sha256(facts.encode()).hexdigest()[:32])


def reopen(path: Path, size: int) -> tuple[int, int] | None:
    """Open and lock the unfinished copy at ``path``.

    What cannot be gone on with is removed, unless its ingest still runs or it is no file of ours.

    Args:
        path: Where :func:`partial_path` says.
        size: Length of the source in bytes.

    Returns:
        The descriptor and how many bytes are there; ``None`` if there is nothing to go on with, or
        it cannot be opened.

    Raises:
        OSError: The disk failed.
    """
    try:
        descriptor = syscalls.open_file(path, syscalls.READ)
    except OSError:
        return None
    try:
        if not syscalls.lock(descriptor, shared=False):
            return None
        status = syscalls.fstat(descriptor)
        if not _is_ours(status) or status.st_size > size:
            with suppress(OSError):  # then a new copy lies under a name of its own
                syscalls.unlink(path)
            return None
    finally:
        syscalls.close(descriptor)
    return _locked(path)


def _locked(path: Path) -> tuple[int, int] | None:
    try:
        descriptor = syscalls.open_file(path, syscalls.GO_ON)
    except OSError:
        return None
    if syscalls.lock(descriptor, shared=False):
        status = syscalls.fstat(descriptor)
        if status.st_nlink == 1 and _is_ours(status):
            return descriptor, status.st_size
    syscalls.close(descriptor)  # somebody else was faster
    return None


def is_kept(kind: type[BaseException] | None) -> bool:
    """Whether what was copied is still good after an ingest that ended so."""
    return kind is not None and issubclass(kind, _INTERRUPTED)


def _is_ours(status: os.stat_result) -> bool:
    """Whether it can only be an unfinished copy; a complete one is read-only."""
    if sys.platform == "win32":
        return False
    plain = stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) == _MODE
    return plain and status.st_nlink == 1 and status.st_uid == os.geteuid()
