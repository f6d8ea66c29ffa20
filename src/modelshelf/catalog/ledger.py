"""The ledger of the drop folders: what the intake remembers of each path between two looks.

Operational, not history: it is written outside the audit log and never replayed. What became of a
file is in the audit log; the ledger only keeps a file from being taken twice or half.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelshelf.domain.intake import Seen, Sighting, State, read_seen
from modelshelf.domain.plain import microseconds, moment
from modelshelf.domain.quarantine import PREFIX

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection

_COLUMNS = "id, path, state, seen, at_us, reason, reference, pointed, done"
_HELD = (
    "(state = 'refused' AND reference IN"
    " (SELECT :prefix || q.id FROM quarantine q WHERE q.state = 'held'))"
)
# Where it was pointed to outlives every look until it is taken in.
_PUT = (
    "INSERT INTO sighting (path, state, seen, at_us, reason, reference, pointed, done)"
    " VALUES (:path, :state, :seen, :at_us, :reason, :reference, :pointed, :done)"
    " ON CONFLICT (path) DO UPDATE SET state = excluded.state, seen = excluded.seen,"
    " at_us = excluded.at_us, reason = excluded.reason, reference = excluded.reference,"
    " done = excluded.done, pointed = CASE WHEN excluded.state IN ('taken', 'same') THEN ''"
    " WHEN excluded.pointed = '' THEN pointed ELSE excluded.pointed END"
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One line of the ledger.

    Attributes:
        sighting: What is told to people.
        seen: The identity that its state refers to; ``None`` for what was never a candidate.
        failures: How often the machine failed to take exactly this in.
    """

    sighting: Sighting
    seen: Seen | None = None
    failures: int = 0


def find(connection: Connection, path: str) -> Remembered | None:
    """Return what is remembered of ``path``."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM sighting WHERE path = :path", {"path": path}
    ).fetchone()
    return None if row is None else _remembered(row)


def line(connection: Connection, number: int) -> Remembered | None:
    """Return the line with this number."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM sighting WHERE id = :id", {"id": number}
    ).fetchone()
    return None if row is None else _remembered(row)


def referring(connection: Connection, reference: str) -> tuple[Remembered, ...]:
    """Return the lines that refer to ``reference``, such as ``quarantine:7``."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM sighting WHERE state = 'refused' AND reference = :reference",
        {"reference": reference},
    ).fetchall()
    return tuple(map(_remembered, rows))


def unfinished(connection: Connection, below: str) -> tuple[str, ...]:
    """Return the paths below the folder ``below`` that nothing has become of yet."""
    rows = connection.execute(
        "SELECT path FROM sighting WHERE (state IN ('waiting', 'ignored')"
        " OR (state = 'refused' AND reference = ''))"
        " AND (path = :folder OR substr(path, 1, length(:folder) + 1) = :folder || '/')",
        {"folder": below},
    ).fetchall()
    return tuple(row[0] for row in rows)


def listed(
    connection: Connection,
    state: State | None,
    limit: int,
    *,
    quarantined: bool | None = None,
    text: str = "",
    after: Sighting | None = None,
) -> tuple[Sighting, ...]:
    """Return sightings, newest first.

    Args:
        connection: Where to ask.
        state: Only of this state; ``None`` for all.
        limit: At most so many.
        quarantined: Only those that are held in quarantine, or only the others.
        text: Only those with this in path, reason, reference or model; letter case does not count.
        after: Only those that come after this one.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM sighting WHERE (:state IS NULL OR state = :state)"
        f" AND (:quarantined IS NULL OR :quarantined = {_HELD})"
        " AND (:text = '' OR instr(lower(path), lower(:text)) OR instr(lower(reason), lower(:text))"
        " OR instr(lower(reference), lower(:text)) OR instr(lower(pointed), lower(:text)))"
        " AND (:at IS NULL OR at_us < :at OR (at_us = :at AND path > :path))"
        " ORDER BY at_us DESC, path LIMIT :limit",
        {
            "state": state,
            "limit": limit,
            "quarantined": None if quarantined is None else int(quarantined),
            "prefix": PREFIX,
            "text": text,
            "at": None if after is None else microseconds(after.at),
            "path": "" if after is None else after.path,
        },
    ).fetchall()
    return tuple(_remembered(row).sighting for row in rows)


def discarded(transaction: Transaction, reference: str, reason: str) -> None:
    """Say of what was quarantined as ``reference`` that it was discarded, and why."""
    transaction.execute(
        "UPDATE sighting SET reason = :reason WHERE reference = :reference AND state = 'refused'",
        reference=reference,
        reason=f"it was discarded: {reason}",
    )


def counts(connection: Connection, *, apart: bool = False) -> dict[str, int]:
    """Return how many lines there are of each state that any has.

    Args:
        connection: Where to ask.
        apart: Whether what is held in quarantine is not counted as refused.
    """
    rows = connection.execute(
        "SELECT state, count(*) FROM sighting"
        f" WHERE NOT (:apart AND {_HELD}) GROUP BY state ORDER BY state",
        {"apart": int(apart), "prefix": PREFIX},
    )
    return dict(rows.fetchall())


def put(transaction: Transaction, lines: Iterable[Remembered]) -> None:
    """Write these lines, each in the place of the one about the same path, whose number it keeps.

    A line that names no model keeps the one that its path was pointed to, until it is taken in.
    """
    for each in lines:
        known = each.sighting
        seen = {"failures": each.failures, "seen": None if each.seen is None else each.seen.text()}
        transaction.execute(
            _PUT,
            path=known.path,
            state=known.state,
            seen=json.dumps(seen, separators=(",", ":")),
            at_us=microseconds(known.at),
            reason=known.reason,
            reference=known.reference,
            pointed=known.model,
            done=known.done,
        )


def forget(transaction: Transaction, paths: Sequence[str]) -> None:
    """Remove the lines about ``paths``."""
    for path in paths:
        transaction.execute("DELETE FROM sighting WHERE path = :path", path=path)


def _remembered(row: Sequence[Any]) -> Remembered:
    number, path, state, seen, at_us, reason, reference, pointed, done = row
    try:
        kept = json.loads(seen)
        identity, failures = read_seen(kept["seen"]), int(kept["failures"])
    except (ValueError, TypeError, KeyError):  # written by another release: look at the file anew
        identity, failures = None, 0
    size = 0 if identity is None else identity.size
    sighting = Sighting(path, state, reason, reference, moment(at_us), number, pointed, done, size)
    return Remembered(sighting, identity, failures)
