"""Looking into a drop folder: which artifacts lie there, in what state, and what else does.

Only names and facts of files are asked for; no file is opened and no link is followed. Events about
files get lost and folders do not, so everything the intake knows it knows from here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypedDict

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.folder import IGNORED
from modelshelf.artifacts.paths import DEPTH_MOST
from modelshelf.artifacts.source import identity
from modelshelf.domain.intake import (
    CARD,
    INSIDE,
    Seen,
    accompanies,
    is_document,
    is_folder_artifact,
    is_temporary,
    is_unfinished,
    sidecar_pending,
    sidecars_of,
)

AWAY = ".taken"
OURS = (".modelshelf-watch.lock", ".modelshelf-watch.holder", AWAY)
"""Names in a drop folder that Modelshelf makes itself."""

_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)  # a folder of Windows that is a link


@dataclass(frozen=True, slots=True)
class Candidate:
    """An artifact in a drop folder, finished or not.

    Attributes:
        relative: Where it lies below the drop folder.
        path: Where it lies.
        seen: What it is now.
        files: Its own files, for a folder without those that are never part of an artifact.
        sidecars: The sidecars beside it and inside it.
        card: The ``README.md`` beside it or inside it, if there is one.
        pending: What it waits for besides stillness; empty for nothing.
    """

    relative: PurePosixPath
    path: Path
    seen: Seen
    files: tuple[Path, ...]
    sidecars: tuple[Path, ...] = ()
    card: Path | None = None
    pending: str = ""


@dataclass(slots=True)
class Found:
    """What one look at a drop folder found.

    Attributes:
        candidates: The artifacts, oldest first.
        ignored: Everything else, with the reason as a clause.
    """

    candidates: list[Candidate] = field(default_factory=list)
    ignored: list[tuple[PurePosixPath, str]] = field(default_factory=list)


def look_into(folder: Path, others: Iterable[Path] = ()) -> Found:
    """Return what lies in the drop folder ``folder``.

    Args:
        folder: The drop folder.
        others: Folders below it to leave alone, because they are drop folders of their own.

    Raises:
        OSError: The drop folder itself cannot be listed.
    """
    look = _Look(folder, frozenset(map(str, others)))
    look.enter(PurePosixPath(), _listing(folder), "")
    found = look.found
    found.candidates.sort(key=lambda c: (c.seen.mtime_ns, str(c.relative)))
    return found


class _Look:
    """One walk through a drop folder."""

    def __init__(self, folder: Path, others: frozenset[str]) -> None:
        """Look into ``folder`` but not into ``others``."""
        self.found = Found()
        self._folder = folder
        self._others = others

    def enter(self, relative: PurePosixPath, listing: _Listing, around: str) -> None:
        """Sort what lies in one folder; ``around`` is the state of the unknown folder it is in."""
        files: _Listing = {}
        beside: _Listing = {}
        for name, status in sorted(listing.items()):
            where = relative / name
            if name in OURS or str(self._path(where)) in self._others:
                continue
            reason = _why_not(where, status)
            if reason:
                self._ignore(where, reason)
            elif not stat.S_ISDIR(status.st_mode):
                files[name] = beside[name] = status
            elif self._enter_folder(where, listing, around):
                beside[name] = status
        self._sort_files(relative, files, beside, listing, around)

    def _enter_folder(self, where: PurePosixPath, listing: _Listing, around: str) -> bool:
        """Look into one folder; return whether it is an artifact."""
        path = self._path(where)
        try:
            inside = _listing(path)
            if is_folder_artifact(where.name, inside):
                self._add_folder(where, inside, listing)
                return True
            if len(where.parts) > 1 and not around:
                # A folder in a model's folder may be an artifact of which only the first files are
                # here, so nothing in it is taken before all of it lies still.
                around = _tree(path).tree
            self.enter(where, inside, around)
        except OSError as error:
            self._ignore(where, f"it cannot be looked into: {error.strerror or error}")
        return False

    def _add_folder(self, where: PurePosixPath, inside: _Listing, listing: _Listing) -> None:
        path = self._path(where)
        tree = _tree(path)
        beside, card = _companions(path.parent, where.name, listing)
        inner = tuple(path / name for name in INSIDE if name in inside)
        own = next((path / name for name in inside if name.lower() == CARD), None)
        seen = Seen(
            folder=True,
            size=tree.size,
            mtime_ns=tree.mtime_ns,
            ctime_ns=tree.ctime_ns,
            inode=listing[where.name].st_ino,
            device=listing[where.name].st_dev,
            files=len(tree.files),
            tree=tree.tree,
            companions=_state_of(listing, beside, card),
        )
        pending = tree.pending or _pending(where.name, listing)
        self.found.candidates.append(
            Candidate(where, path, seen, tree.files, (*beside, *inner), own or card, pending)
        )

    def _sort_files(
        self,
        relative: PurePosixPath,
        files: _Listing,
        beside: _Listing,
        listing: _Listing,
        around: str,
    ) -> None:
        documents: list[tuple[str, str]] = []
        for name, status in files.items():
            reason = is_document(name)
            if accompanies(name, beside):
                continue
            if reason:
                documents.append((name, reason))
                continue
            path = self._path(relative / name)
            sidecars, card = _companions(path.parent, name, files)
            companions = _state_of(files, sidecars, card)
            seen = Seen(folder=False, **_facts(status), companions=companions, around=around)
            pending = _pending(name, listing)
            self.found.candidates.append(
                Candidate(relative / name, path, seen, (path,), sidecars, card, pending)
            )
        artifacts = len(beside) > len(documents)
        for name, reason in documents:
            if not (artifacts and name.lower() == CARD):
                self._ignore(relative / name, reason)

    def _ignore(self, where: PurePosixPath, reason: str) -> None:
        self.found.ignored.append((where, reason))

    def _path(self, where: PurePosixPath) -> Path:
        return self._folder.joinpath(*where.parts)


def look_again(candidate: Candidate) -> bool:
    """Whether a candidate's own bytes are still what they were when it was found."""
    try:
        if not candidate.seen.folder:
            now = _facts(syscalls.lstat(candidate.path))
            return all(getattr(candidate.seen, name) == value for name, value in now.items())
        return _tree(candidate.path).tree == candidate.seen.tree
    except OSError:
        return False


_Listing = dict[str, os.stat_result]


def _listing(folder: Path) -> _Listing:
    found: _Listing = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                # Not the entry's own stat: on Windows it lacks the inode, and may be out of date.
                found[entry.name] = syscalls.lstat(entry.path)
            except FileNotFoundError:
                continue  # it went away between the two calls
    return found


def _why_not(where: PurePosixPath, status: os.stat_result) -> str:
    if _is_link(status):
        return "it is a link, and links are not followed"
    if stat.S_ISDIR(status.st_mode):
        if len(where.parts) > DEPTH_MOST:
            return f"it lies more than {DEPTH_MOST} folders deep"
    elif not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    return is_temporary(where.name)


def _is_link(status: os.stat_result) -> bool:
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


class _Facts(TypedDict):
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


def _facts(status: os.stat_result) -> _Facts:
    known = identity(status)
    return _Facts(
        size=known.size,
        mtime_ns=known.modified,
        ctime_ns=known.changed,
        inode=known.inode,
        device=known.device,
    )


def _companions(folder: Path, name: str, listing: _Listing) -> tuple[tuple[Path, ...], Path | None]:
    """Return the sidecars and the card that lie in ``folder`` beside the artifact ``name``."""
    regular = [other for other, status in listing.items() if stat.S_ISREG(status.st_mode)]
    sidecars = tuple(folder / sidecar for sidecar in sidecars_of(name, regular))
    card = next((folder / other for other in regular if other.lower() == CARD), None)
    return sidecars, card


def _pending(name: str, listing: _Listing) -> str:
    return "its sidecar is still being written" if sidecar_pending(name, listing) else ""


def _state_of(listing: _Listing, sidecars: Iterable[Path], card: Path | None) -> str:
    files = (*sidecars, card) if card else tuple(sidecars)
    state = _State()
    for file in files:
        state.add(file.name, listing[file.name])
    return state.name if files else ""


class _State:
    """Names the state of many files: the same name, the same files in the same state."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, name: str, status: os.stat_result) -> None:
        """Count one file in."""
        facts = ":".join(str(value) for value in _facts(status).values())
        self._digest.update(os.fsencode(name) + b"\0" + facts.encode() + b"\0")

    @property
    def name(self) -> str:
        """The name of the state so far."""
        return self._digest.hexdigest()[:32]


@dataclass(slots=True)
class _Tree:
    """All files below a folder, as one state."""

    tree: str = ""
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    files: tuple[Path, ...] = ()
    pending: str = ""


def _tree(folder: Path) -> _Tree:
    """Return the state of everything below ``folder`` that can be part of an artifact."""
    state, tree, files = _State(), _Tree(), []
    for path, status in _walk(folder, 1):
        state.add(str(path), status)
        if not stat.S_ISREG(status.st_mode):
            continue
        files.append(path)
        facts = _facts(status)
        tree.size += facts["size"]
        tree.mtime_ns = max(tree.mtime_ns, facts["mtime_ns"])
        tree.ctime_ns = max(tree.ctime_ns, facts["ctime_ns"])
        if is_unfinished(path.name):
            tree.pending = "a file in it has the name of one that is still being written"
    tree.tree, tree.files = state.name, tuple(files)
    return tree


def _walk(folder: Path, depth: int) -> Iterator[tuple[Path, os.stat_result]]:
    for name, status in sorted(_listing(folder).items()):
        if name in IGNORED:
            continue
        path = folder / name
        if stat.S_ISDIR(status.st_mode) and not _is_link(status) and depth <= DEPTH_MOST:
            yield from _walk(path, depth + 1)
        else:
            yield path, status
