"""Lineage: what a version was made with and from, and what came of it, as a graph of plain values.

Edges point from what it came from to what came of it, whatever the words of their kinds say:
``trained_on`` leads from the data set to the version.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

_H = TypeVar("_H", bound=Hashable)


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A thing in a lineage.

    Attributes:
        kind: ``version``, ``dataset``, ``code``, ``run``, ``features``, ``consumer`` or
            ``outside``, a model that is not registered here.
        id: Unique in the graph: the kind, a colon, and what identifies the thing.
        label: What a person reads.
        reference: ``model:vN`` of a version, else ``None``.
        stage: The label of a version's stage, else ``None``.
        marks: ``yanked``, ``freed``: a thing stays in the lineage whatever becomes of it.
    """

    kind: str
    id: str
    label: str
    reference: str | None = None
    stage: str | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """A step of a lineage.

    Attributes:
        source: Id of the node it came from.
        target: Id of the node that came of it.
        kind: ``trained_on``, ``evaluated_on``, ``derived_from``, ``built_from``, ``produced_by``,
            ``uses_features`` or ``consumed_by``.
        origin: ``told`` where the details of a version say so, ``hand`` where somebody added it,
            ``lease`` where a consumer came by itself.
    """

    source: str
    target: str
    kind: str
    origin: str = "told"


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """The surroundings of one thing, or of all that one name fits.

    Attributes:
        root: Id of the node that was asked about; the one that was known first, of several.
        nodes: What was asked about, the root first, then by distance.
        edges: Between these nodes, in a stable order.
        truncated: Whether there is more within the distance asked for than is shown.
    """

    root: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    truncated: bool = False

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the edges as (source, target)."""
        return tuple((edge.source, edge.target) for edge in self.edges)


@dataclass(frozen=True, slots=True)
class SameWeights:
    """A version that holds the tensors of another, whatever container and names they have there.

    Attributes:
        id: Its id in the catalog; one with a smaller id than the other's was there before it.
        reference: ``model:vN``.
        share: How much of the other's largest tensors it holds, 0 to 1, each counted alike.
        exact: Whether all tensors of both are the same.
    """

    id: int
    reference: str
    share: float
    exact: bool


def would_cycle(edges: Iterable[tuple[_H, _H]], child: _H, parent: _H) -> bool:
    """Return whether saying that ``child`` came from ``parent`` would close a circle.

    Args:
        edges: (source, target) of what is known already.
        child: The thing that would get a new origin.
        parent: The origin.
    """
    return parent in _reached(_adjacent(edges), child)


def related(graph: LineageGraph, node: str) -> frozenset[str]:
    """Return the ids of a node, everything it came from and everything that came of it.

    What merely shares an origin with it is not related.
    """
    pairs = graph.pairs()
    below = _reached(_adjacent(pairs), node)
    above = _reached(_adjacent((target, source) for source, target in pairs), node)
    return frozenset(below | above)


def levels(graph: LineageGraph) -> dict[str, int]:
    """Return the column of each node: the number of edges on the longest way to it.

    Origins without an origin stand in column 0, and every edge leads to a higher column. An edge
    that closes a circle, which only a damaged catalog can hold, is left out of account.
    """
    ids = [node.id for node in graph.nodes]
    known = set(ids)
    outward = _adjacent(
        pair
        for pair in graph.pairs()
        if pair[0] in known and pair[1] in known and pair[0] != pair[1]
    )
    ranks = dict.fromkeys(ids, 0)
    for node in reversed(_finished(ids, outward)):
        for target in outward.get(node, ()):
            if target in known:
                ranks[target] = max(ranks[target], ranks[node] + 1)
        known.discard(node)  # an edge back to it would close a circle
    return ranks


def _adjacent(edges: Iterable[tuple[_H, _H]]) -> dict[_H, list[_H]]:
    table: dict[_H, list[_H]] = {}
    for source, target in edges:
        table.setdefault(source, []).append(target)
    return table


def _reached(outward: Mapping[_H, list[_H]], start: _H) -> set[_H]:
    seen = {start}
    waiting = deque([start])
    while waiting:
        for target in outward.get(waiting.popleft(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _finished(nodes: Iterable[_H], outward: Mapping[_H, list[_H]]) -> list[_H]:
    """Return the nodes in the order in which a walk in depth, without recursion, leaves them."""
    done: list[_H] = []
    seen: set[_H] = set()
    for start in nodes:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(outward.get(start, ())))]
        while path:
            node, ahead = path[-1]
            following = next((target for target in ahead if target not in seen), None)
            if following is None:
                done.append(node)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(outward.get(following, ()))))
    return done
