"""Everything about many versions that a gate may ask, in a few statements for all of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.catalog.detail import detail_of
from modelshelf.domain.content import FileEntry

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.models import ModelVersion, VersionDetail

# No gate asks single tensors, and they are most of what looking finds.
_TEXTS = """
SELECT t.description, t.card, t.source, json_remove(t.inspection, '$.weights.tensors'), t.run,
       t.code, t.environment, t.datasets, m.name || ':v' || b.number, t.arrival, t.origins,
       v.released, t.bases, t.features, t.metric_sources, v.id
FROM json_each(:ids) AS w CROSS JOIN version AS v ON v.id = w.value
CROSS JOIN version_text AS t ON t.version_id = v.id
LEFT JOIN version AS b ON b.id = v.base_id LEFT JOIN model AS m ON m.id = b.model_id
"""
_FILES = """
SELECT f.version_id, f.path, f.size, f.digest
FROM json_each(:ids) AS w CROSS JOIN version_file AS f ON f.version_id = w.value
ORDER BY f.version_id, f.path
"""
_ANCESTORS = """
SELECT DISTINCT e.child, e.parent
FROM json_each(:ids) AS w CROSS JOIN edge AS e
  ON e.child = w.value AND e.kind = 'derived_from' AND e.parent > 0
ORDER BY w.key, e.parent
"""
_STANDING = """
SELECT w.key, v.number, v.id
FROM json_each(:models) AS w CROSS JOIN version AS v ON v.model_id = w.value
WHERE (w.key, v.number) > (:place, :number)
  AND v.archived = 0 AND v.yanked IS NULL AND v.freed = 0
ORDER BY w.key, v.number LIMIT :limit
"""


def read_details(
    connection: Connection, versions: Collection[ModelVersion]
) -> dict[int, VersionDetail]:
    """Return what gates may ask about ``versions``, by id.

    Left out is what none of them asks: single tensors, what was derived, and where adopted bytes
    lie.
    """
    wanted = {"ids": json.dumps([version.id for version in versions])}
    files: dict[int, list[FileEntry]] = defaultdict(list)
    for version_id, path, size, digest in connection.execute(_FILES, wanted):
        files[version_id].append(FileEntry(path, size, digest))
    by_id = {version.id: version for version in versions}
    return {
        row[15]: detail_of(by_id[row[15]], row, files=tuple(files[row[15]]))
        for row in connection.execute(_TEXTS, wanted)
    }


def derived_from(connection: Connection, ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the ids of the versions that each of these was derived from, one step up."""
    found: dict[int, tuple[int, ...]] = {}
    for version_id, target in connection.execute(_ANCESTORS, {"ids": json.dumps(list(ids))}):
        found[version_id] = (*found.get(version_id, ()), target)
    return found


def standing(connection: Connection, models: Sequence[int], *, most: int) -> Iterator[list[int]]:
    """Yield ids of the versions of these models that may be used, at most ``most`` at a time.

    In the order of ``models``, then by number; archived, yanked and freed ones are left out.
    """
    place, number = -1, 0
    while True:
        values = {"models": json.dumps(models), "place": place, "number": number, "limit": most}
        rows = connection.execute(_STANDING, values).fetchall()
        if rows:
            yield [row[2] for row in rows]
        if len(rows) < most:
            return
        place, number, _ = rows[-1]


def count_standing(connection: Connection, models: Collection[int]) -> int:
    """Return how many versions :func:`standing` yields."""
    row = connection.execute(
        "SELECT count(*) FROM json_each(:models) AS w CROSS JOIN version AS v"
        " ON v.model_id = w.value WHERE v.archived = 0 AND v.yanked IS NULL AND v.freed = 0",
        {"models": json.dumps(list(models))},
    ).fetchone()
    return int(row[0])
