"""Replay the log into fresh tables, inside the caller's transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from modelshelf.catalog.projection import Stamp, apply
from modelshelf.catalog.rows import Rows
from modelshelf.catalog.schema import PROJECTIONS
from modelshelf.domain.events import read_event

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection


def rebuild(connection: Connection) -> int:
    """Empty every projection and apply every entry again; return how many entries there are.

    Raises:
        Corrupt: An entry cannot be replayed.
    """
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for table in reversed(PROJECTIONS):
        connection.execute(f"DELETE FROM {table.__tablename__!s}")
    out = Rows(connection.execute, connection.executemany)
    count = 0
    log = "SELECT seq, at_us, actor, event, body FROM audit ORDER BY seq"
    for seq, at_us, actor, name, body in connection.execute(log):
        apply(read_event(name, json.loads(body)), Stamp(seq, at_us, actor), out)
        count += 1
    out.flush()
    return count
