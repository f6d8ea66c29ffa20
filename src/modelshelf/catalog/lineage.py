"""Read a lineage level by level: up to what things came from, down to what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from modelshelf.catalog.graph import Step, nodes, steps
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.lineage import LineageEdge, LineageGraph
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

NODES_MOST = 2_000
Ways = Literal["both", "up", "down"]


def graph(
    connection: Connection,
    starts: Sequence[int],
    *,
    hops: int,
    ways: Ways = "both",
    most: int = NODES_MOST,
    ladder: Sequence[str] = (),
) -> LineageGraph:
    """Return what things came from and what came of them.

    Args:
        connection: A reader of the catalog.
        starts: Ids of the things, see :mod:`~modelshelf.catalog.graph`; the first is the root.
        hops: How many edges to go.
        ways: Up, down, or up and down; never up and then down.
        most: The most nodes to return; the nearest are kept.
        ladder: Names of the stages, lowest first, to tell the highest a version holds.

    Raises:
        Invalid: ``hops`` is negative.
        NotFound: There is nothing behind the first id.
    """
    if type(hops) is not int or hops < 0:
        raise Invalid(f"{safe(hops, 40)} is no number of hops", required="0 or more")
    walk = _Walk(connection, starts, most, ways)
    for _ in range(hops):
        if not walk.step():
            break
    return walk.graph(ladder)


class _Walk:
    """A walk in both directions at once, one level at a time."""

    def __init__(
        self, connection: Connection, starts: Sequence[int], most: int, ways: Ways
    ) -> None:
        self._connection = connection
        self._starts = starts
        self._most = most
        self._found = dict.fromkeys(starts)
        self._above = list(starts) if ways != "down" else []
        self._below = list(starts) if ways != "up" else []
        self._truncated = False

    def step(self) -> bool:
        """Go one edge further; return whether there is anything left to go on from."""
        above = steps(self._connection, self._above, "up")
        self._above = self._add(parent for parent, *_ in above)
        below = steps(self._connection, self._below, "down")
        self._below = self._add(child for _, child, *_ in below)
        return bool(self._above or self._below)

    def _add(self, things: Iterable[int]) -> list[int]:
        """Keep what is new, as long as there is room; return it."""
        new: list[int] = []
        for ident in things:
            if ident in self._found:
                continue
            if len(self._found) >= self._most:
                self._truncated = True
                break
            self._found[ident] = None
            new.append(ident)
        return new

    def graph(self, ladder: Sequence[str]) -> LineageGraph:
        """Return what was found, with every edge between two things that were."""
        known = nodes(self._connection, self._found, ladder)
        root = known.get(self._starts[0])
        if root is None:
            raise NotFound(f"there is no version with the id {self._starts[0]}")
        edges = {
            LineageEdge(known[parent].id, known[child].id, kind, origin)
            for parent, child, kind, origin in self._between()
            if parent in known and child in known
        }
        ordered = sorted(edges, key=lambda e: (e.target, e.kind, e.source, e.origin))
        shown = tuple(known[ident] for ident in self._found if ident in known)
        return LineageGraph(root.id, shown, tuple(ordered), self._truncated)

    def _between(self) -> list[Step]:
        return steps(self._connection, self._found, "up")
