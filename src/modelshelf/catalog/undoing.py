"""Questions behind taking a change back: the state an entry touched, and what came after it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.detail import NOT_A_ROW, unreadable
from modelshelf.catalog.model_reader import ModelReader
from modelshelf.catalog.reader import Reader
from modelshelf.domain.events import Event, read_event
from modelshelf.domain.models import RegisteredModel
from modelshelf.domain.plain import moment
from modelshelf.domain.undo_fields import State, link_key

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.undo_fields import Link

_NO_MODEL = RegisteredModel(
    0, "", (), "", "", {}, moment(0), "", retired=False, versions=0, latest=0, stages={},
    changed_at=moment(0),
)  # fmt: skip
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
       t.bases, t.features, t.metric_sources,
       (SELECT json_group_object(e.label, e.parent) FROM edge e WHERE e.child = v.id
          AND e.kind = 'derived_from' AND e.origin = 'told' AND e.parent > 0)
FROM version_text t JOIN version v ON v.id = t.version_id
WHERE t.version_id IN (SELECT value FROM json_each(:ids))
"""
# An end is the id of a version, or kind and key of a thing that is none.
_LINKED = """
SELECT 1 FROM edge WHERE origin = 'hand' AND kind = :kind
  AND child = coalesce(:child, (SELECT id FROM node WHERE kind = :child_kind AND key = :child_key))
  AND parent = coalesce(
    :parent, (SELECT id FROM node WHERE kind = :parent_kind AND key = :parent_key))
"""
_LATER_OF_NO_MODEL = """
SELECT seq, event, body FROM audit
WHERE seq > :after AND event IN (SELECT value FROM json_each(:names))
  AND json_extract(body, '$.model_id') IS NULL
ORDER BY seq
"""
_LATER = """
SELECT a.seq, a.event, a.body FROM mention x CROSS JOIN audit a ON a.seq = x.seq
WHERE x.model_id = :model AND x.seq > :after
  AND a.event IN (SELECT value FROM json_each(:names))
ORDER BY x.seq
"""


def read_state(
    connection: Connection,
    model_id: int | None,
    version_ids: Collection[int],
    links: Iterable[Link] = (),
) -> State:
    """Return a model and what is asked for beside it, as they are there.

    Args:
        connection: Where to ask.
        model_id: The model; ``None`` for what is about none.
        version_ids: Versions, of this model or others.
        links: Events of those edges by hand that are asked for.
    """
    about = {"model": model_id}
    aliases = {row[0]: (row[1], row[2]) for row in connection.execute(_ALIASES, about).fetchall()}
    wanted = {"ids": json.dumps(sorted(version_ids))}
    name = connection.execute(_NAME, about).fetchone()
    return State(
        model=_NO_MODEL if name is None else ModelReader(connection).get(name[0]),
        aliases=aliases,
        assignments=dict(connection.execute(_ASSIGNED, about).fetchall()),
        versions={v.id: v for v in Reader(connection, ()).versions(sorted(version_ids))},
        texts={row[0]: _read(row) for row in connection.execute(_TEXTS, wanted).fetchall()},
        links=frozenset(link_key(link) for link in links if _is_linked(connection, link)),
    )


def _is_linked(connection: Connection, link: Link) -> bool:
    values: dict[str, Any] = {"kind": link.kind}
    for name, end in (("child", link.child), ("parent", link.parent)):
        values[name] = end["id"] if end["kind"] == "version" else None
        values[f"{name}_kind"], values[f"{name}_key"] = end["kind"], end.get("key")
    return connection.execute(_LINKED, values).fetchone() is not None


def _read(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the columns above
    try:
        return _texts(row)
    except NOT_A_ROW as exc:
        raise unreadable(f"the version with the id {row[0]}") from exc


def _texts(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the columns above
    read = {"description": row[1], "card": row[2], "datasets": json.loads(row[3])}
    for name, text in zip(("run", "code", "environment"), row[4:7], strict=True):
        read[name] = None if text is None else json.loads(text)
    lists = {"bases": json.loads(row[9]), "features": json.loads(row[10])}
    ids = json.loads(row[12])
    more = {
        "metric_sources": json.loads(row[11]),
        "base_ids": {name: ids[name] for name in lists["bases"] if name in ids},
    }
    return {**read, **lists, **more, "base_id": row[7], "base": row[8] or ""}


def later_events(
    connection: Connection, model_id: int | None, after: int, names: Iterable[str]
) -> tuple[tuple[int, Event], ...]:
    """Return number and event of a model's entries after one, of these names, oldest first.

    Where the model is ``None``: of the entries that are about no model.
    """
    values: dict[str, Any] = {"after": after, "names": json.dumps(sorted(names))}
    of = {} if model_id is None else {"model": model_id}
    statement = _LATER_OF_NO_MODEL if model_id is None else _LATER
    rows = connection.execute(statement, {**values, **of}).fetchall()
    return tuple((seq, read_event(name, json.loads(body))) for seq, name, body in rows)
