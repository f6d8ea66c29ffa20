"""Questions about the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from modelshelf.domain.audit import FIRST_PREV, Entry, concerns, sentence
from modelshelf.domain.plain import moment

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_PAGE = 100
_FILTERS = {
    "actor": "a.actor = :actor",
    "since": "a.at_us >= :since",
    "until": "a.at_us <= :until",
    "event": "a.event = :event",
}
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


def links(connection: Connection, seq: int) -> str | None:
    """Return the seal that entry ``seq`` says it follows, or ``None`` when there is none."""
    row = connection.execute("SELECT prev FROM audit WHERE seq = :seq", {"seq": seq}).fetchone()
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


def seq_from(connection: Connection, at_us: int) -> int:
    """Return the number of the first entry written at or after a moment; 0 when there is none."""
    row = connection.execute(
        "SELECT seq FROM audit WHERE at_us >= :at ORDER BY seq LIMIT 1", {"at": at_us}
    ).fetchone()
    return row[0] if row else 0


def decided_after(
    connection: Connection, seq: int, up_to: int, *, every: int, decisive: tuple[str, ...]
) -> bool:
    """Whether a checkpoint was due between two entries; looks at less than ``every`` of them.

    Args:
        connection: A reader.
        seq: The entry of the newest checkpoint.
        up_to: The last entry that counts.
        every: So many entries make one due.
        decisive: How the names of events begin that make one due.
    """
    if seq // every < up_to // every:
        return True
    patterns = {f"p{n}": f"{begin}*" for n, begin in enumerate(decisive)}
    either = " OR ".join(f"event GLOB :{name}" for name in patterns)
    row = connection.execute(
        f"SELECT 1 FROM audit WHERE seq > :after AND seq <= :last AND ({either}) LIMIT 1",
        {"after": seq, "last": up_to, **patterns},
    ).fetchone()
    return row is not None


def sealed(connection: Connection, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """Yield entries from ``first`` to ``last`` as they were sealed, oldest first.

    They are read a page at a time, so that no transaction is held while they are written out: an
    entry never changes, so the pages fit together.
    """
    statement = (
        f"SELECT {_COLUMNS} FROM audit a WHERE a.seq >= :first AND a.seq <= :last"
        f" ORDER BY a.seq LIMIT {_PAGE}"
    )
    while first <= last:
        page = connection.execute(statement, {"first": first, "last": last}).fetchall()
        if not page:
            return
        yield from page
        first = page[-1][0] + 1


def entries(  # noqa: PLR0913 - one keyword for each filter
    connection: Connection,
    *,
    model_id: int | None = None,
    version: tuple[int, int] | None = None,
    event: str | None = None,
    actor: str | None = None,
    since_us: int | None = None,
    until_us: int | None = None,
    below: int | None = None,
    limit: int = 50,
) -> tuple[Entry, ...]:
    """Return entries, newest first, that fit every filter given.

    ``event`` may end in ``*``; ``below`` is the number to stay under; ``version`` is id and number
    of a version of the model ``model_id``, whose entries are looked at back to its registration.
    """
    filters = {"actor": actor, "since": since_us, "until": until_us, "event": event}
    asked: dict[str, Any] = {
        "below": below if below is not None else 1 << 62,
        "limit": limit if version is None else -1,
        "model": model_id,
        **filters,
    }
    given = [_FILTERS[name] for name, value in filters.items() if value is not None]
    if event is not None and event.endswith("*"):
        given[-1] = "a.event GLOB :event"
    source, key = ("mention x CROSS JOIN audit a ON a.seq = x.seq", "x.seq")
    if model_id is None:
        source, key = "audit a", "a.seq"
    else:
        given.append("x.model_id = :model")
    statement = (
        f"SELECT {_COLUMNS} FROM {source} WHERE {' AND '.join([f'{key} < :below', *given])}"
        f" ORDER BY {key} DESC LIMIT :limit"
    )
    with closing(connection.execute(statement, asked)) as rows:
        if version is None:
            return tuple(_entry(row) for row in rows)
        told = _told_by_number(connection, model_id, version[0])
        return tuple(islice(_concerning(rows, *version, told), limit))


def _told_by_number(
    connection: Connection, model_id: int | None, version_id: int
) -> frozenset[int]:
    """Return the requests that asked for a version and the assignments that named it."""
    found = connection.execute(
        "SELECT assignment_id FROM assignment_holder WHERE version_id = :version UNION ALL"
        " SELECT id FROM request WHERE model_id = :model AND version_id = :version",
        {"version": version_id, "model": model_id},
    )
    return frozenset(row[0] for row in found.fetchall())


def _concerning(
    rows: Iterable[Any], version_id: int, number: int, told: frozenset[int]
) -> Iterator[Entry]:
    """Yield the entries about a version, newest first, back to its registration."""
    for row in rows:
        entry = _entry(row)
        if concerns(entry.body, version_id, number, told):
            yield entry
        if entry.event == "version.registered" and entry.body.get("version_id") == version_id:
            return


def _entry(row: Any) -> Entry:  # noqa: ANN401 - a row of the columns above
    seq, at_us, actor, event, subject, text, prev, seal = row
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):  # edited by another hand; verify says so
        body = None
    words = sentence(event, body)
    shown = body if isinstance(body, dict) else {}
    return Entry(seq, moment(at_us), actor, event, subject, shown, prev, seal, words)
