"""The outbox: which entries are to be told to which hooks, and what came of it.

The audit log itself is what is told, so nothing has to be written beside an event for it not to be
lost. A mark says how far the log was looked through for a hook; the deliveries that were found on
the way are written together with the mark. Operational: never replayed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import audit_reader
from modelshelf.domain.audit import Entry
from modelshelf.domain.deliveries import LONGEST, Delivery, DeliveryState, when_due
from modelshelf.domain.plain import microseconds, moment

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection

KEPT = 10_000
"""How many deliveries that are done with are kept of each hook."""
GONE = "the hook is not in the policy any more"
_COLUMNS = (
    "d.id, d.hook, d.seq, d.event, coalesce(a.subject, ''), d.state, d.attempts, d.due_us,"
    " d.done_us, d.said, d.lane"
)
_FROM = "FROM delivery d LEFT JOIN audit a ON a.seq = d.seq"
# The first of every lane that waits: only it may be tried.
_HEADS = (
    "FROM (SELECT lane, min(seq) AS seq FROM delivery WHERE state = 'pending' AND hook = :hook"
    " GROUP BY lane) f CROSS JOIN delivery d ON d.hook = :hook AND d.lane = f.lane"
    " AND d.seq = f.seq AND d.state = 'pending'"
)
# As `when_due` has it: a clock that was ahead must not put anything off for years.
_DUE = "CASE WHEN d.attempts > 0 AND d.due_us <= :far THEN d.due_us ELSE min(d.due_us, :now) END"
_OF_OTHERS = "state = 'pending' AND hook NOT IN (SELECT value FROM json_each(:keys))"
_POLICY = (
    "seq, CASE WHEN json_valid(body) THEN coalesce(json_extract(body, '$.text'), '') ELSE '' END"
    " FROM audit WHERE event = 'policy.recorded'"
)
# A body that another hand has broken is of no model.
_FOUND = """
WITH e AS (
  SELECT seq, event, CASE WHEN json_valid(body) THEN body ELSE '{}' END AS body FROM audit
  WHERE seq > :after AND seq <= :last ORDER BY seq LIMIT :limit
)
SELECT e.seq, e.event, json_extract(e.body, '$.model_id'), m.name,
  json_extract(e.body, '$.model'), json_extract(e.body, '$.renamed_to')
FROM e LEFT JOIN model m ON m.id = json_extract(e.body, '$.model_id') ORDER BY e.seq
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a hook may have to be told of.

    Attributes:
        seq: Its number.
        event: Its event.
        lane: The model's id, which is kept in order; 0 for no model.
        models: The names of the model, present and then; none for no model.
    """

    seq: int
    event: str
    lane: int
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose turn it is, with its lane."""

    delivery: Delivery
    lane: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many deliveries of one hook have a state, and when the newest was done."""

    hook: str
    state: DeliveryState
    count: int
    last: datetime | None


def marks(connection: Connection) -> dict[str, int]:
    """Return how far the log was looked through, by hook."""
    return dict(connection.execute("SELECT hook, seq FROM hook_mark").fetchall())


def set_mark(transaction: Transaction, hook: str, seq: int) -> None:
    """Say that the log was looked through for ``hook`` up to ``seq``."""
    transaction.execute(
        "INSERT INTO hook_mark (hook, seq) VALUES (:hook, :seq)"
        " ON CONFLICT (hook) DO UPDATE SET seq = excluded.seq",
        hook=hook,
        seq=seq,
    )


def leave(transaction: Transaction, hooks: Iterable[str], at: datetime) -> None:
    """Give up what waits for hooks that are none of ``hooks``."""
    transaction.execute(
        f"UPDATE delivery SET state = 'skipped', done_us = :at, said = :said WHERE {_OF_OTHERS}",
        at=microseconds(at),
        said=GONE,
        keys=json.dumps(list(hooks)),
    )


def waits_for_others(connection: Connection, hooks: Iterable[str]) -> bool:
    """Whether anything waits for a hook that is none of ``hooks``."""
    row = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM delivery WHERE {_OF_OTHERS})",
        {"keys": json.dumps(list(hooks))},
    ).fetchone()
    return bool(row[0])


def policies(connection: Connection, after: int = 0) -> tuple[tuple[int, str], ...]:
    """Return number and text of the policies recorded after an entry, oldest first."""
    rows = connection.execute(
        f"SELECT {_POLICY} AND seq > :after ORDER BY seq", {"after": after}
    ).fetchall()
    return tuple(rows)


def policy_at(connection: Connection, seq: int) -> str:
    """Return the text of the policy that was in force after an entry; empty before the first."""
    row = connection.execute(
        f"SELECT {_POLICY} AND seq <= :seq ORDER BY seq DESC LIMIT 1", {"seq": seq}
    ).fetchone()
    return row[1] if row else ""


def candidates(connection: Connection, after: int, last: int, limit: int) -> tuple[Candidate, ...]:
    """Return entries after one up to another, oldest first."""
    rows = connection.execute(_FOUND, {"after": after, "last": last, "limit": limit}).fetchall()
    return tuple(_candidate(row) for row in rows)


def add(
    transaction: Transaction, hook: str, found: Sequence[Candidate], at: datetime, said: str = ""
) -> None:
    """Write down that ``hook`` is to be told of these entries, and why if not as usual."""
    now = microseconds(at)
    rows = [
        {"hook": hook, "seq": c.seq, "lane": c.lane, "event": c.event, "now": now, "said": said}
        for c in found
    ]
    if rows:
        transaction.connection.exec_driver_sql(
            "INSERT INTO delivery"
            " (hook, seq, lane, event, state, attempts, due_us, made_us, done_us, said)"
            " VALUES (:hook, :seq, :lane, :event, 'pending', 0, :now, :now, NULL, :said)",
            rows,
        )


def heads(connection: Connection, hook: str, now: datetime) -> tuple[Due, ...]:
    """Return what may be told to ``hook`` now, oldest entry first: one of each lane."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} {_HEADS} LEFT JOIN audit a ON a.seq = d.seq"
        f" WHERE {_DUE} <= :now ORDER BY d.seq",
        {"hook": hook, **_moments(now)},
    ).fetchall()
    return tuple(_due(row) for row in rows)


def following(connection: Connection, told: Due, now: datetime) -> Due | None:
    """Return what comes after ``told`` in its lane, if it may be told now."""
    row = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE d.hook = :hook AND d.lane = :lane AND d.seq > :seq"
        " AND d.state = 'pending' ORDER BY d.seq LIMIT 1",
        {"hook": told.delivery.hook, "lane": told.lane, "seq": told.delivery.seq},
    ).fetchone()
    following = None if row is None else _due(row)
    if following is None:
        return None
    next_one = following.delivery
    return None if when_due(next_one.due, next_one.attempts, now) > now else following


def next_due(connection: Connection, hook: str, now: datetime) -> datetime | None:
    """Return when the next attempt for ``hook`` is due."""
    asked = {"hook": hook, **_moments(now)}
    row = connection.execute(f"SELECT min({_DUE}) {_HEADS}", asked).fetchone()
    return None if row[0] is None else moment(row[0])


def _moments(now: datetime) -> dict[str, int]:
    return {"now": microseconds(now), "far": microseconds(now) + LONGEST * 1_000_000}


def entry(connection: Connection, seq: int) -> Entry | None:
    """Return the entry that is told."""
    found = audit_reader.entries(connection, below=seq + 1, limit=1)
    return found[0] if found and found[0].seq == seq else None


def tried(
    transaction: Transaction, delivery: Delivery, state: DeliveryState, at: datetime, due: datetime
) -> None:
    """Write down what came of one attempt, which ``delivery`` says as it is now."""
    transaction.execute(
        "UPDATE delivery SET state = :state, attempts = :attempts, due_us = :due,"
        " done_us = :done, said = :said WHERE id = :id",
        state=state,
        attempts=delivery.attempts,
        due=microseconds(due),
        done=None if state == "pending" else microseconds(at),
        said=delivery.said,
        id=delivery.id,
    )


def again(transaction: Transaction, delivery_id: int, at: datetime, said: str) -> None:
    """Let a delivery be told again, at once and with all its attempts."""
    transaction.execute(
        "UPDATE delivery SET state = 'pending', attempts = 0, due_us = :now, done_us = NULL,"
        " said = :said WHERE id = :id",
        now=microseconds(at),
        said=said,
        id=delivery_id,
    )


def ids(connection: Connection, hook: str, after: int) -> dict[int, int]:
    """Return the deliveries of ``hook`` about entries after one: their ids by entry."""
    rows = connection.execute(
        "SELECT seq, id FROM delivery WHERE hook = :hook AND seq > :after",
        {"hook": hook, "after": after},
    )
    return dict(rows.fetchall())


def get(connection: Connection, delivery_id: int) -> Delivery | None:
    """Return one delivery."""
    row = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE d.id = :id", {"id": delivery_id}
    ).fetchone()
    return None if row is None else _due(row).delivery


def listed(
    connection: Connection, hook: str | None, state: DeliveryState | None, limit: int
) -> tuple[Delivery, ...]:
    """Return deliveries, newest entry first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE (:hook IS NULL OR d.hook = :hook)"
        " AND (:state IS NULL OR d.state = :state) ORDER BY d.seq DESC, d.id DESC LIMIT :limit",
        {"hook": hook, "state": state, "limit": limit},
    ).fetchall()
    return tuple(_due(row).delivery for row in rows)


def counts(connection: Connection) -> tuple[Count, ...]:
    """Return how many deliveries there are, by hook and state."""
    rows = connection.execute(
        "SELECT hook, state, count(*), max(done_us) FROM delivery GROUP BY hook, state"
    ).fetchall()
    return tuple(Count(h, s, n, None if at is None else moment(at)) for h, s, n, at in rows)


def overdue(connection: Connection, before: datetime) -> dict[str, int]:
    """Return how many deliveries should have been made before a moment and wait still, by hook."""
    rows = connection.execute(
        "SELECT hook, count(*) FROM delivery WHERE state = 'pending'"
        " AND CASE attempts WHEN 0 THEN due_us ELSE made_us END < :before GROUP BY hook",
        {"before": microseconds(before)},
    )
    return dict(rows.fetchall())


def waiting(connection: Connection) -> int:
    """Return how many deliveries wait."""
    row = connection.execute("SELECT count(*) FROM delivery WHERE state = 'pending'").fetchone()
    number: int = row[0]
    return number


def last_said(connection: Connection, hook: str) -> str:
    """Return what came of the newest attempt for ``hook``."""
    row = connection.execute(
        "SELECT said FROM delivery WHERE hook = :hook AND attempts > 0 ORDER BY seq DESC LIMIT 1",
        {"hook": hook},
    ).fetchone()
    return row[0] if row else ""


def prune(transaction: Transaction, hook: str, kept: int = KEPT) -> None:
    """Forget the oldest deliveries of ``hook`` that were delivered, beyond the newest ``kept``."""
    transaction.execute(
        "DELETE FROM delivery WHERE hook = :hook AND state = 'delivered' AND seq <="
        " (SELECT seq FROM delivery WHERE hook = :hook AND state = 'delivered'"
        " ORDER BY seq DESC LIMIT 1 OFFSET :kept)",
        hook=hook,
        kept=kept,
    )


def _candidate(row: Sequence[Any]) -> Candidate:
    seq, event, model_id, *names = row
    lane = model_id if isinstance(model_id, int) else 0
    return Candidate(seq, event, lane, tuple(n for n in names if isinstance(n, str) and n))


def _due(row: Sequence[Any]) -> Due:
    number, hook, seq, event, subject, state, attempts, due_us, done_us, said, lane = row
    done = None if done_us is None else moment(done_us)
    delivery = Delivery(
        number, hook, seq, event, subject, state, attempts, moment(due_us), done, said
    )
    return Due(delivery, lane)
