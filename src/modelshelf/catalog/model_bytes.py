"""Which models have how many bytes in the artifact store, and where adopted ones lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# What a model has several times counts once; what two models share counts for both.
_OF_MODELS = """
SELECT m.name, count(*), sum(o.size) FROM (
    SELECT v.model_id AS model_id, max(f.size) AS size
    FROM version_file f JOIN version v ON v.id = f.version_id
    WHERE v.freed = 0 AND NOT EXISTS (
        SELECT 1 FROM location l WHERE l.version_id = f.version_id AND l.path = f.path)
    GROUP BY v.model_id, f.digest
) o JOIN model m ON m.id = o.model_id
GROUP BY o.model_id ORDER BY 3 DESC, 1 LIMIT :limit
"""
_PLACES = """
SELECT DISTINCT l.place FROM location l JOIN version v ON v.id = l.version_id
WHERE v.freed = 0 ORDER BY l.version_id DESC LIMIT :limit
"""


def bytes_of_models(connection: Connection, limit: int) -> tuple[tuple[str, int, int], ...]:
    """Return name, number of files and bytes of models, the largest first."""
    return tuple(connection.execute(_OF_MODELS, {"limit": limit}).fetchall())


def adopted_places(connection: Connection, limit: int) -> tuple[str, ...]:
    """Return where adopted files lie, those of the newest versions first."""
    return tuple(row[0] for row in connection.execute(_PLACES, {"limit": limit}).fetchall())
