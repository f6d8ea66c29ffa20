"""Questions about the audit log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelshelf.domain.audit import FIRST_PREV, Entry, sentence
from modelshelf.domain.plain import moment

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_COLUMNS = "a.seq, a.at_us, a.actor, a.event, a.subject, a.body, a.prev, a.seal"


def head(connection: Connection, up_to: int | None = None) -> tuple[int, str]:
    """Return number and seal of the newest entry, or of the newest up to one.

    0 and zeros in an empty log.
    """
    row = connection.execute(
        "SELECT seq, seal FROM audit WHERE seq <= :last ORDER BY seq DESC LIMIT 1",
        {"last": 1 << 62 if up_to is None else up_to},
    ).fetchone()
    return (row[0], row[1]) if row else (0, FIRST_PREV)


def seal_of_entry(connection: Connection, seq: int) -> str | None:
    """Return the seal of entry ``seq``, or ``None`` when there is none."""
    row = connection.execute("SELECT seal FROM audit WHERE seq = :seq", {"seq": seq}).fetchone()
    return row[0] if row else None


def fact(connection: Connection, key: str) -> str | None:
    """Return a single value of the registry, such as the digest of the policy last recorded."""
    row = connection.execute("SELECT value FROM fact WHERE key = :key", {"key": key}).fetchone()
    return row[0] if row else None


def seq_at(connection: Connection, at_us: int) -> int:
    """Return the number of the last entry written at or before a moment; 0 when there was none.

    The log is ordered by number. Where a clock was set back, entries before that one count too,
    though their clock said a later time: what they changed is part of what it found.
    """
    row = connection.execute(
        "SELECT seq FROM audit WHERE at_us <= :at ORDER BY seq DESC LIMIT 1", {"at": at_us}
    ).fetchone()
    return row[0] if row else 0


def entries(
    connection: Connection,
    *,
    model_id: int | None = None,
    event: str | None = None,
    actor: str | None = None,
    since_us: int | None = None,
    until_us: int | None = None,
    below: int | None = None,
    limit: int = 50,
) -> tuple[Entry, ...]:
    """Return entries, newest first, that fit every filter given.

    ``event`` may end in ``*``; ``below`` is the number to stay under.
    """
    wheres, values = ["a.seq < :below"], {"below": below if below is not None else 1 << 62}
    filters: dict[str, Any] = {"actor": actor, "since": since_us, "until": until_us}
    source = "audit a"
    if model_id is not None:
        source = "mention x CROSS JOIN audit a ON a.seq = x.seq"
        wheres = ["x.model_id = :model", "x.seq < :below"]
        values["model"] = model_id
    if event is not None:
        wheres.append("a.event GLOB :event" if event.endswith("*") else "a.event = :event")
        filters["event"] = event
    wheres += [
        clause
        for key, clause in (
            ("actor", "a.actor = :actor"),
            ("since", "a.at_us >= :since"),
            ("until", "a.at_us <= :until"),
        )
        if filters[key] is not None
    ]
    order = "x.seq" if model_id is not None else "a.seq"
    statement = (
        f"SELECT {_COLUMNS} FROM {source} WHERE {' AND '.join(wheres)}"
        f" ORDER BY {order} DESC LIMIT :limit"
    )
    rows = connection.execute(statement, {**values, **filters, "limit": limit})
    return tuple(_entry(row) for row in rows)


def _entry(row: Any) -> Entry:  # noqa: ANN401 - a row of the columns above
    seq, at_us, actor, event, subject, text, prev, seal = row
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):  # edited by another hand; verify says so
        body = None
    words = sentence(event, body)
    shown = body if isinstance(body, dict) else {}
    return Entry(seq, moment(at_us), actor, event, subject, shown, prev, seal, words)
