"""Questions behind edges by hand and suggestions: which edges there are, what a version tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.detail import unreadable

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_STEP = 100
_ORIGINS = "SELECT origin FROM edge WHERE child = :child AND kind = :kind AND parent = :parent"
_REJECTED = """
SELECT r.kind, r.parent, n.kind, n.name
FROM rejected_edge AS r LEFT JOIN node AS n ON n.id = r.parent WHERE r.child = :child
"""
_PARENTS = """
SELECT e.parent, n.kind, n.name, v.model_id
FROM edge AS e LEFT JOIN node AS n ON n.id = e.parent LEFT JOIN version AS v ON v.id = e.parent
WHERE e.child = :child
"""
_TELLING = """
SELECT v.model_id, m.name || ':v' || v.number,
       json_remove(t.inspection, '$.weights', '$.findings'), t.card
FROM version AS v JOIN model AS m ON m.id = v.model_id
JOIN version_text AS t ON t.version_id = v.id WHERE v.id = :id
"""
_TAGS = "SELECT key, value FROM tag WHERE version_id = :id"
# Models never differ by letter case alone, and names outside are not so strict about it.
_BEFORE = """
SELECT v.id, m.name, v.number FROM model_name AS n JOIN model AS m ON m.id = n.model_id
JOIN version AS v ON v.model_id = m.id
WHERE n.folded = :folded AND v.id < :before ORDER BY v.id DESC LIMIT 1
"""
_NEWEST = "SELECT id FROM version WHERE id < :below ORDER BY id DESC LIMIT :most"
_BEYOND = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Parents:
    """What a version came from by now.

    Attributes:
        ids: Of versions and other things, see :mod:`~modelshelf.catalog.graph`.
        names: Kind and name of the things that are no versions, whatever their version.
        models: Ids of the models of those that are.
    """

    ids: frozenset[int]
    names: frozenset[tuple[str, str]]
    models: frozenset[int]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Which suggestions were rejected.

    Attributes:
        edges: Kind of the edge and id of the parent.
        names: Kind of the edge, kind and name of a parent that is no version.
    """

    edges: frozenset[tuple[str, int]]
    names: frozenset[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Telling:
    """What the catalog holds of a version that may say where it came from.

    Attributes:
        model_id: Its model.
        reference: ``model:vN``.
        inspection: What looking into the file found, as plain values, without its tensors.
        card: Its card.
        tags: Its tags.
    """

    model_id: int
    reference: str
    inspection: dict[str, Any]
    card: str
    tags: dict[str, str]


def origins(connection: Connection, child: int, kind: str, parent: int) -> frozenset[str]:
    """Return how an edge came to be: ``told``, ``hand``, both, or nothing where it is none."""
    values = {"child": child, "kind": kind, "parent": parent}
    return frozenset(row[0] for row in connection.execute(_ORIGINS, values).fetchall())


def rejected(connection: Connection, child: int) -> Rejected:
    """Return which suggestions for a version or thing were rejected."""
    rows = connection.execute(_REJECTED, {"child": child}).fetchall()
    return Rejected(
        frozenset((row[0], row[1]) for row in rows),
        frozenset((row[0], row[2], row[3]) for row in rows if row[2] is not None),
    )


def parents(connection: Connection, child: int) -> Parents:
    """Return what a version came from, one step up."""
    rows = connection.execute(_PARENTS, {"child": child}).fetchall()
    return Parents(
        frozenset(row[0] for row in rows),
        frozenset((row[1], row[2]) for row in rows if row[1] is not None),
        frozenset(row[3] for row in rows if row[3] is not None),
    )


def telling(connection: Connection, version_id: int) -> Telling | None:
    """Return what may say where a version came from; ``None`` when there is no such version.

    Raises:
        Corrupt: Another hand edited its row so that it cannot be read.
    """
    row = connection.execute(_TELLING, {"id": version_id}).fetchone()
    if row is None:
        return None
    tags = dict(connection.execute(_TAGS, {"id": version_id}).fetchall())
    seen = json.loads(row[2])
    if not isinstance(seen, dict):
        raise unreadable(row[1])
    return Telling(row[0], row[1], seen, row[3], tags)


def newest_before(connection: Connection, name: str, before: int) -> tuple[int, str, int] | None:
    """Return id, model and number of a model's newest version that was there before another.

    Args:
        connection: A reader of the catalog.
        name: What the model is or was called, in any letter case.
        before: Id of the other version.
    """
    values = {"folded": name.casefold(), "before": before}
    row = connection.execute(_BEFORE, values).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def newest(connection: Connection) -> Iterator[int]:
    """Yield the ids of all versions, newest first, asking for a hundred at a time."""
    below = _BEYOND
    while True:
        values = {"below": below, "most": _STEP}
        ids = [row[0] for row in connection.execute(_NEWEST, values).fetchall()]
        yield from ids
        if len(ids) < _STEP:
            return
        below = ids[-1]
