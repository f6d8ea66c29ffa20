"""Which bytes the catalog needs, which it has given up, and which versions may give up theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# What gates that were measured have kept, each time they were: the log names it for good.
_OUTPUTS = """
FROM (SELECT DISTINCT v.model_id AS id FROM gate_result g JOIN version v ON v.id = g.version_id) w
CROSS JOIN mention x ON x.model_id = w.id CROSS JOIN audit a ON a.seq = x.seq
WHERE a.event = 'gate.ran' AND json_extract(a.body, '$.output') IS NOT NULL
"""
_ANSWERS = _OUTPUTS.replace("gate_result", "probe_result").replace("gate.ran", "version.probed")
_YANKED = """
SELECT v.id, m.name || ':v' || v.number, (
    SELECT max(a.at_us) FROM mention x JOIN audit a ON a.seq = x.seq
    WHERE x.model_id = v.model_id AND a.event = 'version.yanked'
      AND json_extract(a.body, '$.version_id') = v.id)
FROM version v JOIN model m ON m.id = v.model_id
WHERE v.yanked IS NOT NULL AND v.freed = 0
  AND NOT EXISTS (SELECT 1 FROM stage_holder h WHERE h.version_id = v.id)
  AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.version_id = v.id)
"""
_KEPT = f"""
SELECT f.digest FROM version_file f JOIN version v ON v.id = f.version_id
WHERE v.freed = 0 AND v.id NOT IN (SELECT value FROM json_each(:freeing))
UNION
SELECT digest FROM version WHERE freed = 0 AND id NOT IN (SELECT value FROM json_each(:freeing))
UNION
SELECT json_extract(a.body, '$.output') {_OUTPUTS}
UNION
SELECT output FROM reproduction WHERE output IS NOT NULL
UNION
SELECT json_extract(a.body, '$.output') {_ANSWERS}
UNION
SELECT json_extract(code, '$.patch') FROM version_text WHERE code LIKE '%"patch"%'
UNION
SELECT json_extract(code, '$.snapshot') FROM version_text WHERE code LIKE '%"snapshot"%'
"""
_GIVEN_UP = """
SELECT f.digest FROM version_file f JOIN version v ON v.id = f.version_id
WHERE v.freed = 1 OR v.id IN (SELECT value FROM json_each(:freeing))
UNION
SELECT digest FROM version WHERE freed = 1 OR id IN (SELECT value FROM json_each(:freeing))
"""
_BLOBS = f"""
SELECT f.digest, f.size, min(m.name || ':v' || v.number)
FROM version_file f JOIN version v ON v.id = f.version_id JOIN model m ON m.id = v.model_id
WHERE v.freed = 0 GROUP BY f.digest
UNION ALL
SELECT v.digest, NULL, min(m.name || ':v' || v.number)
FROM version v JOIN model m ON m.id = v.model_id
WHERE v.freed = 0 AND v.kind = 'folder' GROUP BY v.digest
UNION ALL
SELECT json_extract(a.body, '$.output'), NULL,
       min(json_extract(a.body, '$.model') || ':v' || json_extract(a.body, '$.number')
           || ' (gate ' || json_extract(a.body, '$.gate') || ')')
{_OUTPUTS} GROUP BY 1
UNION ALL
SELECT json_extract(a.body, '$.output'), NULL,
       min(json_extract(a.body, '$.model') || ':v' || json_extract(a.body, '$.number')
           || ' (probe ' || json_extract(a.body, '$.probe') || ')')
{_ANSWERS} GROUP BY 1
UNION ALL
SELECT r.output, NULL, min(m.name || ':v' || v.number || ' (reproduction)')
FROM reproduction r JOIN version v ON v.id = r.version_id JOIN model m ON m.id = v.model_id
WHERE r.output IS NOT NULL GROUP BY r.output
UNION ALL
SELECT json_extract(t.told, w.path), NULL, min(m.name || ':v' || v.number || ' (code)')
FROM (SELECT '$.patch' AS path UNION ALL SELECT '$.snapshot') w
CROSS JOIN (
  -- What another hand edited is no reason to say nothing of the rest.
  SELECT version_id, iif(json_valid(code), code, '{{}}') AS told FROM version_text
  WHERE code LIKE '%"patch"%' OR code LIKE '%"snapshot"%'
) t JOIN version v ON v.id = t.version_id JOIN model m ON m.id = v.model_id
WHERE json_type(t.told, w.path) = 'text' GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Yanked:
    """A yanked version that nothing holds: its id, its reference, and when it was yanked."""

    version_id: int
    reference: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Needed:
    """A blob that must be there: its digest, its size where it is known, and what needs it."""

    digest: str
    size: int | None
    reference: str


def yanked(connection: Connection) -> tuple[Yanked, ...]:
    """Return the yanked versions that hold no stage and no alias and still have their bytes."""
    rows = connection.execute(_YANKED).fetchall()
    return tuple(Yanked(*row) for row in rows if row[2] is not None)


def kept(connection: Connection, freeing: Sequence[int] = ()) -> frozenset[str]:
    """Return the digests that versions need, when those in ``freeing`` no longer do.

    The evidence of gates is among them, also of versions whose bytes are given up.
    """
    found = connection.execute(_KEPT, {"freeing": json.dumps(freeing)})
    return frozenset(r[0] for r in found if isinstance(r[0], str))  # a row may have been edited


def given_up(connection: Connection, freeing: Sequence[int] = ()) -> frozenset[str]:
    """Return the digests that freed versions had, those in ``freeing`` among them."""
    return frozenset(r[0] for r in connection.execute(_GIVEN_UP, {"freeing": json.dumps(freeing)}))


def needed(connection: Connection) -> tuple[Needed, ...]:
    """Return every blob that must be in the artifact store."""
    return tuple(Needed(*row) for row in connection.execute(_BLOBS).fetchall())


def damage(connection: Connection) -> tuple[str, ...]:
    """Return what SQLite's quick check finds wrong with the file; empty when it is sound."""
    rows = connection.execute("PRAGMA quick_check(3)").fetchall()
    return tuple(str(row[0]) for row in rows if row[0] != "ok")
