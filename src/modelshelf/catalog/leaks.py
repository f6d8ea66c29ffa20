"""Which data sets versions were evaluated on, and what was trained on these and on their kin."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_EVALUATED = "SELECT DISTINCT parent FROM edge WHERE kind = 'evaluated_on' AND child > 0"
_EVALUATED_BY = "SELECT DISTINCT parent FROM edge WHERE child = :version AND kind = 'evaluated_on'"
# A hand edge may lead from anything to anything; only data sets that came of data sets are kin.
_DATA_FROM_DATA = """
SELECT e.child, e.parent FROM edge AS e
CROSS JOIN node AS c ON c.id = e.child AND c.kind = 'dataset'
CROSS JOIN node AS p ON p.id = e.parent AND p.kind = 'dataset'
WHERE e.child < 0 AND e.kind = 'derived_from'
"""
_TRAINED = """
SELECT n.id, n.key FROM json_each(:sets) AS w CROSS JOIN node AS n ON n.id = w.value
WHERE EXISTS (SELECT 1 FROM edge AS e WHERE e.parent = w.value AND e.kind = 'trained_on')
"""
_LINES = "SELECT child, parent FROM edge WHERE kind = 'derived_from'"
_LINES_ABOVE = """
WITH RECURSIVE above (id) AS (
  SELECT :version
  UNION SELECT e.parent FROM above CROSS JOIN edge AS e
    ON e.child = above.id AND e.kind = 'derived_from'
)
SELECT e.child, e.parent FROM above CROSS JOIN edge AS e
  ON e.child = above.id AND e.kind = 'derived_from'
"""
_USES = """
SELECT e.child, min(e.label) FROM edge AS e
WHERE e.parent = :data AND e.kind = :kind AND (:version IS NULL OR e.child = :version)
GROUP BY e.child ORDER BY e.child <= 0, abs(e.child)
"""
# Rows may have been edited by another hand: what is no list of objects tells nothing.
_PARTS = """
WITH told (child, label, data) AS (
  SELECT e.child, e.label, iif(d.type = 'object', d.value, '{}')
  FROM edge AS e CROSS JOIN version_text AS t ON t.version_id = e.child
  CROSS JOIN json_each(iif(json_valid(t.datasets), t.datasets, '[]')) AS d
  WHERE e.parent = :data AND e.kind = :kind
)
SELECT child, json_extract(data, '$.split') FROM told
WHERE json_extract(data, '$.role') = :kind AND label = json_extract(data, '$.name')
  || iif(coalesce(json_extract(data, '$.version'), '') = '', '',
         ' ' || json_extract(data, '$.version'))
"""


def evaluated_sets(connection: Connection, version: int | None) -> list[int]:
    """Return the ids of the data sets that versions, or one version, were evaluated on."""
    statement = _EVALUATED if version is None else _EVALUATED_BY
    return [row[0] for row in connection.execute(statement, {"version": version})]


def data_from_data(connection: Connection) -> list[tuple[int, int]]:
    """Return which data sets came from which, as (child, parent)."""
    return connection.execute(_DATA_FROM_DATA).fetchall()


def trained_sets(connection: Connection, sets: Collection[int]) -> dict[int, str]:
    """Return those of these data sets that anything was trained on, with their keys."""
    return dict(connection.execute(_TRAINED, {"sets": json.dumps(sorted(sets))}))


def lines(connection: Connection, version: int | None) -> Iterator[tuple[int, int]]:
    """Yield what was derived from what, as (child, parent): all, or what is above one version."""
    statement = _LINES if version is None else _LINES_ABOVE
    yield from connection.execute(statement, {"version": version})


def uses(
    connection: Connection, data: int, kind: str, version: int | None = None
) -> dict[int, str]:
    """Return what was trained or evaluated on a data set, with what it is called there."""
    about = {"data": data, "kind": kind, "version": version}
    return dict(connection.execute(_USES, about))


def parts(connection: Connection, data: int, kind: str) -> dict[int, frozenset[str | None]]:
    """Return which parts of a data set versions say they used; ``None`` among them: not said."""
    found: dict[int, set[str | None]] = {}
    for version, part in connection.execute(_PARTS, {"data": data, "kind": kind}):
        found.setdefault(version, set()).add(part)
    return {version: frozenset(those) for version, those in found.items()}
