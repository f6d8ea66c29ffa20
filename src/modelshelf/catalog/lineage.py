"""Answer questions about lineage: the graph around things, ways, what serves and who uses it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from modelshelf.catalog.graph import LEASED, Edges, Ident, Pair, nodes, steps
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

NODES_MOST = 2_000
EDGES_MOST = 20_000
Ways = Literal["both", "up", "down"]
_CONSUMED, _LEASE = "consumed_by", "lease"
_SERVING = """
SELECT v.id, m.name, v.number, h.stage, h.weight
FROM json_each(:ids) AS w CROSS JOIN stage_holder AS h ON h.version_id = w.value
CROSS JOIN version AS v ON v.id = h.version_id CROSS JOIN model AS m ON m.id = v.model_id
"""
_STAGES = "SELECT DISTINCT stage FROM stage_holder ORDER BY stage"
_VERSIONS = """
SELECT count(*), count(DISTINCT v.model_id)
FROM json_each(:ids) AS w CROSS JOIN version AS v ON v.id = w.value
"""
_OTHERS = "SELECT count(*) FROM json_each(:ids) AS w CROSS JOIN node AS n ON n.id = w.value"
_USERS = """
SELECT e.parent, n.key
FROM json_each(:ids) AS w CROSS JOIN edge AS e ON e.parent = w.value
CROSS JOIN node AS n ON n.id = e.child
WHERE e.kind = 'consumed_by' AND n.kind = 'consumer'
"""
_LEASERS = """
UNION SELECT l.version_id, l.consumer
FROM json_each(:ids) AS w CROSS JOIN lease AS l ON l.version_id = w.value
"""
_LEASE_KNOWN = "SELECT 1 FROM lease WHERE consumer = :name LIMIT 1"
_JOINING = """
SELECT e.parent, e.child, e.kind, e.origin
FROM json_each(:pairs) AS w CROSS JOIN edge AS e
  ON e.parent = json_extract(w.value, '$[0]') AND e.child = json_extract(w.value, '$[1]')
"""


@dataclass(frozen=True, slots=True)
class Serving:
    """A version that holds stages now.

    Attributes:
        id: Its id in the catalog.
        model: The name of its model.
        number: Its number.
        stages: What it holds, highest stage first, with its share of the traffic.
    """

    id: int
    model: str
    number: int
    stages: Mapping[str, int]


def graph(
    connection: Connection,
    starts: Sequence[Ident],
    *,
    hops: int,
    ways: Ways = "both",
    most: int = NODES_MOST,
    ladder: Sequence[str] = (),
    leased: bool = False,
) -> LineageGraph:
    """Return what things came from and what came of them.

    Args:
        connection: A reader of the catalog.
        starts: Ids of the things, see :mod:`~modelshelf.catalog.graph`; the first is the root.
        hops: How many edges to go.
        ways: Up, down, or up and down; never up and then down.
        most: The most nodes to return; the nearest are kept.
        ladder: Names of the stages, lowest first, to tell the highest a version holds.
        leased: Whether consumers that only leases tell of belong to it.

    Raises:
        Invalid: ``hops`` is negative.
        NotFound: There is nothing behind the first id.
    """
    if type(hops) is not int or hops < 0:
        raise Invalid(f"{safe(hops, 40)} is no number of hops", required="0 or more")
    walk = _Walk(Edges(connection, starts, leased=leased), starts, most, ways)
    while hops and walk.step():
        hops -= 1
    return walk.graph(ladder)


class _Walk:
    """A walk in both directions at once, one level at a time."""

    def __init__(self, edges: Edges, starts: Sequence[Ident], most: int, ways: Ways) -> None:
        self._edges = edges
        self._starts = starts
        self._most = most
        self._found = dict.fromkeys(starts[:most])
        self._above = list(self._found) if ways != "down" else []
        self._below = list(self._found) if ways != "up" else []
        self._truncated = len(starts) > most

    def step(self) -> bool:
        """Go one edge further; return whether there is anything left to go on from."""
        if self._above:
            self._above = self._add(self._edges.pairs(self._above, "up"))
        if self._below:
            self._below = self._add(self._edges.pairs(self._below, "down"))
        return bool(self._above or self._below) and not self._truncated

    def _add(self, pairs: Iterable[Pair]) -> list[Ident]:
        """Keep what is new, as long as there is room; return it."""
        new: list[Ident] = []
        for _, ident in pairs:
            if ident in self._found:
                continue
            if len(self._found) >= self._most:
                self._truncated = True
                break
            self._found[ident] = None
            new.append(ident)
        return new

    def graph(self, ladder: Sequence[str]) -> LineageGraph:
        """Return what was found, with the edges between two things that were."""
        known = shown(self._edges.connection, self._found, ladder)
        root = known.get(self._starts[0])
        if root is None:
            raise NotFound(f"there is no version with the id {self._starts[0]}")
        between = self._between(known)
        cut = self._truncated or len(between) > EDGES_MOST
        edges = [
            LineageEdge(known[parent].id, known[child].id, kind, origin)
            for parent, child, kind, origin in between[:EDGES_MOST]
        ]
        # Two things under one id are the work of another hand; a screen has room for one.
        once = {known[ident].id: known[ident] for ident in self._found if ident in known}
        if len(once) < len(known):
            edges = list(set(edges))
        edges.sort(key=_place)
        return LineageGraph(root.id, tuple(once.values()), tuple(edges), cut)

    def _between(self, known: Mapping[Ident, LineageNode]) -> list[tuple[Ident, Ident, str, str]]:
        connection = self._edges.connection
        ids = [ident for ident in known if isinstance(ident, int)]
        found: list[tuple[Ident, Ident, str, str]] = [
            step for step in steps(connection, ids, "up") if step[0] in known and step[1] in known
        ]
        if self._edges.leased:
            leases = connection.execute(LEASED, {"wanted": json.dumps([i for i in ids if i > 0])})
            found += [(*pair, _CONSUMED, _LEASE) for pair in leases if pair[1] in known]
        return found


def _place(edge: LineageEdge) -> tuple[str, ...]:
    return edge.target, edge.kind, edge.source, edge.origin


def shown(
    connection: Connection, ids: Collection[Ident], ladder: Sequence[str]
) -> dict[Ident, LineageNode]:
    """Return what stands behind ids, also of consumers; an id without anything is left out."""
    known = nodes(connection, [ident for ident in ids if isinstance(ident, int)], ladder)
    found: dict[Ident, LineageNode] = dict(known.items())
    for ident in ids:
        if isinstance(ident, str):
            found[ident] = LineageNode("consumer", f"consumer:{ident}", ident)
    return found


def ways_shown(
    connection: Connection, ways: Collection[Sequence[Ident]], ladder: Sequence[str]
) -> list[tuple[tuple[LineageNode, ...], tuple[LineageEdge, ...]]]:
    """Return nodes and edges of ways down; what is gone from the catalog has a label that says so.

    Of several edges between the same two, the strongest is told: that a model was trained on a data
    set says more than that it was measured on it.
    """
    every = {ident for way in ways for ident in way}
    known = shown(connection, every, ladder)
    known.update((ident, _gone(ident)) for ident in every if ident not in known)
    pairs = {pair for way in ways for pair in pairwise(way)}
    joined = _joining(connection, pairs)
    edges = {
        (parent, child): LineageEdge(
            known[parent].id, known[child].id, *joined.get((parent, child), (_CONSUMED, _LEASE))
        )
        for parent, child in pairs
    }
    return [
        (tuple(map(known.__getitem__, way)), tuple(map(edges.__getitem__, pairwise(way))))
        for way in ways
    ]


def _joining(connection: Connection, pairs: Collection[Pair]) -> dict[Pair, tuple[str, str]]:
    """Return kind and origin of the strongest edge between the two of each pair."""
    wanted = {"pairs": json.dumps([pair for pair in pairs if isinstance(pair[1], int)])}
    found: dict[Pair, tuple[str, str]] = {}
    for parent, child, kind, origin in connection.execute(_JOINING, wanted):
        before = found.get((parent, child))
        if before is None or (before[0] == "evaluated_on" and kind != before[0]):
            found[parent, child] = (kind, origin)
    return found


def _gone(ident: Ident) -> LineageNode:
    """Return what is shown for an id that only an edge knows, which another hand wrote."""
    kind = "version" if isinstance(ident, int) and ident > 0 else "outside"
    return LineageNode(kind, f"{kind}:{ident}", f"{kind} {ident}, which is gone")


def serving(
    connection: Connection, ids: Iterable[Ident], ladder: Sequence[str], stage: str | None = None
) -> list[Serving]:
    """Return those versions that hold a stage now: highest stage first, then by model and number.

    Args:
        connection: A reader of the catalog.
        ids: Of versions and of other things.
        ladder: Names of the stages, lowest first.
        stage: Only what holds this one.
    """
    rank = {name: place for place, name in enumerate(ladder)}
    held: dict[tuple[int, str, int], dict[str, int]] = {}
    for ident, model, number, name, weight in connection.execute(_SERVING, _of(ids, 1)):
        held.setdefault((ident, model, number), {})[name] = weight
    found = [
        Serving(*about, dict(sorted(stages.items(), key=lambda s: -rank.get(s[0], -1))))
        for about, stages in held.items()
        if stage is None or stage in stages
    ]
    return sorted(found, key=lambda s: (-rank.get(next(iter(s.stages)), -1), s.model, s.number))


def stages_held(connection: Connection) -> tuple[str, ...]:
    """Return the names of the stages that any version holds."""
    return tuple(row[0] for row in connection.execute(_STAGES))


def counts(connection: Connection, ids: Collection[Ident]) -> tuple[int, int, int]:
    """Return how many of ``ids`` are versions, of how many models, and how many other things."""
    versions, models = connection.execute(_VERSIONS, _of(ids, 1)).fetchone()
    others = connection.execute(_OTHERS, _of(ids, -1)).fetchone()[0]
    return versions, models, others + sum(isinstance(ident, str) for ident in ids)


def users(
    connection: Connection, ids: Collection[int], *, leased: bool
) -> dict[int, tuple[str, ...]]:
    """Return the consumers of versions, by name."""
    statement = f"{_USERS} {_LEASERS}" if leased else _USERS
    found: dict[int, set[str]] = {}
    for ident, name in connection.execute(statement, _of(ids, 1)):
        found.setdefault(ident, set()).add(name)
    return {ident: tuple(sorted(names)) for ident, names in found.items()}


def has_lease(connection: Connection, consumer: str) -> bool:
    """Whether a consumer of this name uses anything; asked of the present only."""
    return connection.execute(_LEASE_KNOWN, {"name": consumer}).fetchone() is not None


def _of(ids: Iterable[Ident], sign: int) -> dict[str, str]:
    """Return ids of versions, or of other things, as a statement binds them."""
    return {"ids": json.dumps([i for i in ids if isinstance(i, int) and i * sign > 0])}
