"""Questions behind taking a change back: the state an entry touched, and what came after it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.model_reader import ModelReader
from modelshelf.catalog.reader import Reader
from modelshelf.domain.events import Event, read_event
from modelshelf.domain.undo_fields import State

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_NAME = "SELECT name FROM model WHERE id = :model"
_ALIASES = """
SELECT a.alias, v.id, v.number FROM alias a JOIN version v ON v.id = a.version_id
WHERE a.model_id = :model
"""
_ASSIGNED = "SELECT stage, max(id) FROM assignment WHERE model_id = :model GROUP BY stage"
_TEXTS = """
SELECT t.version_id, t.description, t.card, t.datasets, t.run, t.code, t.environment, v.base_id,
       (SELECT e.label FROM edge e WHERE e.child = v.id AND e.kind = 'derived_from'
          AND e.parent = v.base_id AND e.origin = 'told'),
       t.bases, t.features, t.metric_sources
FROM version_text t JOIN version v ON v.id = t.version_id
WHERE t.version_id IN (SELECT value FROM json_each(:ids))
"""
_LATER = """
SELECT a.seq, a.event, a.body FROM mention x CROSS JOIN audit a ON a.seq = x.seq
WHERE x.model_id = :model AND x.seq > :after
  AND a.event IN (SELECT value FROM json_each(:names))
ORDER BY x.seq
"""


def read_state(connection: Connection, model_id: int, version_ids: Collection[int]) -> State:
    """Return a model and those of its versions that are asked for, as they are there."""
    models = ModelReader(connection)
    about = {"model": model_id}
    aliases = {row[0]: (row[1], row[2]) for row in connection.execute(_ALIASES, about).fetchall()}
    wanted = {"ids": json.dumps(sorted(version_ids))}
    return State(
        model=models.get(connection.execute(_NAME, about).fetchone()[0]),
        aliases=aliases,
        assignments=dict(connection.execute(_ASSIGNED, about).fetchall()),
        versions={v.id: v for v in Reader(connection, ()).versions(sorted(version_ids))},
        texts={row[0]: _texts(row) for row in connection.execute(_TEXTS, wanted).fetchall()},
    )


def _texts(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the columns above
    read = {"description": row[1], "card": row[2], "datasets": json.loads(row[3])}
    for name, text in zip(("run", "code", "environment"), row[4:7], strict=True):
        read[name] = None if text is None else json.loads(text)
    lists = {"bases": json.loads(row[9]), "features": json.loads(row[10])}
    sources = {"metric_sources": json.loads(row[11])}
    return {**read, **lists, **sources, "base_id": row[7], "base": row[8] or ""}


def later_events(
    connection: Connection, model_id: int, after: int, names: Iterable[str]
) -> tuple[tuple[int, Event], ...]:
    """Return number and event of a model's entries after one, of these names, oldest first."""
    values = {"model": model_id, "after": after, "names": json.dumps(sorted(names))}
    rows = connection.execute(_LATER, values).fetchall()
    return tuple((seq, read_event(name, json.loads(body))) for seq, name, body in rows)
