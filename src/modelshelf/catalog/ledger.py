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

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection

_COLUMNS = "path, state, seen, at_us, reason, reference"
_PUT = (
    f"INSERT INTO sighting ({_COLUMNS}, pointed, done)"
    " VALUES (:path, :state, :seen, :at_us, :reason, :reference, '', 0)"
    " ON CONFLICT (path) DO UPDATE SET state = excluded.state, seen = excluded.seen,"
    " at_us = excluded.at_us, reason = excluded.reason, reference = excluded.reference, done = 0"
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
        f"SELECT {_COLUMNS} FROM sighting WHERE path = :path",
        {"path": path},
    ).fetchone()
    return None if row is None else _remembered(row)


def unfinished(connection: Connection, below: str) -> tuple[str, ...]:
    """Return the paths below the folder ``below`` that are neither taken nor the same."""
    rows = connection.execute(
        "SELECT path FROM sighting WHERE state IN ('waiting', 'refused', 'ignored')"
        " AND (path = :folder OR substr(path, 1, length(:folder) + 1) = :folder || '/')",
        {"folder": below},
    ).fetchall()
    return tuple(row[0] for row in rows)


def listed(connection: Connection, state: State | None, limit: int) -> tuple[Sighting, ...]:
    """Return sightings, newest first; of one state when ``state`` is given."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM sighting WHERE :state IS NULL OR state = :state"
        " ORDER BY at_us DESC, path LIMIT :limit",
        {"state": state, "limit": limit},
    ).fetchall()
    return tuple(_remembered(row).sighting for row in rows)


def put(transaction: Transaction, lines: Iterable[Remembered]) -> None:
    """Write these lines, each in the place of the one about the same path."""
    for line in lines:
        known = line.sighting
        seen = {"failures": line.failures, "seen": None if line.seen is None else line.seen.text()}
        transaction.execute(
            _PUT,
            path=known.path,
            state=known.state,
            seen=json.dumps(seen, separators=(",", ":")),
            at_us=microseconds(known.at),
            reason=known.reason,
            reference=known.reference,
        )


def forget(transaction: Transaction, paths: Sequence[str]) -> None:
    """Remove the lines about ``paths``."""
    for path in paths:
        transaction.execute("DELETE FROM sighting WHERE path = :path", path=path)


def _remembered(row: Sequence[Any]) -> Remembered:
    path, state, seen, at_us, reason, reference = row
    try:
        kept = json.loads(seen)
        identity, failures = read_seen(kept["seen"]), int(kept["failures"])
    except (ValueError, TypeError, KeyError):  # written by another release: look at the file anew
        identity, failures = None, 0
    return Remembered(Sighting(path, state, reason, reference, moment(at_us)), identity, failures)
