"""The catalog file: readers for questions, one locked transaction at a time for changes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import driver
from modelshelf.catalog.failures import explain
from modelshelf.catalog.identity import SCHEMA_VERSION, check_identity, missing
from modelshelf.domain.errors import Unavailable

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.lock import WriteLock

    Committed = Callable[[int, Transaction], None]

CATALOG = "catalog.db"


class Database:
    """One catalog, usable from many threads; a forked child opens its own connections.

    Attributes:
        path: The catalog file.
        immutable: Whether it could only be opened as a file that nobody changes.
        committed: Called after each commit that recorded something, when the lock is free again,
            with the number of the newest entry before it and the transaction. It must not fail.
    """

    def __init__(
        self, path: Path, clock: Callable[[], datetime], actor: str | Callable[[], str]
    ) -> None:
        """Name the file; nothing is opened yet.

        Args:
            path: The catalog file.
            clock: Returns the present moment, aware.
            actor: Who writes, or what finds it out when something is written.
        """
        self.path = path
        self.immutable = False
        self.committed: Committed | None = None
        self._clock = clock
        self._actor = actor
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, driver.Connection]] = []
        self._engine: Any = None
        self._lock: WriteLock | None = None
        self._inherited: list[object] = []
        self._guard = threading.Lock()
        self._pid = os.getpid()

    @property
    def actor(self) -> str:
        """Who writes."""
        return self._actor if isinstance(self._actor, str) else self._actor()

    def act_as(self, actor: str | Callable[[], str]) -> None:
        """Let somebody else write from now on, or whoever is found out then."""
        self._actor = actor

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
            connection, schema = self._connect(immutable=False)
        except Unavailable:
            if os.access(self.path, os.W_OK):
                raise
            # The folder cannot take the shared memory of the log: read the file alone.
            connection, schema = self._connect(immutable=True)
            self.immutable = True
        if schema < SCHEMA_VERSION:
            from modelshelf.catalog.making import migrate_catalog

            connection.close()
            migrate_catalog(self)
            return self._open_reader()
        self._local.reader = connection
        with self._guard:
            # Threads come and go; what belonged to one that ended is closed here.
            over = [c for thread, c in self._opened if not thread.is_alive()]
            self._opened = [(t, c) for t, c in self._opened if t.is_alive()]
            self._opened.append((threading.current_thread(), connection))
        for ended in over:
            ended.close()
        return connection

    def _connect(self, *, immutable: bool) -> tuple[driver.Connection, int]:
        connection = driver.open_reader(self.path, immutable=immutable)
        try:
            return connection, check_identity(self.path, connection)
        except BaseException:
            connection.close()
            raise

    @contextmanager
    def write(self, purpose: str) -> Iterator[Transaction]:
        """Hold the lock and a BEGIN IMMEDIATE transaction; commit at the end, or change nothing.

        Args:
            purpose: What for, told to those who wait.

        Raises:
            Unavailable: The lock stays taken, or the disk is full or read-only.
            Corrupt: SQLite found the file damaged.
        """
        self.reader()  # says what is wrong with the file before anything is written
        with self.lock.held(purpose, self.actor), self.begin() as connection:
            transaction = self.transaction(connection)
            before = transaction.head[0]
            yield transaction
            transaction.finish()
        if self.committed is not None and transaction.head[0] > before:
            self.committed(before, transaction)

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """Hold a BEGIN IMMEDIATE transaction; the caller holds the lock.

        Raises:
            Unavailable, Corrupt: As :meth:`write`.
        """
        from sqlalchemy.exc import DBAPIError

        try:
            with self.engine().begin() as connection:
                yield connection
        except DBAPIError as exc:
            raise explain(self.path, exc.orig) from exc
        except driver.Error as exc:  # from Transaction.raw, which SQLAlchemy does not see
            raise explain(self.path, exc) from exc

    def engine(self) -> Any:  # noqa: ANN401 - an SQLAlchemy engine, imported only when writing
        """Return the engine of this process."""
        with self._guard:
            if self._engine is None:
                from modelshelf.catalog.engine import create_write_engine

                self._engine = create_write_engine(self.path)
            return self._engine

    def transaction(self, connection: Any) -> Transaction:  # noqa: ANN401 - an SQLAlchemy connection
        """Return the means to record entries on a ``connection`` of :meth:`begin`."""
        from modelshelf.catalog.audit import Transaction

        return Transaction(connection, self._clock, self.actor)

    def change_counter(self) -> int:
        """Return a number that differs once another connection has committed."""
        counter: int = self.reader().execute("PRAGMA data_version").fetchone()[0]
        return counter

    def close(self) -> None:
        """Close every connection of this process; the object can be used again."""
        if self._pid != os.getpid():
            self._after_fork()  # what is open here is the parent's
        with self._guard:
            opened, self._opened = self._opened, []
            engine, self._engine = self._engine, None
            self._local = threading.local()
        for _thread, connection in opened:
            connection.close()
        if engine is not None:
            engine.dispose()

    def _after_fork(self) -> None:
        """Keep the parent's connections and lock, unused: closing them would drop its locks."""
        self._pid = os.getpid()
        self._local = threading.local()
        self._inherited.append((self._opened, self._engine, self._lock))
        self._opened, self._engine = [], None
        self._lock = None
        self._guard = threading.Lock()
