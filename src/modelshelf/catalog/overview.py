"""Questions about a whole registry, answered without reading its versions one by one."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.overview import FolderStanding, HookTrouble, Resting
from modelshelf.domain.plain import moment
from modelshelf.domain.quarantine import PREFIX

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# The holders of one stage, the newest assignment first: an index holds them together.
_NEWEST = """
SELECT h.model_id, max(h.assignment_id) AS given FROM stage_holder h WHERE h.stage = :stage
GROUP BY h.model_id ORDER BY given DESC, h.model_id LIMIT :limit
"""
# An unbroken hold began with the first assignment after the last one that left the version out.
_HOLDERS = f"""
SELECT m.name, h.version_id, h.weight, a.at_us, coalesce(a.actor, ''), (
    SELECT min(s.at_us) FROM assignment s
    WHERE s.model_id = h.model_id AND s.stage = h.stage AND s.id = (
        SELECT min(b.id) FROM assignment b
        WHERE b.model_id = h.model_id AND b.stage = h.stage AND b.id > coalesce((
            SELECT o.id FROM assignment o
            WHERE o.model_id = h.model_id AND o.stage = h.stage AND NOT EXISTS (
                SELECT 1 FROM assignment_holder x
                WHERE x.assignment_id = o.id AND x.version_id = h.version_id)
            ORDER BY o.id DESC LIMIT 1), 0)))
FROM ({_NEWEST}) w
JOIN stage_holder h ON h.model_id = w.model_id AND h.stage = :stage
JOIN model m ON m.id = h.model_id LEFT JOIN assignment a ON a.id = h.assignment_id
ORDER BY w.given DESC, h.model_id, h.position
"""
_IDLE = (
    "FROM model m WHERE m.retired = 0 AND NOT EXISTS"
    " (SELECT 1 FROM stage_holder h WHERE h.model_id = m.id AND h.stage = :stage)"
)
_UNTOUCHED = "FROM model m WHERE m.retired = 0 AND m.changed_us < :before"
_RESTING = "SELECT m.name, m.latest, m.owner, m.changed_us"
# Below a folder is what begins with its path and a slash; "0" is the sign after the slash.
_BELOW = "s.path >= :folder || '/' AND s.path < :folder || '0'"
_HELD = "s.reference IN (SELECT :prefix || q.id FROM quarantine q WHERE q.state = 'held')"
_TROUBLED = """
SELECT d.hook, sum(d.state = 'pending'), sum(d.state = 'failed') FROM delivery d
WHERE d.hook IN (SELECT value FROM json_each(:keys)) AND (
    (d.state = 'pending' AND d.attempts > 0) OR (d.state = 'failed' AND d.seq > coalesce(
        (SELECT max(o.seq) FROM delivery o WHERE o.hook = d.hook AND o.state = 'delivered'), 0)))
GROUP BY d.hook
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A version that holds a stage: its model, share, and since when; by whom it was given."""

    model: str
    version_id: int
    weight: int
    at_us: int | None
    actor: str
    since_us: int | None


def holdings(connection: Connection, stage: str, limit: int) -> tuple[Holding, ...]:
    """Return all holders of a stage of the ``limit`` models that were given theirs last."""
    rows = connection.execute(_HOLDERS, {"stage": stage, "limit": limit}).fetchall()
    return tuple(Holding(*row) for row in rows)


def serving_total(connection: Connection, stage: str) -> int:
    """Return how many models have a holder of a stage."""
    return _number(
        connection,
        "SELECT count(DISTINCT model_id) FROM stage_holder WHERE stage = :stage",
        stage=stage,
    )


def idle(connection: Connection, stage: str, limit: int) -> tuple[tuple[Resting, ...], int]:
    """Return models in use without a holder of a stage, by name, and how many there are."""
    rows = connection.execute(
        f"{_RESTING} {_IDLE} ORDER BY m.name LIMIT :limit", {"stage": stage, "limit": limit}
    ).fetchall()
    return _resting(rows), _number(connection, f"SELECT count(*) {_IDLE}", stage=stage)


def untouched(
    connection: Connection, before_us: int, limit: int
) -> tuple[tuple[Resting, ...], int]:
    """Return models in use unchanged since a moment, the longest first, and how many there are."""
    rows = connection.execute(
        f"{_RESTING} {_UNTOUCHED} ORDER BY m.changed_us, m.name LIMIT :limit",
        {"before": before_us, "limit": limit},
    ).fetchall()
    return _resting(rows), _number(connection, f"SELECT count(*) {_UNTOUCHED}", before=before_us)


def models_total(connection: Connection) -> int:
    """Return how many models are in use."""
    return _number(connection, "SELECT count(*) FROM model WHERE retired = 0")


def registered_before(connection: Connection, moments_us: Sequence[int]) -> tuple[int, ...]:
    """Return how many versions there were before each of some moments.

    Ids are given in turn, one for each version, so a moment is found by halving; where a clock was
    set back, the order of registering counts.
    """
    last = _number(connection, "SELECT coalesce(max(id), 0) FROM version")

    def created(ident: int) -> int:
        return _number(
            connection,
            "SELECT created_us FROM version WHERE id >= :id ORDER BY id LIMIT 1",
            id=ident,
        )

    return tuple(bisect_left(range(1, last + 1), at_us, key=created) for at_us in moments_us)


def versions_total(connection: Connection) -> int:
    """Return how many versions there are."""
    return _number(connection, "SELECT coalesce(max(id), 0) FROM version")


def open_requests(connection: Connection, now_us: int) -> int:
    """Return how many requests are open at a moment."""
    return _number(
        connection,
        "SELECT count(*) FROM request WHERE state = 'open'"
        " AND (expires_us IS NULL OR expires_us > :now)",
        now=now_us,
    )


def folder(connection: Connection, path: str, called: str, keep: str) -> FolderStanding:
    """Return how many lines of a drop folder want attention.

    Args:
        connection: Where to ask.
        path: As the policy has it.
        called: As the catalog has it.
        keep: What becomes of what is dropped.
    """
    row = connection.execute(
        f"SELECT sum(s.state = 'waiting'), sum(s.state = 'refused' AND NOT {_HELD}),"
        f" sum(s.state = 'refused' AND {_HELD}) FROM sighting s"
        f" WHERE s.state IN ('waiting', 'refused') AND {_BELOW}",
        {"folder": called, "prefix": PREFIX},
    ).fetchone()
    return FolderStanding(path, keep, *(count or 0 for count in row))


def troubled(connection: Connection, hooks: Sequence[str]) -> tuple[HookTrouble, ...]:
    """Return those of some hooks that fail: what is tried again, or was given up of late."""
    rows = connection.execute(_TROUBLED, {"keys": json.dumps(list(hooks))}).fetchall()
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    found.update({hook: (retrying, failed) for hook, retrying, failed in rows})
    return tuple(
        HookTrouble(hook, *found[hook], _last_said(connection, hook))
        for hook in hooks
        if hook in found
    )


def _last_said(connection: Connection, hook: str) -> str:
    row = connection.execute(
        "SELECT said FROM delivery WHERE hook = :hook AND attempts > 0"
        " AND state IN ('pending', 'failed') ORDER BY seq DESC LIMIT 1",
        {"hook": hook},
    ).fetchone()
    return row[0] if row else ""


def _number(connection: Connection, statement: str, **values: object) -> int:
    found: int = connection.execute(statement, values).fetchone()[0]
    return found


def _resting(rows: Sequence[tuple[str, int, str, int]]) -> tuple[Resting, ...]:
    return tuple(
        Resting(name, latest, owner, moment(changed_us)) for name, latest, owner, changed_us in rows
    )
