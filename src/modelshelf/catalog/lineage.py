"""Read a lineage level by level: up to what a version came from, down to what came of it.

A level is one statement over `json_each`; a recursive query would visit a node once for every way
that leads to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

NODES_MOST = 2_000
_Step = tuple[int, str, str, str, str]  # version, kind, target's kind, target, label

_UP = """
SELECT e.version_id, e.kind, e.target_kind, e.target, e.label
FROM json_each(:wanted) AS w CROSS JOIN edge AS e ON e.version_id = w.value LIMIT :most
"""
_DOWN = """
SELECT e.version_id, e.kind, e.target_kind, e.target, e.label
FROM json_each(:wanted) AS w
CROSS JOIN edge AS e ON e.target_kind = 'version' AND e.target = w.value LIMIT :most
"""
_NAMES = """
SELECT v.id, m.name, v.number, v.archived
FROM json_each(:wanted) AS w CROSS JOIN version AS v ON v.id = w.value
CROSS JOIN model AS m ON m.id = v.model_id
"""
_HELD = """
SELECT h.version_id, h.stage
FROM json_each(:wanted) AS w CROSS JOIN stage_holder AS h ON h.version_id = w.value
"""
_STEPS_MOST = 50  # steps read for each node that may be shown


def graph(
    connection: Connection,
    version_id: int,
    *,
    hops: int,
    most: int = NODES_MOST,
    ladder: Sequence[str] = (),
) -> LineageGraph:
    """Return what a version came from and what came of it.

    Args:
        connection: A reader of the catalog.
        version_id: The version's id in the catalog.
        hops: How many edges to go, up and down.
        most: The most nodes to return; the nearest are kept.
        ladder: Names of the stages, lowest first, to tell the highest a version holds.

    Raises:
        Invalid: ``hops`` is negative.
        NotFound: There is no such version.
    """
    if type(hops) is not int or hops < 0:
        raise Invalid(f"{safe(hops, 40)} is no number of hops", required="0 or more")
    walk = _Walk(connection, version_id, most)
    for _ in range(hops):
        if not walk.step():
            break
    return walk.graph(ladder)


class _Walk:
    """A walk in both directions at once, one level at a time."""

    def __init__(self, connection: Connection, version_id: int, most: int) -> None:
        self._connection = connection
        self._root = _version_key(version_id)
        self._most = most
        self._found: dict[str, tuple[str, str]] = {self._root: ("version", "")}
        self._above = [version_id]
        self._below = [version_id]
        self._truncated = False

    def step(self) -> bool:
        """Go one edge further; return whether there is anything left to go on from."""
        above = [
            (kind, target, label) for _, _, kind, target, label in self._read(_UP, self._above)
        ]
        self._above = [int(t) for k, t in self._add(above) if k == "version" and t.isdecimal()]
        wanted = [str(ident) for ident in self._below]
        below = [("version", str(ident), "") for ident, *_ in self._read(_DOWN, wanted)]
        self._below = [int(target) for _, target in self._add(below)]
        return bool(self._above or self._below)

    def _read(self, statement: str, wanted: Sequence[object]) -> list[_Step]:
        if not wanted:
            return []
        most = self._most * _STEPS_MOST
        values = {"wanted": json.dumps(wanted), "most": most}
        rows = self._connection.execute(statement, values).fetchall()
        self._truncated = self._truncated or len(rows) == most
        return rows

    def _add(self, things: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
        """Keep what is new, as long as there is room; return it."""
        new: list[tuple[str, str]] = []
        for kind, target, label in things:
            key = f"{kind}:{target}"
            if key in self._found:
                continue
            if len(self._found) >= self._most:
                self._truncated = True
                break
            self._found[key] = (kind, label)
            new.append((kind, target))
        return new

    def graph(self, ladder: Sequence[str]) -> LineageGraph:
        """Return what was found, with every edge between two things that were."""
        ids = [int(target) for kind, target in self._targets() if kind == "version"]
        versions = self._versions(ids, ladder)
        if self._root not in versions:
            raise NotFound(f"there is no version with the id {self._root.partition(':')[2]}")
        nodes = (
            versions.get(key) or LineageNode(kind, key, label or key.removeprefix(f"{kind}:"))
            for key, (kind, label) in self._found.items()
        )
        edges = {
            LineageEdge(f"{target_kind}:{target}", _version_key(ident), kind)
            for ident, kind, target_kind, target, _ in self._read(_UP, ids)
            if f"{target_kind}:{target}" in self._found
        }
        ordered = sorted(edges, key=lambda edge: (edge.target, edge.kind, edge.source))
        return LineageGraph(self._root, tuple(nodes), tuple(ordered), self._truncated)

    def _targets(self) -> Iterator[tuple[str, str]]:
        for key, (kind, _) in self._found.items():
            target = key.removeprefix(f"{kind}:")
            if kind != "version" or target.isdecimal():
                yield kind, target

    def _versions(self, ids: Sequence[int], ladder: Sequence[str]) -> dict[str, LineageNode]:
        wanted = {"wanted": json.dumps(ids)}
        rank = {stage: place for place, stage in enumerate(ladder)}
        held: dict[int, str] = {}
        for ident, stage in self._connection.execute(_HELD, wanted):
            if ident not in held or rank.get(stage, -1) > rank.get(held[ident], -1):
                held[ident] = stage
        nodes: dict[str, LineageNode] = {}
        for ident, model, number, archived in self._connection.execute(_NAMES, wanted):
            stage = held.get(ident) or ("archived" if archived else "draft")
            reference, key = f"{model}:v{number}", _version_key(ident)
            nodes[key] = LineageNode("version", key, reference, reference, stage)
        return nodes


def _version_key(ident: int) -> str:
    return f"version:{ident}"
