"""Leases: which consumer uses which version; operational, so neither in the log nor in the past."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from modelshelf.domain.consumers import Consumer
from modelshelf.domain.plain import moment

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection

FRESH_US = 60_000_000
"""A lease is not written again within this time: a busy service must not hammer the catalog."""

# What a consumer got of a model last; several at once are a split, or two stages side by side.
_PRESENT = """l.seen_us >= (
    SELECT max(x.seen_us) FROM lease x JOIN version y ON y.id = x.version_id
    WHERE x.consumer = l.consumer AND y.model_id = v.model_id) - :fresh"""
_SELECT = f"""
SELECT l.consumer, m.name || ':v' || v.number, l.asked, l.since_us, l.seen_us, l.times, {_PRESENT}
FROM lease l JOIN version v ON v.id = l.version_id JOIN model m ON m.id = v.model_id
"""
_OF_VERSIONS = f"""{_SELECT}
WHERE l.version_id IN (SELECT value FROM json_each(:ids))
ORDER BY 7 DESC, l.seen_us DESC, l.consumer, l.version_id
"""
_LISTED = f"""{_SELECT}
WHERE (:model IS NULL OR v.model_id = :model) AND l.seen_us < :before
ORDER BY l.seen_us DESC, l.consumer, l.version_id LIMIT :limit
"""
_LISTED_OF_VERSIONS = f"""{_SELECT}
WHERE l.version_id IN (SELECT value FROM json_each(:ids)) AND l.seen_us < :before
ORDER BY l.seen_us DESC, l.consumer, l.version_id LIMIT :limit
"""
_FRESH = """
SELECT count(*) FROM lease WHERE consumer = :consumer
  AND version_id IN (SELECT value FROM json_each(:ids))
  AND seen_us BETWEEN :at - :fresh AND :at + :fresh
"""
_NOTE = """
INSERT INTO lease (consumer, version_id, asked, since_us, seen_us, times)
VALUES (:consumer, :version, :asked, :at, :at, 1)
ON CONFLICT (consumer, version_id)
DO UPDATE SET asked = excluded.asked, seen_us = excluded.seen_us, times = lease.times + 1
"""
# Nobody asked for it, nothing holds it, and nothing held it since: then it was in use.
_UNUSED = """
SELECT v.id, m.name, (SELECT max(l.seen_us) FROM lease l WHERE l.version_id = v.id)
FROM version v JOIN model m ON m.id = v.model_id
WHERE v.freed = 0 AND v.created_us < :before
  AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.version_id = v.id AND l.seen_us >= :before)
  AND NOT EXISTS (SELECT 1 FROM stage_holder h WHERE h.version_id = v.id)
  AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.version_id = v.id)
  AND NOT EXISTS (
    SELECT 1 FROM assignment_holder h JOIN assignment a ON a.id = h.assignment_id
    JOIN assignment n ON n.model_id = a.model_id AND n.stage = a.stage AND n.replaced = a.id
    WHERE h.version_id = v.id AND n.at_us >= :before)
ORDER BY v.id
"""
_ALWAYS = 1 << 62


def is_fresh(connection: Connection, consumer: str, version_ids: Sequence[int], at_us: int) -> bool:
    """Whether all these leases were written within a minute, so that nothing need be written."""
    values = {"consumer": consumer, "ids": json.dumps(list(version_ids)), "at": at_us}
    row = connection.execute(_FRESH, {**values, "fresh": FRESH_US}).fetchone()
    return bool(row[0] == len(version_ids))


def note(
    transaction: Transaction, consumer: str, asked: str, version_ids: Iterable[int], at_us: int
) -> None:
    """Write that ``consumer`` got these versions for the reference ``asked``."""
    for version_id in version_ids:
        transaction.execute(_NOTE, consumer=consumer, version=version_id, asked=asked, at=at_us)


def forget(transaction: Transaction, consumer: str) -> int:
    """Remove every lease of ``consumer``; return how many there were."""
    of = {"consumer": consumer}
    row = transaction.raw.execute("SELECT count(*) FROM lease WHERE consumer = :consumer", of)
    count: int = row.fetchone()[0]
    transaction.execute("DELETE FROM lease WHERE consumer = :consumer", consumer=consumer)
    return count


def consumers_of(connection: Connection, version_ids: Iterable[int]) -> tuple[Consumer, ...]:
    """Return who uses these versions: those who still do first, then who asked last.

    Args:
        connection: The live catalog; the past has no leases.
        version_ids: Ids of versions.
    """
    ids = json.dumps(list(version_ids))
    rows = connection.execute(_OF_VERSIONS, {"ids": ids, "fresh": FRESH_US})
    return tuple(_consumer(row) for row in rows.fetchall())


def listed(
    connection: Connection,
    *,
    model_id: int | None = None,
    version_ids: Sequence[int] | None = None,
    before_us: int | None = None,
    limit: int,
) -> tuple[Consumer, ...]:
    """Return leases, last seen first.

    Args:
        connection: The live catalog.
        model_id: Only of versions of this model.
        version_ids: Only of these versions.
        before_us: Only those not seen since this moment.
        limit: At most so many.
    """
    values = {"before": _ALWAYS if before_us is None else before_us, "limit": limit}
    values["fresh"] = FRESH_US
    if version_ids is not None:
        ids = json.dumps(list(version_ids))
        rows = connection.execute(_LISTED_OF_VERSIONS, {**values, "ids": ids})
    else:
        rows = connection.execute(_LISTED, {**values, "model": model_id})
    return tuple(_consumer(row) for row in rows.fetchall())


def unused(
    connection: Connection, before_us: int, *, fits: Callable[[str], bool], limit: int
) -> tuple[tuple[int, int | None], ...]:
    """Return id and last use of the versions that nothing used since a moment, oldest first.

    Those are versions with their bytes that were made before it, that no consumer asked for since,
    that have no alias, and that hold no stage and held none since.

    Args:
        connection: The live catalog.
        before_us: The moment.
        fits: Whether a model of that name is meant.
        limit: At most so many.
    """
    with closing(connection.execute(_UNUSED, {"before": before_us})) as rows:
        chosen = ((row[0], row[2]) for row in rows if fits(row[1]))
        return tuple(islice(chosen, limit))


def _consumer(row: Any) -> Consumer:  # noqa: ANN401 - a row of the driver
    name, reference, asked, since_us, seen_us, times, present = row
    return Consumer(name, reference, asked, moment(since_us), moment(seen_us), times, bool(present))
