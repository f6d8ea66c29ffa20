"""Questions about the cards of a version: every text that the log says it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.cards import CardChange
from modelshelf.domain.plain import moment

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# A body may have been edited by another hand: what is no text there is no card.
_CHANGES = """
SELECT a.seq, a.at_us, a.actor, json_extract(a.body, '$.details.card')
FROM version v CROSS JOIN mention x ON x.model_id = v.model_id
CROSS JOIN audit a ON a.seq = x.seq
WHERE v.id = :version AND x.seq <= :last AND a.event IN ('version.registered', 'version.amended')
  AND CASE WHEN json_valid(a.body) THEN json_extract(a.body, '$.version_id') = :version
           AND json_type(a.body, '$.details.card') = 'text' END
ORDER BY x.seq DESC
"""
_ALL = (1 << 63) - 1


def card_changes(
    connection: Connection, version_id: int, up_to: int | None = None
) -> tuple[CardChange, ...]:
    """Return every text that the card of a version had, newest first.

    Args:
        connection: The live catalog.
        version_id: The version.
        up_to: Number of the last entry that counts; ``None`` for all.
    """
    last = _ALL if up_to is None else up_to
    rows = connection.execute(_CHANGES, {"version": version_id, "last": last}).fetchall()
    return tuple(CardChange(row[0], moment(row[1]), row[2], row[3]) for row in rows)
