"""The lineage graph in its bare form: ids, and steps up or down, one level at a time.

An id above zero is a version's, one below zero that of a thing which is none. A level is one
statement over `json_each`; a recursive query would visit a node once for every way to it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
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
_BY_KEY = "SELECT id FROM node WHERE kind = :kind AND key = :key"
_FITTING = """
SELECT id FROM node WHERE kind = :kind AND key = :text
UNION SELECT id FROM node WHERE kind = :kind AND name = :text
UNION SELECT id FROM node WHERE kind = :kind AND label = :text
UNION SELECT id FROM node WHERE kind = :kind AND label = :spaced
UNION SELECT e.parent FROM edge e CROSS JOIN node n ON n.id = e.parent
  WHERE e.kind IN ('trained_on', 'evaluated_on') AND e.label IN (:text, :spaced)
  AND n.kind = :kind
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
_PREFIX_LEAST = 8  # digits of a commit or digest that may stand for the whole

Step = tuple[int, int, str, str]  # parent, child, kind, origin


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
        there = 0 if direction == "up" else 1
        new = {step[there] for step in steps(connection, level, direction)} - seen.keys()
        seen.update(dict.fromkeys(new, distance))
        level = list(new)
    return seen


def node_id(connection: Connection, thing: Thing) -> int | None:
    """Return the id of a thing; ``None`` when nothing was ever linked to it."""
    if thing.kind == "version":
        return int(thing.key)
    row = connection.execute(_BY_KEY, {"kind": thing.kind, "key": thing.key}).fetchone()
    return None if row is None else int(row[0])


def fitting(connection: Connection, asked: Asked) -> tuple[int, ...]:
    """Return ids of all things that somebody may mean: by key, name, label or digest."""
    long_enough = len(asked.text.removeprefix("sha256:")) >= _PREFIX_LEAST
    prefix = asked.kind in ("dataset", "code") and long_enough
    values = {
        "kind": asked.kind,
        "text": asked.text,
        "spaced": asked.text.replace("@", " ", 1),
        "beyond": asked.text + "\U0010ffff",
        "prefix": int(prefix and (asked.kind == "code" or asked.text.startswith("sha256:"))),
    }
    return tuple(row[0] for row in connection.execute(_FITTING, values))


def one_thing(connection: Connection, asked: Asked) -> Thing | None:
    """Return the one known thing that somebody means; ``None`` when none fits.

    Of several that fit, the one that is called or keyed exactly so counts.

    Raises:
        Conflict: Several fit alike.
    """
    ids = fitting(connection, asked)
    rows = connection.execute(_WHOLE, {"ids": json.dumps(list(ids))}).fetchall()
    exact = [row for row in rows if asked.text in (row[1], row[3])] or rows
    if len(exact) > 1:
        raise Conflict(
            f"{safe(asked.words, 120)} fits {len(exact)} things",
            why=", ".join(safe(row[3], 60) for row in exact[:_SHOWN]),
            hint="Name one with its version or digest.",
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
