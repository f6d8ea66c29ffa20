"""How many bytes a registry keeps, and how many it saves by keeping what is the same once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# The whole sum is read in the order of the rows, what is there twice off an index alone: only of
# what is shared the sizes are looked up.
_STORED = """
SELECT coalesce((SELECT sum(f.size) FROM version_file f WHERE {of}), 0), coalesce((
    SELECT sum((d.many - 1) * (
        SELECT s.size FROM version_file s WHERE s.version_id = d.one AND s.digest = d.digest LIMIT 1
    )) FROM (
        SELECT f.digest AS digest, count(*) AS many, min(f.version_id) AS one
        FROM version_file f WHERE {of} GROUP BY f.digest HAVING many > 1) d), 0)
"""
_FREED = "f.version_id NOT IN (SELECT id FROM version WHERE freed = 1)"
_PLACED = "EXISTS (SELECT 1 FROM location l WHERE l.version_id = f.version_id AND l.path = f.path)"


def stored(connection: Connection) -> tuple[int, int, int]:
    """Return bytes kept, bytes saved by sharing, bytes in place; reads every file's row."""
    places = connection.execute("SELECT EXISTS (SELECT 1 FROM location)").fetchone()[0]
    apart = f"{_FREED} AND NOT {_PLACED}" if places else _FREED
    whole, shared = connection.execute(_STORED.format(of=apart)).fetchone()
    if not places:
        return whole - shared, shared, 0
    placed, twice = connection.execute(_STORED.format(of=f"{_FREED} AND {_PLACED}")).fetchone()
    return whole - shared, shared, placed - twice
