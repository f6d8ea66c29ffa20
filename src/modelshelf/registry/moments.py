"""From a moment to the last entry of the log that counts at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader
from modelshelf.domain.errors import NotFound
from modelshelf.domain.plain import microseconds, moment_text
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection


def entry_at(connection: Connection, moment: datetime | int) -> int:
    """Return the number of the last entry at or before ``moment``.

    Args:
        connection: The live catalog.
        moment: A point in time, UTC where it has no zone; or the number of an entry.

    Raises:
        NotFound: The registry did not exist then, or has no such entry.
    """
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seq = audit_reader.seq_at(connection, microseconds(aware))
        if not seq:
            raise NotFound(f"the registry did not exist at {moment_text(aware)}")
        return seq
    newest = audit_reader.head(connection)[0]
    if not 1 <= moment <= newest:
        raise NotFound(f"there is no entry {safe(moment, 40)}", why=f"the newest is {newest}")
    return moment
