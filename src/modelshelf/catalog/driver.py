"""The one SQLite library of this process, and every connection opened through it.

POSIX locks belong to the process: when one copy of SQLite closes the file, the locks of another
are gone. So the driver is chosen here once, and reads and writes both use it: the `pysqlite3`
wheel where it is installed (it carries a SQLite without the WAL-reset bug), else the standard one.
"""

from __future__ import annotations

import importlib
import os
import sqlite3 as types_only
import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from modelshelf.catalog.failures import explain
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    Connection = types_only.Connection
    Parameters = Mapping[str, Any] | tuple[Any, ...]

BUSY_TIMEOUT_MS = 30_000
LEAST_VERSION = (3, 37, 0)  # STRICT tables
# Fixed in 3.51.3, with back-ports 3.50.7 and 3.44.6: https://sqlite.org/wal.html#walresetbug
_RESET_FIXED = ((3, 44, 6), (3, 50, 7))
_RESET_FIXED_FOR_GOOD = (3, 51, 3)


def _choose() -> ModuleType:
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3")


dbapi = cast("Any", _choose())
if TYPE_CHECKING:
    _Connection = types_only.Connection
else:
    _Connection = dbapi.Connection
name = "pysqlite3" if dbapi.__name__.startswith("pysqlite3") else "sqlite3"
version = cast("tuple[int, int, int]", dbapi.sqlite_version_info)
Error = cast("type[types_only.Error]", dbapi.Error)
OperationalError = cast("type[types_only.OperationalError]", dbapi.OperationalError)
IntegrityError = cast("type[types_only.IntegrityError]", dbapi.IntegrityError)
DatabaseError = cast("type[types_only.DatabaseError]", dbapi.DatabaseError)
_BINDING = (dbapi.InterfaceError, dbapi.ProgrammingError)


def has_reset_bug(of: tuple[int, int, int] = version) -> bool:
    """Whether this SQLite can lose a commit when it resets its write-ahead log."""
    if of >= _RESET_FIXED_FOR_GOOD:
        return False
    return not any(of[:2] == fixed[:2] and of >= fixed for fixed in _RESET_FIXED)


def address(path: Path, *, immutable: bool = False) -> str:
    """Return the name by which SQLite opens ``path`` for questions only."""
    mode = "mode=ro&immutable=1" if immutable else "mode=ro"
    return f"file:{quote(os.fsencode(path.absolute()))}?{mode}"


def open_reader(path: Path, *, immutable: bool = False) -> Connection:
    """Open ``path`` for questions only.

    Args:
        path: The catalog.
        immutable: For a read-only mount: nothing is locked and changes by others are not seen.

    Returns:
        A connection on which every write fails.

    Raises:
        Corrupt: It is no SQLite database, or a damaged one.
        Unavailable: It cannot be opened.
    """
    try:
        connection: _Reader = dbapi.connect(
            address(path, immutable=immutable),
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=_Reader,
        )
    except Error as exc:
        raise explain(path, exc, "read") from exc
    connection.path = path
    try:
        set_reader_pragmas(connection)
    except BaseException:
        connection.close()
        raise
    return connection


class _Reader(_Connection):
    """A connection for questions, on which a damaged page or a bad value is one of our errors."""

    path: Path

    def execute(self, statement: str, values: Any = (), /) -> types_only.Cursor:  # noqa: ANN401
        """Ask, as the driver does."""
        try:
            return super().execute(statement, values)
        except (UnicodeEncodeError, OverflowError, IntegrityError) as exc:
            # A question breaks no rule of the tables; these are values that SQLite cannot hold.
            raise Invalid(
                "what was asked for cannot be in a catalog",
                why=safe(exc),
                hint="Numbers are whole and have 63 bits, texts are UTF-8.",
            ) from exc
        except _BINDING as exc:
            if "binding parameter" not in str(exc):
                raise
            raise TypeError(f"a value of a type that no catalog holds: {exc}") from exc
        except DatabaseError as exc:
            error = explain(self.path, exc, "read")
            if error is exc:  # a bug, or the end of a search that took too long
                raise
            raise error from exc


def set_reader_pragmas(connection: Connection) -> None:
    """Prepare a connection for reading."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    # Each thread has a connection; a larger cache of each answers no search of a million sooner.
    connection.execute("PRAGMA cache_size = -4096")


def set_writer_pragmas(connection: Connection) -> None:
    """Prepare a connection for writing; the order matters (see docs/design.md, "The catalog")."""
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 1000")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")


def open_scratch() -> Connection:
    """Open a private database that vanishes with its connection, for replays.

    It lies in a file, so that memory stays flat however long the log is. SQLite has nameless
    temporary databases too, but some builds (the `pysqlite3` wheel is one) keep them in memory
    whatever they are told; they serve only where an open file cannot lose its name (Windows).

    Raises:
        OSError: No temporary file can be made.
    """
    if os.name == "nt":
        return _prepared("")
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="modelshelf-", suffix=".db", dir=_temporary_folder()) as file:
        return _prepared(file.name)


def _temporary_folder() -> str | None:
    """Return the folder that SQLite would take: ``/tmp`` itself is often memory."""
    roomy = "/var/tmp"  # noqa: S108 - a new name is made in it that nobody can guess
    free = "TMPDIR" not in os.environ and os.access(roomy, os.W_OK | os.X_OK)
    return roomy if free else None


class _Scratch(_Connection):
    """A connection that many threads may share, as they share one past.

    SQLite calls a progress handler under the lock of the connection, and Python waits for its own
    lock to run it. A thread that has that one and wants the connection's never gets it, and the
    whole process stands still. So there is no handler here: a question to the past has no budget.

    The driver keeps prepared statements by their text, and two threads that prepare the same one
    at once leave it there twice, which the third finds out by a ``KeyError``. So one thread at a
    time begins a statement; rows are fetched side by side.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - the driver's own
        """Connect."""
        self._turn = threading.Lock()
        super().__init__(*args, **settings)

    def execute(self, statement: str, values: Any = (), /) -> types_only.Cursor:  # noqa: ANN401
        """Ask, as the driver does."""
        with self._turn:
            return super().execute(statement, values)

    def set_progress_handler(self, *_handler: object) -> None:
        """Do nothing."""


def _prepared(path: str) -> Connection:
    connection = dbapi.connect(
        path, uri=True, isolation_level=None, check_same_thread=False, factory=_Scratch
    )
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute("PRAGMA cache_size = -32768")
    return cast("Connection", connection)
