"""Loose files that are one artifact, because one of them names the others as its own.

The tensors of an ONNX model, the weights of OpenVINO, the parts of a sharded model: what belongs
together is what the files themselves say. A name that a file gives is only ever held against what
lies beside it; it is never followed anywhere else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.artifacts import syscalls
from modelshelf.domain.drop_names import (
    SHARDED,
    is_part,
    names_others,
    stands_alone,
    stem_of,
)

if TYPE_CHECKING:
    from modelshelf.formats import Source

_INDEXES_MOST = 200


@dataclass(frozen=True, slots=True)
class Together:
    """Files of one folder that are one artifact.

    Attributes:
        leader: The file that names the others; the first of those that name each other.
        members: The others, sorted; relative POSIX paths.
        missing: What one of them names and is not there, sorted.
    """

    leader: str
    members: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the artifact is called."""
        return stem_of(self.leader)


def group(
    named: Mapping[str, Collection[str]], is_there: Callable[[str], bool]
) -> dict[str, Together]:
    """Return, for each file that belongs together with others, with which.

    Args:
        named: What each file names.
        is_there: Whether there is a file of this name.
    """
    part_of: dict[str, set[str]] = {}
    for name, others in named.items():
        joined = part_of.setdefault(name, {name})
        for other in filter(is_there, others):
            theirs = part_of.setdefault(other, {other})
            if theirs is not joined:
                joined |= theirs
                part_of.update(dict.fromkeys(theirs, joined))
    answers: dict[int, Together] = {}
    for files in part_of.values():
        if id(files) not in answers:
            answers[id(files)] = _together(files, named, is_there)
    return {name: answers[id(files)] for name, files in part_of.items()}


def _together(
    files: set[str], named: Mapping[str, Collection[str]], is_there: Callable[[str], bool]
) -> Together:
    wanted = {other for name in files for other in named.get(name, ())}
    leader = min(sorted(files), key=lambda name: (name in wanted, not names_others(name)))
    missing = (name for name in wanted - files if not is_there(name))
    return Together(leader, tuple(sorted(files - {leader})), tuple(sorted(missing)))


def named_by(path: Path, size: int) -> tuple[str, ...]:
    """Return the files that the one at ``path`` names as its own, relative to its folder."""
    from modelshelf.formats import needs

    return () if stands_alone(path.name) else needs(file_source(path, size))


def companions(path: Path) -> Together | None:
    """Return which files beside the file at ``path`` are one artifact with it.

    These are the ones that it names, that those name, and an index beside it that names it as one
    of its parts. ``None`` for a folder, and for a file that is an artifact by itself.
    """
    if stands_alone(path.name) or not _is_file(path):
        return None
    folder = path.parent
    named = _closure(folder, [path.name])
    for index in _indexes(folder) if is_part(path.name) else ():
        found = _closure(folder, [index])
        if path.name in found:
            named |= found
    together = group(named, lambda name: _is_file(folder / name)).get(path.name)
    return together if together is not None and together.members else None


def _closure(folder: Path, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what each of these files names, and each of the files that are there so named."""
    named: dict[str, tuple[str, ...]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = folder / name
        if name not in named and _is_file(path):
            named[name] = named_by(path, path.stat().st_size)
            waiting += named[name]
    return named


def _indexes(folder: Path) -> list[str]:
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:  # storing it will say what is wrong
        return []
    return sorted(name for name in names if name.endswith(SHARDED))[:_INDEXES_MOST]


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(syscalls.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def file_source(path: Path, size: int) -> Source:
    """Return the file at ``path`` as something to look into; a link is not followed."""
    from modelshelf.formats import Source

    return Source.from_files(path.name, "file", [(path.name, size, _opener(path))])


def folder_source(folder: Path, files: Iterable[tuple[Path, int]]) -> Source:
    """Return a folder as something to look into.

    Args:
        folder: The folder.
        files: The files in it, with their length in bytes.
    """
    from modelshelf.formats import Source

    members = [
        (PurePosixPath(path.relative_to(folder)).as_posix(), size, _opener(path))
        for path, size in files
    ]
    return Source.from_files(folder.name, "folder", members)


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: os.fdopen(syscalls.open_file(path, syscalls.READ), "rb")
