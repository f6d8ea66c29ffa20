"""Making a catalog file, and bringing an older one up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import driver
from modelshelf.catalog.failures import explain
from modelshelf.catalog.identity import SCHEMA_VERSION, check_identity
from modelshelf.domain.errors import Conflict, NotFound

if TYPE_CHECKING:
    from modelshelf.catalog.database import Database
    from modelshelf.domain.events import Event


def create_catalog(
    database: Database, first: Event, subject: str, prepare: Callable[[], None]
) -> None:
    """Make the file of ``database`` and record its first entry, ``first`` about ``subject``.

    An empty file, as a creation that was killed leaves it, is made use of.

    Args:
        database: Where.
        first: The event.
        subject: What it is about.
        prepare: Called under the lock before the catalog is there, so that whoever sees the
            catalog sees what this made.

    Raises:
        Conflict: There is a catalog already.
        Invalid, Corrupt: The file is there and is no catalog.
        Unavailable: It cannot be written.
    """
    from modelshelf.catalog.migrations import migrate

    with database.lock.held("create the registry", database.actor):
        if _is_made(database):
            raise Conflict(f"there is a registry in {database.path.parent} already")
        prepare()
        _set_wal(database.path)
        with database.begin() as connection:
            migrate(connection, 0)
            transaction = database.transaction(connection)
            transaction.record(first, subject)
            transaction.finish()


def _is_made(database: Database) -> bool:
    try:
        database.reader()
    except NotFound:
        return False
    return True


def _set_wal(path: Path) -> None:
    try:
        connection = driver.dbapi.connect(str(path), isolation_level=None)
        try:
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    except driver.Error as exc:
        raise explain(path, exc) from exc


def migrate_catalog(database: Database) -> None:
    """Bring the file of ``database`` up to date, after a backup beside it.

    Raises:
        Unavailable: It cannot be written; then it stays as it was.
    """
    from modelshelf.catalog.backup import copy_catalog
    from modelshelf.catalog.migrations import migrate

    with database.lock.held("migrate the catalog", database.actor):
        schema = _schema(database.path)
        if schema >= SCHEMA_VERSION:  # another process did it while this one waited
            return
        backup = database.path.with_name(f"catalog.schema-{schema}.backup.db")
        backup.unlink(missing_ok=True)  # of an attempt that failed; the catalog went on since
        copy_catalog(database.path, backup)
        with database.begin() as connection:
            migrate(connection, schema)


def _schema(path: Path) -> int:
    connection = driver.open_reader(path)
    try:
        return check_identity(path, connection)
    finally:
        connection.close()
