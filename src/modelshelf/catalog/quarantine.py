"""Questions about what is kept in quarantine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.detail import read_inspection
from modelshelf.domain.plain import moment
from modelshelf.domain.quarantine import Keeping, Quarantined

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_ASK = (
    "SELECT q.id, q.state, q.path, q.place, q.kind, q.size, q.digest, q.model, q.rule, q.reason,"
    " q.owner, q.inspection, q.at_us, q.actor, q.closed_us, q.closed_by, q.closed_reason,"
    " m.name || ':v' || v.number"
    " FROM quarantine q LEFT JOIN version v ON v.id = q.version_id"
    " LEFT JOIN model m ON m.id = v.model_id"
)


def newest(connection: Connection) -> int:
    """Return the highest number so far; 0 when nothing was ever quarantined."""
    row = connection.execute("SELECT coalesce(max(id), 0) FROM quarantine").fetchone()
    number: int = row[0]
    return number


def held(connection: Connection) -> int:
    """Return how many are held."""
    row = connection.execute("SELECT count(*) FROM quarantine WHERE state = 'held'").fetchone()
    count: int = row[0]
    return count


def one(connection: Connection, number: int) -> Quarantined | None:
    """Return the one with this number."""
    row = connection.execute(f"{_ASK} WHERE q.id = :id", {"id": number}).fetchone()
    return None if row is None else _quarantined(row)


def listed(connection: Connection, state: Keeping | None, limit: int) -> tuple[Quarantined, ...]:
    """Return those of one state, or all, newest first."""
    rows = connection.execute(
        f"{_ASK} WHERE :state IS NULL OR q.state = :state ORDER BY q.id DESC LIMIT :limit",
        {"state": state, "limit": limit},
    ).fetchall()
    return tuple(map(_quarantined, rows))


def held_from(connection: Connection, path: str) -> tuple[Quarantined, ...]:
    """Return those that are held and lay at ``path``, newest first."""
    rows = connection.execute(
        f"{_ASK} WHERE q.state = 'held' AND q.path = :path ORDER BY q.id DESC", {"path": path}
    ).fetchall()
    return tuple(map(_quarantined, rows))


def _quarantined(row: Sequence[Any]) -> Quarantined:
    number, state, path, place, kind, size, digest, model, rule, reason, owner = row[:11]
    seen, at_us, actor, closed_us, closed_by, closed_reason, version = row[11:]
    found = json.loads(seen)
    return Quarantined(
        number=number,
        state=state,
        path=path,
        place=place,
        kind=kind,
        size=size,
        digest=digest,
        model=model,
        rule=rule,
        reason=reason,
        owner=owner,
        inspection=read_inspection(found) if found else None,
        at=moment(at_us),
        actor=actor,
        closed_at=None if closed_us is None else moment(closed_us),
        closed_by=closed_by,
        closed_reason=closed_reason,
        version=version,
    )
