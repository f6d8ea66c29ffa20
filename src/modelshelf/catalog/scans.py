"""Questions about scans: which versions an older scanner looked into, and what was vouched for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelshelf.catalog.arrivals import digest_of_globals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelshelf.catalog.driver import Connection

# One step of the index for each scanner there ever was, and not one for each version.
_SCANNERS = """
WITH RECURSIVE known(scanner) AS (
    SELECT min(scanner) FROM version
    UNION ALL
    SELECT (SELECT min(scanner) FROM version WHERE scanner > known.scanner) FROM known
    WHERE known.scanner IS NOT NULL)
SELECT scanner FROM known WHERE scanner IS NOT NULL
  AND scanner NOT IN (SELECT value FROM json_each(:present))
"""
_OUTDATED = """
SELECT v.id FROM json_each(:scanners) s CROSS JOIN version v ON v.scanner = s.value
WHERE v.freed = 0 AND v.id > :after ORDER BY v.id LIMIT :limit
"""


def outdated(
    connection: Connection, present: Iterable[str], *, after: int = 0, limit: int = 1_000
) -> tuple[int, ...]:
    """Return ids of versions with bytes whose scanner is none of ``present``, ascending."""
    rows = connection.execute(_SCANNERS, {"present": json.dumps(sorted(present))}).fetchall()
    others = json.dumps([row[0] for row in rows])
    asked = {"scanners": others, "after": after, "limit": limit}
    return tuple(row[0] for row in connection.execute(_OUTDATED, asked).fetchall())


def with_bytes(connection: Connection, *, after: int = 0, limit: int = 1_000) -> tuple[int, ...]:
    """Return ids of the versions whose bytes are kept, ascending."""
    rows = connection.execute(
        "SELECT id FROM version WHERE freed = 0 AND id > :after ORDER BY id LIMIT :limit",
        {"after": after, "limit": limit},
    )
    return tuple(row[0] for row in rows.fetchall())


def is_approved(connection: Connection, model_id: int, globals_: Sequence[str]) -> bool:
    """Whether somebody vouched for exactly these globals of a model."""
    row = connection.execute(
        "SELECT 1 FROM approved_globals WHERE model_id = :model AND digest = :digest",
        {"model": model_id, "digest": digest_of_globals(globals_)},
    ).fetchone()
    return row is not None
