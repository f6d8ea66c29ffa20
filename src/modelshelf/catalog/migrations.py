"""Numbered migrations of the catalog file; number N turns schema N-1 into schema N.

Migration 1 makes the file. Tables come from the SQLModel classes; what SQLAlchemy has no word for
(triggers, full text) is written here.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from sqlmodel import SQLModel

from modelshelf.catalog.schema import APPLICATION_ID, SCHEMA_VERSION

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


MIGRATIONS: tuple[Migration, ...] = (_create,)


def migrate(
    connection: Connection, present: int, migrations: tuple[Migration, ...] = MIGRATIONS
) -> int:
    """Bring a catalog of schema ``present`` up to date inside the caller's transaction.

    Returns:
        The schema number reached.
    """
    for number, migration in enumerate(migrations[present:], start=present + 1):
        migration(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {number}")
    return len(migrations)


if len(MIGRATIONS) != SCHEMA_VERSION:  # a release that forgot one must not start
    raise RuntimeError("the number of migrations is not the schema version")
