"""Which folders below a drop folder Linux really listens to, and how many it would.

Past the limit of watches, watchdog goes on with those it has and tells nobody. Where the system
cannot say (anything but Linux, or a container without ``/proc``) the answer is that all is well.
Sources: inotify(7), proc_pid_fdinfo(5).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from modelshelf.registry.drops.dropping import OURS

_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")
_OPEN = Path("/proc/self/fd")
_FACTS = Path("/proc/self/fdinfo")
_SHARE = 0.8  # others of this user want watches too


def watches_most() -> int | None:
    """Return how many folders may be listened to; ``None`` where there is no such limit."""
    try:
        return int(int(_LIMIT.read_bytes()) * _SHARE)
    except (OSError, ValueError):
        return None


def folders_below(root: Path, most: int | None = None) -> dict[str, int]:
    """Return the folder itself and all below it that can be listed, with their inodes.

    What Modelshelf made there itself is left out, and no link is followed.

    Args:
        root: The drop folder.
        most: Where to stop counting.
    """
    found: dict[str, int] = {}
    left = [str(root)]
    while left and (most is None or len(found) <= most):
        path = left.pop()
        with suppress(OSError), os.scandir(path) as entries:
            below = [e for e in entries if e.name not in OURS and e.is_dir(follow_symlinks=False)]
            found[path] = os.stat(path).st_ino  # noqa: PTH116 - many, and no Path is needed
            left += [entry.path for entry in below]
    return found


def unwatched(root: Path, most: int | None = None) -> frozenset[str]:
    """Return the folders at and below ``root`` that this process does not listen to."""
    watched = _watched()
    if _inode(root) not in watched:
        return frozenset()  # the numbers of this file system are not the ones the system tells
    folders = folders_below(root, most)
    return frozenset(path for path, inode in folders.items() if inode not in watched)


def _inode(folder: Path) -> int | None:
    with suppress(OSError):
        return folder.stat().st_ino
    return None


def _watched() -> set[int]:
    found: set[int] = set()
    with suppress(OSError):
        for name in os.listdir(_OPEN):  # noqa: PTH208 - only names are wanted
            with suppress(OSError, ValueError):
                if "inotify" in os.readlink(_OPEN / name):  # noqa: PTH115 - it names no file
                    found |= _inodes((_FACTS / name).read_bytes())
    return found


def _inodes(facts: bytes) -> set[int]:
    words = (
        word for line in facts.splitlines() if line.startswith(b"inotify ") for word in line.split()
    )
    return {int(word[4:], 16) for word in words if word.startswith(b"ino:")}
