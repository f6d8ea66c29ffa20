"""Evaluation sets that were trained on, by the version itself or by what it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from modelshelf.catalog import leaks as catalog
from modelshelf.catalog.graph import nodes
from modelshelf.domain.lineage_answers import Leak
from modelshelf.domain.names import parse_reference

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.registry.context import Context

_DIGEST = "sha256:"
_UNSAID: frozenset[str | None] = frozenset({None})
_Parts = Mapping[int, frozenset[str | None]]


class _Found(NamedTuple):
    version: int
    evaluated_on: str
    trained_on: str
    trained: int
    digest: str


def leaks(context: Context, reference: str | None) -> tuple[Leak, ...]:
    """Return evaluation sets that were trained on; see ``Lineage.leaks``.

    Two uses are of the same data when they share a digest, or, where none is known, name and
    version; then parts of it that are both named and differ are not the same. A data set that came
    of another holds some of it. Of several that were trained on it, the nearest is told.

    Memory grows with the edges ``derived_from`` and with one data set's uses, not with the pairs
    of versions.
    """
    connection = context.connection()
    version = None
    if reference is not None:
        version = context.versions().one(parse_reference(reference)).id
    found = list(_found(connection, version))
    ids = {one.version for one in found} | {one.trained for one in found}
    known = nodes(connection, ids, ())
    told = {
        Leak(known[v].label, evaluated, trained_on, known[by].label, digest)
        for v, evaluated, trained_on, by, digest in found
        if v in known and by in known
    }
    order = {known[i].label: i for i in sorted(known, reverse=True)}
    return tuple(
        sorted(told, key=lambda one: (order[one.version], one.evaluated_on, one.trained_on))
    )


def _found(connection: Connection, version: int | None) -> Iterator[_Found]:
    sets = catalog.evaluated_sets(connection, version)
    kin = _kin(sets, catalog.data_from_data(connection)) if sets else {}
    trained = catalog.trained_sets(connection, {other for those in kin.values() for other in those})
    pairs = [(data, other) for data, those in kin.items() for other in those if other in trained]
    if not pairs:
        return
    line = _Line(catalog.lines(connection, version))
    for data, other in pairs:
        judged = catalog.uses(connection, data, "evaluated_on", version)
        taught = catalog.uses(connection, other, "trained_on")
        same = data == other
        digest = trained[other] if same and trained[other].startswith(_DIGEST) else ""
        groups: Iterable[tuple[Collection[int], Collection[int]]] = [(judged, taught)]
        if same and not digest:
            groups = _by_part(connection, data, judged, taught)
        for targets, sources in groups:
            for target, source in line.nearest(targets, sources):
                yield _Found(target, judged[target], taught[source], source, digest)


def _kin(sets: Iterable[int], derived: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """Return for each data set itself, what it came from and what came of it."""
    up, down = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for child, parent in derived:
        up[child].append(parent)
        down[parent].append(child)
    return {
        data: sorted(_reached(data, up) | _reached(data, down), reverse=True)
        for data in sorted(sets, reverse=True)
    }


def _reached(start: int, onward: Mapping[int, list[int]]) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        new = [other for other in onward.get(waiting.pop(), ()) if other not in seen]
        seen.update(new)
        waiting += new
    return seen


def _by_part(
    connection: Connection, data: int, judged: Collection[int], taught: Collection[int]
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield versions by the part they were evaluated on, each with what may have seen it."""
    tested = catalog.parts(connection, data, "evaluated_on")
    learnt = catalog.parts(connection, data, "trained_on")
    by_part = defaultdict[frozenset[str | None], list[int]](list)
    for version in judged:
        by_part[tested.get(version, _UNSAID)].append(version)
    for part, versions in by_part.items():
        yield versions, [one for one in taught if _may_meet(part, learnt.get(one, _UNSAID))]


def _may_meet(one: frozenset[str | None], other: frozenset[str | None]) -> bool:
    return None in one or None in other or bool(one & other)


class _Line:
    """What was derived from what, for walks from origins down."""

    def __init__(self, derived: Iterable[tuple[int, int]]) -> None:
        self._below = defaultdict[int, list[int]](list)
        above = defaultdict[int, int](int)
        for child, parent in derived:
            self._below[parent].append(child)
            above[child] += 1
        self._ranks = self._ranked(above)
        self._circle = any(above.values())  # only a damaged catalog holds one

    def _ranked(self, above: dict[int, int]) -> dict[int, int]:
        """Return the longest way from an origin to each; what is in a circle has none."""
        ranks = dict.fromkeys((thing for thing in self._below if thing not in above), 0)
        waiting = list(ranks)
        longest = defaultdict[int, int](int)
        while waiting:
            thing = waiting.pop()
            for child in self._below.get(thing, ()):
                longest[child] = max(longest[child], ranks[thing] + 1)
                above[child] -= 1
                if above[child] == 0:
                    ranks[child] = longest[child]
                    waiting.append(child)
        return ranks

    def nearest(self, targets: Collection[int], sources: Iterable[int]) -> list[tuple[int, int]]:
        """Return the targets that are a source or came from one, with the nearest source.

        Nothing that stands lower than the lowest target leads to one, so no walk goes there.
        """
        lowest = max((self._ranks.get(target, 0) for target in targets), default=0)
        origin = {source: source for source in sources}
        level = list(origin)
        while level:
            new: dict[int, int] = {}
            for thing in level:
                for child in self._below.get(thing, ()):
                    if child not in origin and (self._circle or self._ranks[child] <= lowest):
                        new.setdefault(child, origin[thing])
            origin.update(new)
            level = list(new)
        return [(target, origin[target]) for target in targets if target in origin]
