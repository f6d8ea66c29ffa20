"""Numbered migrations of the catalog file; number N turns schema N-1 into schema N.

Migration 1 makes a new file as it is today, so a new file skips the others. Tables come from the
SQLModel classes; what SQLAlchemy has no word for (triggers, full text) is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel

from modelshelf.catalog.schema import APPLICATION_ID, PROJECTIONS, SCHEMA_VERSION

Migration = Callable[[Connection], None]

TRIGGERS = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
       WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
         OR NEW.prev IS NOT coalesce((SELECT seal FROM audit ORDER BY seq DESC LIMIT 1),
                                     printf('%064d', 0))
       BEGIN SELECT RAISE(ABORT, 'an audit entry follows the one before it'); END""",
)
FULL_TEXT = {
    "model_text": "CREATE VIRTUAL TABLE model_text USING fts5(name, tokenize = 'trigram')",
    "tag_text": "CREATE VIRTUAL TABLE tag_text USING fts5(value, tokenize = 'trigram')",
}


def _create(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection, checkfirst=False)
    for statement in (*FULL_TEXT.values(), *TRIGGERS):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


_LEDGER = "path, state, seen, at_us, reason, reference"


def _arrivals(connection: Connection) -> None:
    """Schema 2: tensors, places, quarantine and scans; the ledger knows more of each path."""
    connection.exec_driver_sql("CREATE TEMP TABLE ledger AS SELECT * FROM sighting")
    connection.exec_driver_sql("DROP TABLE sighting")
    _write_anew(connection)
    connection.exec_driver_sql(
        f"INSERT INTO sighting ({_LEDGER}, pointed, done) SELECT {_LEDGER}, '', 0 FROM ledger"
    )
    connection.exec_driver_sql("DROP TABLE temp.ledger")


def _decisions(connection: Connection) -> None:
    """Schema 3: requests, approvals, measured gates, deliveries to hooks, consumers."""
    _write_anew_without(connection, "request")


def _lineage(connection: Connection) -> None:
    """Schema 4: edges between things of any kind, feature views, reproductions, probes."""
    _write_anew_without(connection, "node")


def _write_anew_without(connection: Connection, table: str) -> None:
    """Write the projections anew, unless an earlier migration has made the tables of today."""
    present = connection.exec_driver_sql(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'")
    if present.first() is None:
        _write_anew(connection)


def _write_anew(connection: Connection) -> None:
    """Make the projections as they are today and fill them from the log; the rest stays."""
    from modelshelf.catalog.rebuild import rebuild

    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {name for (name,) in found.fetchall()}
    projected = {table.__tablename__ for table in PROJECTIONS}
    for table in reversed(SQLModel.metadata.sorted_tables):
        if table.name in names and table.name in projected:
            connection.exec_driver_sql(f"DROP TABLE {table.name}")
    SQLModel.metadata.create_all(connection, checkfirst=True)
    raw: Any = connection.connection.driver_connection
    rebuild(raw)


MIGRATIONS: tuple[Migration, ...] = (_create, _arrivals, _decisions, _lineage)


def migrate(
    connection: Connection, present: int, migrations: tuple[Migration, ...] = MIGRATIONS
) -> int:
    """Bring a catalog of schema ``present`` up to date inside the caller's transaction.

    Returns:
        The schema number reached.
    """
    wanted = migrations[present:] if present else migrations[:1]
    for migration in wanted:
        migration(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {len(migrations)}")
    return len(migrations)


if len(MIGRATIONS) != SCHEMA_VERSION:  # a release that forgot one must not start
    raise RuntimeError("the number of migrations is not the schema version")
