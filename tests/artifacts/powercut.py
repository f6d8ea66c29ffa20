"""What a disk may hold after a power cut, worked out from the recorded calls of the real code.

The model is POSIX at its least: a write or a new name may reach the disk or not, each by itself and
in any order, until an fsync of that very file or folder has returned. All subsets of what was not
yet synced are looked at, at every moment of the run.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.artifacts.faults import Done

MOST_PENDING = 14


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that may be lost.

    Attributes:
        kind: ``data`` (bytes of a file), ``name`` (a file or folder got a name in a folder).
        where: What must be synced to keep it: the file's number, or the folder's path.
        thing: The number of the file, or the path of the folder, that it is about.
        path: The name given, for ``name``.
        moment: Position in the trace.
    """

    kind: str
    where: int | str
    thing: int | str
    path: str
    moment: int


@dataclass(frozen=True, slots=True)
class Sync:
    """An fsync that returned: of a file's number or a folder's path, at a position in the trace."""

    where: int | str
    moment: int


def history(trace: Iterable[Done]) -> list[Effect | Sync]:
    """Return what the calls of a trace did to the disk."""
    told = _Told()
    for moment, done in enumerate(trace):
        told.hear(moment, done)
    return told.events


class _Told:
    """Follows descriptors and names through a trace; files are numbered as they are created."""

    def __init__(self) -> None:
        self.events: list[Effect | Sync] = []
        self._file_of: dict[str, int] = {}
        self._open: dict[int, int] = {}
        self._files = 0

    def hear(self, moment: int, done: Done) -> None:
        """Take in one call."""
        match done.call:
            case "open_file":
                self._opened(moment, str(done.args[0]), done.args[1], done.result)
            case "write" | "sendfile" | "truncate" | "clone":
                file = self._open[done.args[0]]
                self.events.append(Effect("data", file, file, "", moment))
            case "fsync":
                self.events.append(Sync(self._open[done.args[0]], moment))
            case "fsync_folder":
                self.events.append(Sync(str(done.args[0]), moment))
            case "mkdir":
                self._named(moment, str(done.args[0]), str(done.args[0]))
            case "link" | "rename":
                old, new = str(done.args[0]), str(done.args[1])
                self._file_of[new] = self._file_of[old]
                self._named(moment, new, self._file_of[new])

    def _opened(self, moment: int, path: str, flags: int, descriptor: int) -> None:
        if flags & os.O_CREAT:
            self._files += 1
            self._file_of[path] = self._files
            self._named(moment, path, self._files)
        if path in self._file_of:
            self._open[descriptor] = self._file_of[path]

    def _named(self, moment: int, path: str, thing: int | str) -> None:
        self.events.append(Effect("name", str(Path(path).parent), thing, path, moment))


def bad_states(events: list[Effect | Sync], blobs: Path) -> Iterator[str]:
    """Yield every state after a power cut in which the name of a blob lacks some of its bytes."""
    for moment in range(len(events) + 1):
        for lost in _subsets(_pending(events, moment)):
            for name in _finals(events[:moment], blobs):
                there = name not in lost and not _shard_lost(events, name, lost)
                if there and _is_partial(events, moment, name, lost):
                    yield f"after {moment}: {Path(name.path).name[:8]} lacks bytes"


def lost_blobs(events: list[Effect | Sync], blobs: Path) -> Iterator[str]:
    """Yield every state after the *end* in which a blob that was reported as stored is missing."""
    for lost in _subsets(_pending(events, len(events))):
        last = {name.path: name for name in _finals(events, blobs)}
        for name in last.values():
            if name in lost or _shard_lost(events, name, lost):
                yield f"{Path(name.path).name[:8]} is gone"
            elif _is_partial(events, len(events), name, lost):
                yield f"{Path(name.path).name[:8]} lacks bytes"


def _finals(events: Iterable[Effect | Sync], blobs: Path) -> list[Effect]:
    """Return the namings of blobs and of nothing else."""
    under = str(blobs / "sha256") + os.sep
    return [
        event
        for event in events
        if isinstance(event, Effect)
        and isinstance(event.thing, int)
        and event.path.startswith(under)
    ]


def _pending(events: list[Effect | Sync], moment: int) -> list[Effect]:
    """Return what is done but not synced before ``moment``, names in tmp left out."""
    before = events[:moment]
    synced: dict[int | str, int] = {e.where: e.moment for e in before if isinstance(e, Sync)}
    pending = [
        event
        for event in before
        if isinstance(event, Effect)
        and synced.get(event.where, -1) < event.moment
        and Path(event.path).parent.name != "tmp"
    ]
    assert len(pending) <= MOST_PENDING, "too many subsets to look at"
    return pending


def _subsets(pending: list[Effect]) -> Iterator[set[Effect]]:
    for count in range(len(pending) + 1):
        for lost in itertools.combinations(pending, count):
            yield set(lost)


def _shard_lost(events: list[Effect | Sync], name: Effect, lost: set[Effect]) -> bool:
    return any(
        isinstance(event, Effect) and event.path == name.where and event in lost for event in events
    )


def _is_partial(events: list[Effect | Sync], moment: int, name: Effect, lost: set[Effect]) -> bool:
    """Return whether some of the bytes are lost, or not written yet."""
    data = [
        e for e in events if isinstance(e, Effect) and e.kind == "data" and e.thing == name.thing
    ]
    return any(effect in lost or effect not in events[:moment] for effect in data)
