"""Looking into a drop folder: which artifacts lie there, in what state, and what else does.

Only names and facts of files are asked for; no file is opened and no link is followed. Events about
files get lost and folders do not, so everything the intake knows it knows from here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.paths import DEPTH_MOST
from modelshelf.domain.drop_names import (
    CARD,
    INSIDE,
    MARKERS,
    READY,
    accompanies,
    is_document,
    is_folder_artifact,
    is_temporary,
    is_unfinished,
    sidecar_pending,
    sidecars_of,
)
from modelshelf.domain.intake import Seen
from modelshelf.registry.drops.standing import (
    Listing,
    State,
    facts_of,
    is_link,
    listing_of,
    tree_of,
)

AWAY = ".taken"
HEARTBEAT = ".modelshelf-heartbeat"
OURS = (".modelshelf-watch.lock", ".modelshelf-watch.holder", AWAY, ".quarantine", HEARTBEAT)
"""Names in a drop folder that Modelshelf makes itself."""


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
        marker: The marker that says that it is finished, if there is one.
        members: The other loose files that are one artifact with this one.
    """

    relative: PurePosixPath
    path: Path
    seen: Seen
    files: tuple[Path, ...]
    sidecars: tuple[Path, ...] = ()
    card: Path | None = None
    pending: str = ""
    marker: Path | None = None
    members: tuple[Candidate, ...] = ()

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.seen.size + sum(member.seen.size for member in self.members)

    def with_members(self, members: Iterable[Candidate]) -> Candidate:
        """Return the artifact that this file and other loose ones make together."""
        others = tuple(members)
        files = (*self.files, *(file for member in others for file in member.files))
        return replace(self, members=others, files=files)


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
    look.enter(PurePosixPath(), listing_of(folder), "")
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

    def enter(self, relative: PurePosixPath, listing: Listing, around: str) -> None:
        """Sort what lies in one folder; ``around`` is the state of the unknown folder it is in."""
        files: Listing = {}
        artifacts: set[str] = set()
        beside = _Beside(self._path(relative), listing)
        for name, status in sorted(listing.items()):
            where = relative / name
            if name in OURS or str(self._path(where)) in self._others:
                continue
            reason = _why_not(where, status)
            if reason:
                self._ignore(where, reason)
            elif not stat.S_ISDIR(status.st_mode):
                files[name] = status
            elif self._enter_folder(where, beside, around):
                artifacts.add(name)
        self._sort_files(relative, files, artifacts, beside, around)

    def _enter_folder(self, where: PurePosixPath, beside: _Beside, around: str) -> bool:
        """Look into one folder; return whether it is an artifact."""
        path = self._path(where)
        try:
            inside = listing_of(path)
            if is_folder_artifact(where.name, inside, deep=len(where.parts) > 1):
                self._add_folder(where, inside, beside)
                return True
            if len(where.parts) > 1 and not around:
                # A folder in a model's folder may be an artifact of which only the first files are
                # here, so nothing in it is taken before all of it lies still.
                around = tree_of(path).tree
            self.enter(where, inside, around)
        except OSError as error:
            self._ignore(where, f"it cannot be looked into: {error.strerror or error}")
        return False

    def _add_folder(self, where: PurePosixPath, inside: Listing, beside: _Beside) -> None:
        path, status = self._path(where), beside.listing[where.name]
        tree = tree_of(path)
        inner = tuple(path / name for name in INSIDE if name in inside)
        own = next((path / name for name in inside if name.lower() == CARD), None)
        seen = Seen(
            folder=True,
            size=tree.size,
            mtime_ns=tree.mtime_ns,
            ctime_ns=tree.ctime_ns,
            inode=status.st_ino,
            device=status.st_dev,
            files=len(tree.files),
            tree=tree.tree,
            companions=beside.state(where.name),
        )
        marker = next(iter(MARKERS & inside.keys()), None)
        self.found.candidates.append(
            Candidate(
                where,
                path,
                seen,
                tree.files,
                (*beside.sidecars(where.name), *inner),
                card=own or beside.card,
                pending=tree.pending or beside.pending(where.name),
                marker=path / marker if marker else None,
            )
        )

    def _sort_files(
        self,
        relative: PurePosixPath,
        files: Listing,
        artifacts: set[str],
        beside: _Beside,
        around: str,
    ) -> None:
        """Sort the loose files of a folder; ``artifacts`` are the folders in it that are some."""
        names = artifacts | files.keys()
        documents: list[tuple[str, str]] = []
        for name in files:
            reason = is_document(name, names)
            if accompanies(name, names):
                continue
            if reason:
                documents.append((name, reason))
            else:
                self._add_file(relative / name, beside, around)
        served = len(names) > len(documents)
        for name, reason in documents:
            if not (served and name.lower() == CARD):
                self._ignore(relative / name, reason)

    def _add_file(self, where: PurePosixPath, beside: _Beside, around: str) -> None:
        path, name = self._path(where), where.name
        facts = facts_of(beside.listing[name])
        seen = Seen(folder=False, **facts, companions=beside.state(name), around=around)
        self.found.candidates.append(
            Candidate(
                where,
                path,
                seen,
                (path,),
                beside.sidecars(name),
                card=beside.card,
                pending=beside.pending(name),
                marker=beside.marker(name),
            )
        )

    def _ignore(self, where: PurePosixPath, reason: str) -> None:
        self.found.ignored.append((where, reason))

    def _path(self, where: PurePosixPath) -> Path:
        return self._folder.joinpath(*where.parts)


def loose_file(folder: Path, relative: PurePosixPath) -> Candidate | None:
    """Return the regular file at ``relative`` as a candidate; ``None`` if there is none."""
    path = folder.joinpath(*relative.parts)
    try:
        status = syscalls.lstat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Candidate(relative, path, Seen(folder=False, **facts_of(status)), (path,))


def look_again(candidate: Candidate) -> bool:
    """Whether a candidate's own bytes are still what they were when it was found."""
    if not all(map(look_again, candidate.members)):
        return False
    try:
        if not candidate.seen.folder:
            now = facts_of(syscalls.lstat(candidate.path))
            return all(getattr(candidate.seen, name) == value for name, value in now.items())
        return tree_of(candidate.path).tree == candidate.seen.tree
    except OSError:
        return False


def _why_not(where: PurePosixPath, status: os.stat_result) -> str:
    if is_link(status):
        return "it is a link, and links are not followed"
    if stat.S_ISDIR(status.st_mode):
        if len(where.parts) > DEPTH_MOST:
            return f"it lies more than {DEPTH_MOST} folders deep"
    elif not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    return is_temporary(where.name)


class _Beside:
    """What lies in one folder beside its artifacts; looked through once, however many they are."""

    def __init__(self, folder: Path, listing: Listing) -> None:
        """Take note of ``listing``, which is of ``folder``."""
        self.folder = folder
        self.listing = listing
        self._regular = {name for name, status in listing.items() if stat.S_ISREG(status.st_mode)}
        self._unfinished = tuple(filter(is_unfinished, listing))
        self.card = next((folder / name for name in self._regular if name.lower() == CARD), None)

    def sidecars(self, name: str) -> tuple[Path, ...]:
        """Return the sidecars of the artifact ``name``."""
        return tuple(self.folder / sidecar for sidecar in sidecars_of(name, self._regular))

    def marker(self, name: str) -> Path | None:
        """Return the marker that says that the file ``name`` is ready."""
        return self.folder / (name + READY) if name + READY in self._regular else None

    def pending(self, name: str) -> str:
        """Return what the artifact ``name`` waits for; empty for nothing."""
        if sidecar_pending(name, self._unfinished):
            return "its sidecar is still being written"
        return ""

    def state(self, name: str) -> str:
        """Name the state of the sidecars and the card of ``name``; empty without any."""
        files = (*self.sidecars(name), *([self.card] if self.card else ()))
        state = State()
        for file in files:
            state.add(file.name, self.listing[file.name])
        return state.name if files else ""
