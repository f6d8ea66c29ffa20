"""A folder of somebody else's that is read: every name checked, no link followed."""

from __future__ import annotations

import stat
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.failures import explaining
from modelshelf.artifacts.paths import DEPTH_MOST, check_clashes, check_text
from modelshelf.artifacts.source import Identity, Source, check_regular, identity
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILES_MOST = 100_000
IGNORED = frozenset(
    {
        ".git", "__pycache__", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini",
        "_SUCCESS", ".modelshelf-ready",
    }
)  # fmt: skip
"""Names that are never part of an artifact, wherever in the folder they stand.

They belong to tools, not to the model, and change without anybody touching the model. Every other
name is kept, hidden ones too.
"""

# A folder of Windows that is really a link to another one.
_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


@dataclass(frozen=True, slots=True)
class Member:
    """One file found in a folder.

    Attributes:
        path: Relative POSIX path.
        identity: What it was when it was found.
    """

    path: str
    identity: Identity


class Folder:
    """A folder opened for reading; use it in a ``with`` block."""

    def __init__(self, path: Path) -> None:
        """Open the folder at ``path``.

        Raises:
            NotFound: It does not exist.
            Invalid: It is a symbolic link.
            Unavailable: It cannot be opened.
        """
        self._path = path
        with explaining("read", path):
            self._place = syscalls.open_folder(None, path)

    def members(self) -> tuple[Member, ...]:
        """Walk the folder and return its files, sorted by path.

        Raises:
            Invalid: It holds a link, pipe, socket or device, a name that is not UTF-8, names that
                clash, nothing at all, too many files or too deep folders.
            NotFound: A part of it went away meanwhile.
            Unavailable: A part of it cannot be read.
        """
        found: list[Member] = []
        # Opened anew: on btrfs a descriptor lists only what was there when it was opened.
        with explaining("read", self._path), _entered(self._place, ".") as place:
            for member in self._walk(place, "", 1):
                if len(found) == FILES_MOST:
                    raise self._refused(f"it holds more than {FILES_MOST:,} files")
                found.append(member)
        if not found:
            raise self._refused("it holds no files")
        found.sort(key=lambda member: member.path)
        check_clashes(member.path for member in found)
        return tuple(found)

    def chosen(self, paths: Iterable[str]) -> tuple[Member, ...]:
        """Return these files of the folder, sorted by path; the others are not looked at.

        Raises:
            Invalid: One is no regular file, or two names clash.
            NotFound: One is not there.
            Unavailable: One cannot be looked at.
        """
        found: list[Member] = []
        for path in sorted(set(paths)):
            *folders, name = check_text(path).split("/")
            with explaining("read", path), ExitStack() as opened:
                place = self._place
                for folder in folders:
                    place = opened.enter_context(_entered(place, folder))
                status = syscalls.lstat_member(place, name)
            check_regular(status, path)
            found.append(Member(path, identity(status)))
        check_clashes(member.path for member in found)
        return tuple(found)

    @contextmanager
    def open(self, path: str) -> Iterator[Source]:
        """Open the file ``path`` of this folder, part by part, without following a link.

        Raises:
            ModelshelfError: As :class:`~modelshelf.artifacts.source.Source` says.
        """
        *folders, name = path.split("/")
        with ExitStack() as opened:
            place = self._place
            with explaining("read", path):
                for folder in folders:
                    place = opened.enter_context(_entered(place, folder))
            yield opened.enter_context(
                Source(
                    path,
                    lambda: syscalls.lstat_member(place, name),
                    lambda: syscalls.open_member(place, name),
                )
            )

    def close(self) -> None:
        """Close the folder."""
        _close(self._place)

    def __enter__(self) -> Self:
        """Return the folder itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _walk(self, place: syscalls.Place, prefix: str, depth: int) -> Iterator[Member]:
        if depth > DEPTH_MOST:
            raise self._refused(f"{safe(prefix)!r} is more than {DEPTH_MOST} folders deep")
        for name in sorted(syscalls.names(place)):
            if name in IGNORED:
                continue
            path = check_text(prefix + name)
            status = syscalls.lstat_member(place, name)
            if _is_folder(status):
                with _entered(place, name) as below:
                    yield from self._walk(below, path + "/", depth + 1)
            else:
                check_regular(status, path)
                yield Member(path, identity(status))

    def _refused(self, why: str) -> Invalid:
        return Invalid(
            f"the folder {safe(self._path)!r} cannot be stored", why=why, subject=str(self._path)
        )


@contextmanager
def _entered(place: syscalls.Place, name: str) -> Iterator[syscalls.Place]:
    below = syscalls.open_folder(place, name)
    try:
        yield below
    finally:
        _close(below)


def _close(place: syscalls.Place) -> None:
    with suppress(OSError):  # nothing was written through it, so nothing can be lost
        syscalls.close_folder(place)


def _is_folder(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode) and getattr(status, "st_reparse_tag", 0) != _JUNCTION
