"""What a process has taken since it started: memory at the most, and bytes of files."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

MIB = 1 << 20
_UNIT = 1 if sys.platform == "darwin" else 1024


def most_memory(pid: int | None = None) -> int:
    """Return the bytes a process has held at once: this one, or on Linux the one that is named.

    Raises:
        OSError: The named one is not there, or this is not Linux.
    """
    # What getrusage says on Linux is never less than what the parent process had.
    status = Path(f"/proc/{pid or os.getpid()}/status")
    if pid is None and not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
    return _number(status, "VmHWM:") * 1024


def bytes_read(pid: int) -> int:
    """Return the bytes that a process has asked files for; on Linux only.

    Raises:
        OSError: It is not there, is somebody else's, or this is not Linux.
    """
    return _number(Path(f"/proc/{pid}/io"), "rchar:")


def _number(path: Path, name: str) -> int:
    words = (line.split() for line in path.read_text("utf-8", "replace").splitlines())
    return next(int(rest[0]) for first, *rest in words if first == name)
