"""The catalog file: readers for questions, one locked transaction at a time for changes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import driver
from modelshelf.catalog.identity import SCHEMA_VERSION, check_identity, missing
from modelshelf.domain.errors import Conflict, Corrupt, Unavailable
from modelshelf.domain.plain import moment_text

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.lock import WriteLock
    from modelshelf.domain.events import Event

CATALOG = "catalog.db"


class Database:
    """One catalog, usable from many threads; a forked child opens its own connections.

    Attributes:
        path: The catalog file.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime], actor: str) -> None:
        """Name the file; nothing is opened yet."""
        self.path = path
        self._clock = clock
        self._actor = actor
        self._local = threading.local()
        self._opened: list[driver.Connection] = []
        self._engine: Any = None
        self._lock: WriteLock | None = None
        self._guard = threading.Lock()
        self._pid = os.getpid()

    @property
    def lock(self) -> WriteLock:
        """The write lock; made when it is first asked for, because reading needs none."""
        with self._guard:
            if self._lock is None:
                from modelshelf.catalog.lock import WriteLock

                self._lock = WriteLock(self.path.parent)
            return self._lock

    def reader(self) -> driver.Connection:
        """Return this thread's connection for questions.

        Raises:
            NotFound: There is no catalog.
            Invalid, Corrupt, Unavailable: It is not one that can be read.
        """
        if self._pid != os.getpid():
            self._after_fork()
        connection: driver.Connection | None = getattr(self._local, "reader", None)
        return self._open_reader() if connection is None else connection

    def _open_reader(self) -> driver.Connection:
        if not self.path.exists():
            raise missing(self.path)
        try:
            connection = driver.open_reader(self.path, immutable=not os.access(self.path, os.W_OK))
        except driver.Error as exc:
            raise Unavailable(f"{self.path} cannot be opened", why=str(exc)) from exc
        try:
            schema = check_identity(self.path, connection)
        except BaseException:
            connection.close()
            raise
        if schema < SCHEMA_VERSION:
            connection.close()
            self._migrate(schema)
            return self._open_reader()
        self._local.reader = connection
        with self._guard:
            self._opened.append(connection)
        return connection

    @contextmanager
    def write(self, purpose: str) -> Iterator[Transaction]:
        """Hold the lock and a BEGIN IMMEDIATE transaction; commit at the end, or change nothing.

        Args:
            purpose: What for, told to those who wait.

        Raises:
            Unavailable: The lock stays taken, or the disk is full or read-only.
            Corrupt: SQLite found the file damaged.
        """
        from modelshelf.catalog.audit import Transaction

        self.reader()  # says what is wrong with the file before anything is written
        with self.lock.held(purpose, self._actor):
            with self._begin() as connection:
                transaction = Transaction(connection, self._clock, self._actor)
                before = transaction.head[0]
                yield transaction
                transaction.finish()
            self._checkpoint(before, transaction)

    def _checkpoint(self, before: int, transaction: Transaction) -> None:
        """Write the head down after the commit; a folder that cannot take it loses only that."""
        from modelshelf.catalog import checkpoints

        seq, seal = transaction.head
        if not checkpoints.due(before, seq, transaction.names):
            return
        fact = "SELECT value FROM fact WHERE key = 'registry_id'"
        row = self.reader().execute(fact).fetchone()
        at = moment_text(transaction.at or self._clock())
        with suppress(OSError):
            checkpoints.append(
                self.path.parent, checkpoints.Checkpoint(row[0] if row else "-", seq, seal, at)
            )

    @contextmanager
    def _begin(self) -> Iterator[Any]:
        from sqlalchemy.exc import DBAPIError

        try:
            with self.engine().begin() as connection:
                yield connection
        except DBAPIError as exc:
            raise _sentence(self.path, exc.orig) from exc

    def engine(self) -> Any:  # noqa: ANN401 - an SQLAlchemy engine, imported only when writing
        """Return the engine of this process."""
        with self._guard:
            if self._engine is None:
                from modelshelf.catalog.engine import create_write_engine

                self._engine = create_write_engine(self.path)
            return self._engine

    def create(self, first: Event, subject: str) -> None:
        """Make the file and record its first entry, ``first`` about ``subject``.

        Raises:
            Conflict: There is a catalog already.
        """
        from modelshelf.catalog.audit import Transaction
        from modelshelf.catalog.migrations import migrate

        with self.lock.held("create the registry", self._actor):
            if not self._set_wal():
                raise Conflict(f"there is a registry in {self.path.parent} already")
            with self._begin() as connection:
                migrate(connection, 0)
                transaction = Transaction(connection, self._clock, self._actor)
                transaction.record(first, subject)
                transaction.finish()

    def _set_wal(self) -> bool:
        """Make an empty file write ahead; False when it is no empty file."""
        connection = driver.dbapi.connect(str(self.path), isolation_level=None)
        try:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return False
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA journal_mode = WAL")
        except driver.DatabaseError as exc:
            raise Conflict(f"{self.path} is there already and is no catalog", why=str(exc)) from exc
        finally:
            connection.close()
        return True

    def _migrate(self, schema: int) -> None:
        from modelshelf.catalog.backup import copy_catalog
        from modelshelf.catalog.migrations import migrate

        with self.lock.held("migrate the catalog", self._actor):
            copy_catalog(self.path, self.path.with_name(f"catalog.schema-{schema}.backup.db"))
            with self._begin() as connection:
                present = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                migrate(connection, present)

    def change_counter(self) -> int:
        """Return a number that differs once another connection has committed."""
        counter: int = self.reader().execute("PRAGMA data_version").fetchone()[0]
        return counter

    def close(self) -> None:
        """Close every connection of this process; the object can be used again."""
        with self._guard:
            opened, self._opened = self._opened, []
            engine, self._engine = self._engine, None
            self._local = threading.local()
        for connection in opened:
            connection.close()
        if engine is not None:
            engine.dispose()

    def _after_fork(self) -> None:
        """Forget the parent's connections without closing them: closing would drop its locks."""
        self._pid = os.getpid()
        self._local = threading.local()
        self._inherited = (self._opened, self._engine)
        self._opened, self._engine = [], None
        self._lock = None
        self._guard = threading.Lock()


def _sentence(path: Path, cause: BaseException | None) -> Exception:
    text = str(cause)
    if "malformed" in text or "not a database" in text:
        return Corrupt(
            f"{path} is damaged", why=text, hint="Run modelshelf verify, then restore a backup."
        )
    if "append-only" in text or "follows the one before" in text:
        return Conflict("the audit log refused an entry", why=text, hint="Run modelshelf verify.")
    if any(
        word in text
        for word in ("full", "readonly", "read-only", "unable to open", "locked", "I/O")
    ):
        return Unavailable(f"{path} cannot be written", why=text, hint="Nothing was changed.")
    return cause if isinstance(cause, Exception) else RuntimeError(text)
