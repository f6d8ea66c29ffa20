"""The lineage graph in its bare form: ids, and steps up or down, one level at a time.

An id above zero is a version's, one below zero that of a thing which is none, and a text is the
name of a consumer that only leases tell of. A level is one statement over `json_each`; a recursive
query that carries distances would visit a node once for every way to it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.errors import Conflict
from modelshelf.domain.lineage import LineageNode
from modelshelf.domain.text import safe
from modelshelf.domain.things import Thing

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.things import Asked

Direction = Literal["up", "down"]
_UP = """
SELECT e.parent, e.child, e.kind, e.origin
FROM json_each(:wanted) AS w CROSS JOIN edge AS e ON e.child = w.value
"""
_DOWN = """
SELECT e.parent, e.child, e.kind, e.origin
FROM json_each(:wanted) AS w CROSS JOIN edge AS e ON e.parent = w.value
"""
# What a walk needs of an edge: where it comes from, where it leads.
_BARE_UP = """
SELECT e.child, e.parent
FROM json_each(:wanted) AS w CROSS JOIN edge AS e ON e.child = w.value
"""
_BARE_DOWN = """
SELECT e.parent, e.child
FROM json_each(:wanted) AS w CROSS JOIN edge AS e ON e.parent = w.value
"""
# A consumer that was linked by hand too is one thing and not two.
LEASED = """
SELECT l.version_id, coalesce(n.id, l.consumer)
FROM json_each(:wanted) AS w CROSS JOIN lease AS l ON l.version_id = w.value
LEFT JOIN node AS n ON n.kind = 'consumer' AND n.key = l.consumer
"""
_CALLED = """
SELECT n.id, n.key FROM json_each(:ids) AS w CROSS JOIN node AS n ON n.id = w.value
WHERE n.kind = 'consumer'
"""
_LEASES = "SELECT version_id FROM lease WHERE consumer = :name ORDER BY version_id"
_BY_KEY = "SELECT id FROM node WHERE kind = :kind AND key = :key"
# A data set goes by the name that each version gave it; the label there ends in its version.
_FITTING = """
SELECT id FROM node WHERE kind = :kind AND key = :text
UNION SELECT id FROM node WHERE kind = :kind AND name = :text
UNION SELECT id FROM node WHERE kind = :kind AND label = :text
UNION SELECT id FROM node WHERE kind = :kind AND label = :spaced
UNION SELECT e.parent FROM edge e CROSS JOIN node n ON n.id = e.parent
  WHERE e.kind IN ('trained_on', 'evaluated_on') AND e.label IN (:text, :spaced)
  AND n.kind = :kind
UNION SELECT e.parent FROM edge e CROSS JOIN node n ON n.id = e.parent
  WHERE e.kind IN ('trained_on', 'evaluated_on') AND e.label > :text || ' '
  AND e.label < :text || '!' AND n.kind = :kind
  AND iif(n.name = :text, 0, EXISTS (
    SELECT 1 FROM version_text t
    CROSS JOIN json_each(iif(json_valid(t.datasets), t.datasets, '[]')) d
    WHERE t.version_id = e.child AND d.type = 'object'
      AND json_extract(iif(d.type = 'object', d.value, '{}'), '$.name') = :text))
UNION SELECT id FROM node WHERE kind = :kind AND key >= :text AND key < :beyond AND :prefix
"""
_THINGS = """
SELECT n.id, n.kind, n.key, n.label FROM json_each(:ids) AS w CROSS JOIN node AS n ON n.id = w.value
"""
_VERSIONS = """
SELECT v.id, m.name, v.number, v.archived, v.yanked IS NOT NULL, v.freed
FROM json_each(:ids) AS w CROSS JOIN version AS v ON v.id = w.value
CROSS JOIN model AS m ON m.id = v.model_id
"""
_HELD = """
SELECT h.version_id, h.stage
FROM json_each(:ids) AS w CROSS JOIN stage_holder AS h ON h.version_id = w.value
"""
_WHOLE = """
SELECT n.kind, n.key, n.name, n.label
FROM json_each(:ids) AS w CROSS JOIN node AS n ON n.id = w.value
"""
_SHOWN = 5
_PREFIX_LEAST = {"code": 7, "dataset": 8}  # digits that may stand for the whole

Ident = int | str
Step = tuple[int, int, str, str]  # parent, child, kind, origin
Pair = tuple[Ident, Ident]  # from, to


def steps(connection: Connection, ids: Collection[int], direction: Direction) -> list[Step]:
    """Return the edges that lead from ``ids`` one step up or down."""
    if not ids:
        return []
    statement = _UP if direction == "up" else _DOWN
    return connection.execute(statement, {"wanted": json.dumps(list(ids))}).fetchall()


def reached(
    connection: Connection,
    starts: Iterable[int],
    direction: Direction,
    *,
    goal: int | None = None,
) -> dict[int, int]:
    """Return everything upstream or downstream of ``starts`` by id, with its distance.

    Args:
        connection: A reader, or the connection of a transaction.
        starts: Ids to begin at; their distance is 0.
        direction: ``up`` to what they came from, ``down`` to what came of them.
        goal: Stop as soon as this id was met.
    """
    seen = dict.fromkeys(starts, 0)
    level, distance = list(seen), 0
    while level and (goal is None or goal not in seen):
        distance += 1
        found = steps(connection, level, direction)
        new = {parent if direction == "up" else child for parent, child, *_ in found}
        # Not a difference with all that was seen: a long chain would pay for it at every step.
        level = [ident for ident in new if ident not in seen]
        seen.update(dict.fromkeys(level, distance))
    return seen


class Edges:
    """The edges that a question goes along: those of the table, at present also leases."""

    def __init__(
        self, connection: Connection, ends: Collection[Ident] = (), *, leased: bool = False
    ) -> None:
        """Go along the edges behind ``connection``.

        Args:
            connection: A reader of the catalog, or of its past, which has no leases.
            ends: What the question is about. Nothing comes of a consumer, so only there can a way
                up begin at one.
            leased: Whether leases count.
        """
        self.connection = connection
        self.leased = leased
        self._down = f"{_BARE_DOWN} UNION ALL {LEASED}" if leased else _BARE_DOWN
        self._consumers = self._called(ends) if leased else {}

    def pairs(self, ids: Collection[Ident], direction: Direction) -> Iterator[Pair]:
        """Yield (from, to) of the edges one step up or down from ``ids``."""
        statement = _BARE_UP if direction == "up" else self._down
        wanted = {"wanted": json.dumps([ident for ident in ids if isinstance(ident, int)])}
        with closing(self.connection.execute(statement, wanted)) as found:
            yield from found
        if direction == "up":
            for ident in self._consumers.keys() & set(ids):
                called = {"name": self._consumers[ident]}
                for (version,) in self.connection.execute(_LEASES, called).fetchall():
                    yield ident, version

    def _called(self, ends: Collection[Ident]) -> dict[Ident, str]:
        """Return the names of the consumers among ``ends``."""
        called: dict[Ident, str] = {ident: ident for ident in ends if isinstance(ident, str)}
        ids = [ident for ident in ends if not isinstance(ident, str) and ident < 0]
        if ids:
            called.update(self.connection.execute(_CALLED, {"ids": json.dumps(ids)}).fetchall())
        return called


class Front:
    """A walk in one direction that remembers for each thing how it was reached first."""

    def __init__(self, edges: Edges, starts: Iterable[Ident], direction: Direction) -> None:
        """Begin at ``starts``.

        Attributes:
            before: The thing from which each one was reached; ``None`` at the starts.
            level: What was reached last.
        """
        self._edges = edges
        self._direction: Direction = direction
        self.before: dict[Ident, Ident | None] = dict.fromkeys(starts)
        self.level: list[Ident] = list(self.before)
        self._starts: dict[Ident, Ident] = {}

    def step(self) -> list[Ident]:
        """Go one step further and return what is new."""
        new: dict[Ident, Ident] = {}
        for here, there in self._edges.pairs(self.level, self._direction):
            if there not in self.before:
                new.setdefault(there, here)
        self.before.update(new)
        self.level = list(new)
        return self.level

    def to_end(self) -> Front:
        """Go on until nothing is new."""
        while self.level:
            self.step()
        return self

    def way(self, ident: Ident, most: int | None = None) -> list[Ident]:
        """Return a shortest way from one of the starts to ``ident``, both included.

        Args:
            ident: Something that was reached.
            most: Of a way of more things only the start and the end are returned, so many in all.
        """
        way: list[Ident] = []
        at: Ident | None = ident
        while at is not None and len(way) != most:
            way.append(at)
            at = self.before[at]
        if at is not None:
            way[-1] = self._start(at)
        return way[::-1]

    def _start(self, ident: Ident) -> Ident:
        """Return where the way to ``ident`` begins; many that share it climb it once."""
        climbed: list[Ident] = []
        at = ident
        while (before := self._starts.get(at, self.before[at])) is not None:
            climbed.append(at)
            at = before
        self._starts.update(dict.fromkeys(climbed, at))
        return at


def shortest(
    edges: Edges, origins: Iterable[Ident], results: Iterable[Ident]
) -> list[Ident] | None:
    """Return a shortest way down from one of ``origins`` to one of ``results``; ``None`` without.

    It is walked from both ends, always on from the narrower one: half of a graph may come of a data
    set that all were trained on, and little stands above one version.
    """
    below, above = Front(edges, origins, "down"), Front(edges, results, "up")
    met = [ident for ident in below.before if ident in above.before]
    while not met and below.level and above.level:
        front, other = (below, above) if len(below.level) < len(above.level) else (above, below)
        met = [ident for ident in front.step() if ident in other.before]
    return below.way(met[0]) + above.way(met[0])[-2::-1] if met else None


def nearest_common(
    edges: Edges, first: Iterable[Ident], second: Iterable[Ident]
) -> list[tuple[Ident, int, int]]:
    """Return what both came from, with its distance from each, and nothing above any of it.

    Everything above a common origin is one too. So those are nearest from which no step leads down
    to another.
    """
    taken: list[Pair] = []
    ours, theirs = _distances(edges, first, taken), _distances(edges, second, [])
    shared = {ident for ident in ours if ident in theirs}
    above = {there for here, there in taken if here in shared and here != there}
    nearest = shared - above or shared  # on a circle everything stands above everything
    return [(ident, ours[ident], theirs[ident]) for ident in ours if ident in nearest]


def _distances(edges: Edges, starts: Iterable[Ident], taken: list[Pair]) -> dict[Ident, int]:
    """Return everything upstream with its distance; add the edges on the way to ``taken``."""
    seen: dict[Ident, int] = dict.fromkeys(starts, 0)
    level, distance = list(seen), 0
    while level:
        distance += 1
        found = list(edges.pairs(level, "up"))
        taken += found
        level = [ident for ident in dict.fromkeys(to for _, to in found) if ident not in seen]
        seen.update(dict.fromkeys(level, distance))
    return seen


def node_id(connection: Connection, thing: Thing) -> int | None:
    """Return the id of a thing; ``None`` when nothing was ever linked to it."""
    if thing.kind == "version":
        return int(thing.key)
    row = connection.execute(_BY_KEY, {"kind": thing.kind, "key": thing.key}).fetchone()
    return None if row is None else int(row[0])


def fitting(connection: Connection, asked: Asked) -> tuple[int, ...]:
    """Return ids of all things that somebody may mean: by key, name, label or digest."""
    least = _PREFIX_LEAST.get(asked.kind)
    prefix = least is not None and len(asked.text.removeprefix("sha256:")) >= least
    values = {
        "kind": asked.kind,
        "text": asked.text,
        "spaced": asked.text.replace("@", " ", 1),
        "beyond": asked.text + "\U0010ffff",
        "prefix": int(prefix and (asked.kind == "code" or asked.text.startswith("sha256:"))),
    }
    # The ids of things fall as they become known: the oldest comes first.
    return tuple(sorted((row[0] for row in connection.execute(_FITTING, values)), reverse=True))


def one_thing(connection: Connection, asked: Asked) -> Thing | None:
    """Return the one known thing that somebody means; ``None`` when none fits.

    Of several that fit, the one that is keyed exactly so counts, then one that is called so.

    Raises:
        Conflict: Several fit alike.
    """
    ids = fitting(connection, asked)
    rows = connection.execute(_WHOLE, {"ids": json.dumps(list(ids))}).fetchall()
    keyed = [row for row in rows if row[1] == asked.text]
    exact = keyed or [row for row in rows if row[3] == asked.text] or rows
    if len(exact) > 1:
        raise Conflict(
            f"{safe(asked.words, 120)} fits {len(exact)} things",
            why=", ".join(safe(row[1], 80) for row in exact[:_SHOWN]),
            hint="Name one as it is written here.",
        )
    return Thing(*exact[0]) if exact else None


def nodes(
    connection: Connection, ids: Collection[int], ladder: Sequence[str]
) -> dict[int, LineageNode]:
    """Return what stands behind ids; an id that nothing stands behind is left out.

    Args:
        connection: A reader of the catalog.
        ids: Of versions and of other things.
        ladder: Names of the stages, lowest first, to tell the highest a version holds.
    """
    wanted = {"ids": json.dumps([i for i in ids if i > 0])}
    others = {"ids": json.dumps([i for i in ids if i < 0])}
    rank = {stage: place for place, stage in enumerate(ladder)}
    held: dict[int, str] = {}
    for ident, stage in connection.execute(_HELD, wanted):
        if ident not in held or rank.get(stage, -1) > rank.get(held[ident], -1):
            held[ident] = stage
    found: dict[int, LineageNode] = {}
    for ident, model, number, archived, yanked, freed in connection.execute(_VERSIONS, wanted):
        stage = held.get(ident) or ("archived" if archived else "draft")
        reference = f"{model}:v{number}"
        marks = tuple(word for word, is_so in (("yanked", yanked), ("freed", freed)) if is_so)
        found[ident] = LineageNode(
            "version", f"version:{ident}", reference, reference, stage, marks
        )
    for ident, kind, key, label in connection.execute(_THINGS, others):
        found[ident] = LineageNode(kind, f"{kind}:{key}", label)
    return found
