"""Replay the log into fresh tables, inside the caller's transaction."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from modelshelf.catalog.migrations import FULL_TEXT, TRIGGERS
from modelshelf.catalog.past import replay
from modelshelf.catalog.rows import Rows
from modelshelf.catalog.schema import PROJECTIONS

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_LOG = "SELECT seq, at_us, actor, event, body FROM audit ORDER BY seq"


def rebuild(connection: Connection) -> int:
    """Empty every projection and apply every entry again; return how many entries there are.

    The triggers are made anew and the full text is written again too: whoever edited the tables may
    have taken them away.

    Raises:
        Corrupt: An entry cannot be replayed.
    """
    connection.execute("PRAGMA defer_foreign_keys = ON")
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute('DROP TRIGGER "{}"'.format(name.replace('"', '""')))
    for table in reversed(PROJECTIONS):
        connection.execute(f"DELETE FROM {table.__tablename__!s}")
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, statement in FULL_TEXT.items():
        connection.execute(f"DELETE FROM {name}" if (name,) in tables else statement)
    for statement in TRIGGERS:
        connection.execute(statement)
    # Closed at once, also after a failure: a cursor that is collected later resets the statement,
    # which the driver may have handed to the next reader of the log by then.
    with closing(connection.execute(_LOG)) as log:
        return replay(log, Rows(connection.execute, connection.executemany))
