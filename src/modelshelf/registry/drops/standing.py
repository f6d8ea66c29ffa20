"""What lies in a drop folder right now, in facts that only change when somebody changes a file."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.folder import IGNORED
from modelshelf.artifacts.paths import DEPTH_MOST
from modelshelf.artifacts.source import identity
from modelshelf.domain.drop_names import is_unfinished

_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)  # a folder of Windows that is a link

Listing = dict[str, os.stat_result]


def listing_of(folder: Path) -> Listing:
    """Return what lies in ``folder``, with the facts of each thing itself.

    Raises:
        OSError: The folder cannot be listed.
    """
    found: Listing = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                # Not the entry's own stat: on Windows it lacks the inode, and may be out of date.
                found[entry.name] = syscalls.lstat(entry.path)
            except FileNotFoundError:
                continue  # it went away between the two calls
    return found


def is_link(status: os.stat_result) -> bool:
    """Whether something is a link, or a folder of Windows that is one."""
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


class Facts(TypedDict):
    """What tells one state of a file from the next; named as in ``Seen``."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


def facts_of(status: os.stat_result) -> Facts:
    """Return the facts in what ``lstat`` said."""
    known = identity(status)
    return Facts(
        size=known.size,
        mtime_ns=known.modified,
        ctime_ns=known.changed,
        inode=known.inode,
        device=known.device,
    )


class State:
    """Names the state of many files: the same name, the same files in the same state."""

    def __init__(self) -> None:
        """Begin with no file."""
        self._digest = hashlib.sha256()

    def add(self, name: str, status: os.stat_result) -> None:
        """Count one file in."""
        facts = ":".join(str(value) for value in facts_of(status).values())
        self._digest.update(os.fsencode(name) + b"\0" + facts.encode() + b"\0")

    @property
    def name(self) -> str:
        """The name of the state so far."""
        return self._digest.hexdigest()[:32]


@dataclass(slots=True)
class Tree:
    """All files below a folder, as one state.

    Attributes:
        tree: Names the state.
        size: Bytes of all files.
        mtime_ns: The latest write, nanoseconds.
        ctime_ns: The latest change of bytes or facts, nanoseconds.
        files: The regular files.
        pending: What the folder waits for; empty for nothing.
    """

    tree: str = ""
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    files: tuple[Path, ...] = ()
    pending: str = ""


def tree_of(folder: Path) -> Tree:
    """Return the state of everything below ``folder`` that can be part of an artifact."""
    state, tree, files = State(), Tree(), []
    for path, status in _walk(folder, 1):
        state.add(str(path), status)
        if not stat.S_ISREG(status.st_mode):
            continue
        files.append(path)
        facts = facts_of(status)
        tree.size += facts["size"]
        tree.mtime_ns = max(tree.mtime_ns, facts["mtime_ns"])
        tree.ctime_ns = max(tree.ctime_ns, facts["ctime_ns"])
        if is_unfinished(path.name):
            tree.pending = "a file in it has the name of one that is still being written"
    tree.tree, tree.files = state.name, tuple(files)
    return tree


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, os.stat_result]]:
    for name, status in sorted(listing_of(folder).items()):
        if name in IGNORED:
            continue
        path = folder / name
        if stat.S_ISDIR(status.st_mode) and not is_link(status) and depth <= DEPTH_MOST:
            yield from _walk(path, depth + 1)
        else:
            yield path, status
