"""What versions descend from, with the licences that are stated there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from modelshelf.catalog.details import derived_from, read_details
from modelshelf.domain.gates.case import Ancestor
from modelshelf.domain.gates.stated import stated
from modelshelf.domain.things import is_outside

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.reader import Reader
    from modelshelf.domain.models import VersionDetail

# Licences, and the name of what is not in the registry: origins alike in both say the same.
_Key = tuple[tuple[str, ...], str]


def descent(
    reader: Reader,
    connection: Connection,
    details: Mapping[int, VersionDetail],
    versions: Collection[int],
) -> dict[int, tuple[Ancestor, ...]]:
    """Return what each version descends from, nearest first, up to where nothing is recorded.

    Of origins with the same licences only the nearest is named: a model that is trained on every
    night descends from hundreds of versions of one licence. Models outside state none. Where
    nothing is recorded that a version was made from, what its file names stands for it.

    Args:
        reader: Where to ask for versions.
        connection: The connection behind it.
        details: Those of ``versions``, and any others that are known already.
        versions: Ids of the versions.
    """
    above: dict[int, tuple[int, ...]] = {}
    seen, level = set(versions), set(versions)
    while level:
        found = derived_from(connection, sorted(level))
        above.update(found)
        level = {target for targets in found.values() for target in targets} - seen
        seen |= level
    further = reader.versions(sorted(seen - details.keys()))
    family = _Family({**details, **read_details(connection, further)}, above)
    return {version: family.above(version) for version in versions}


class _Family:
    """Versions with what each was made from; what one descends from is found once."""

    def __init__(
        self, details: Mapping[int, VersionDetail], parents: Mapping[int, tuple[int, ...]]
    ) -> None:
        self._details = details
        self._parents = parents
        self._origins: dict[int, dict[_Key, Ancestor]] = {}

    def above(self, start: int) -> tuple[Ancestor, ...]:
        """Return what ``start`` descends from, nearest first."""
        waiting, entered = [start], set[int]()
        while waiting:  # no recursion: a line may be longer than Python's stack
            version = waiting[-1]
            todo = [p for p in self._of(version) if p not in self._origins and p not in entered]
            entered.add(version)
            if todo:
                waiting += todo
                continue
            waiting.pop()
            if version not in self._origins:
                self._origins[version] = self._gather(version)
        return tuple(sorted(self._origins[start].values(), key=lambda a: a.distance))

    def _of(self, version: int) -> tuple[int, ...]:
        return tuple(p for p in self._parents.get(version, ()) if p in self._details)

    def _gather(self, version: int) -> dict[_Key, Ancestor]:
        found: dict[_Key, Ancestor] = {}

        def take(key: _Key, origin: Ancestor) -> None:
            if key not in found or origin.distance < found[key].distance:
                found[key] = origin

        for parent in self._of(version):
            licences = stated(self._details[parent])
            take((licences, ""), Ancestor(self._details[parent].version.reference, licences, 1))
            if parent in self._origins:
                for key, origin in self._origins[parent].items():
                    take(key, replace(origin, distance=origin.distance + 1))
        if version in self._details:
            detail = self._details[version]
            here = {self._details[p].version.reference for p in self._of(version)}
            outside = [n for n in detail.bases if is_outside(n) and n not in here]
            for name in outside or (() if found else detail.inspection.base_models):
                take(((), name), Ancestor(name, (), 1))
        return found
