"""Which of the loose files of a drop folder are one artifact, asked once for each folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelshelf.domain.drop_names import names_others, stands_alone
from modelshelf.registry.arrival.companions import group
from modelshelf.registry.drops.dropping import Candidate, loose_file
from modelshelf.registry.drops.recent import Recent


@dataclass(frozen=True, slots=True)
class Ring:
    """Loose files that are one artifact.

    Attributes:
        leader: The one that names the others; ``None`` when it went away just now.
        members: The others that are there.
        missing: What is named and is not there, relative to the leader's folder.
    """

    leader: Candidate | None
    members: tuple[Candidate, ...]
    missing: tuple[str, ...]


class Neighbours:
    """The loose files of one drop folder, by the folder they lie in."""

    def __init__(self, folder: Path, candidates: Iterable[Candidate], recent: Recent) -> None:
        """Take note of ``candidates`` in the drop folder ``folder``; nothing is opened yet."""
        self._folder = folder
        self._recent = recent
        self._files: dict[PurePosixPath, dict[str, Candidate]] = {}
        self._asked: set[PurePosixPath] = set()
        self._rings: dict[PurePosixPath, Ring] = {}
        for candidate in candidates:
            if not candidate.seen.folder:
                where = candidate.relative
                self._files.setdefault(where.parent, {})[where.name] = candidate

    def ring(self, candidate: Candidate) -> Ring | None:
        """Return what a candidate is one artifact with; ``None`` when it is one by itself."""
        if candidate.seen.folder:
            return None
        for folder in candidate.relative.parents:  # a model may name files in folders beside it
            if folder not in self._asked:
                self._asked.add(folder)
                self._ask(folder)
        return self._rings.get(candidate.relative)

    def leaders(self, candidate: Candidate) -> list[Candidate]:
        """Return the files beside a candidate that may name it as their own."""
        name = candidate.relative.name
        if candidate.seen.folder or stands_alone(name) or names_others(name):
            return []
        beside = self._files[candidate.relative.parent]
        return [other for each, other in beside.items() if names_others(each)]

    def _ask(self, folder: PurePosixPath) -> None:
        files = self._files.get(folder, {})
        named = {name: self._recent.named(each.path, each.seen) for name, each in files.items()}
        named = {name: others for name, others in named.items() if others}
        for name, found in group(named, lambda name: self._at(folder / name) is not None).items():
            members = (self._at(folder / each) for each in found.members)
            self._rings[folder / name] = Ring(
                self._at(folder / found.leader), tuple(m for m in members if m), found.missing
            )

    def _at(self, where: PurePosixPath) -> Candidate | None:
        known = self._files.get(where.parent, {}).get(where.name)
        return known or loose_file(self._folder, where)
