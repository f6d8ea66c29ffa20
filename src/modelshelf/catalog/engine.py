"""The SQLAlchemy engine through which everything is written; imported only when something is.

Every transaction starts with BEGIN IMMEDIATE. SQLAlchemy's own default on SQLite loses concurrent
updates without an error, and a plain BEGIN fails with "locked" as soon as two writers meet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from modelshelf.catalog import driver


def create_write_engine(path: Path) -> Engine:
    """Return an engine for the catalog at ``path`` whose transactions start IMMEDIATE."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # as text, a "?" in the path would cut it off
        module=driver.dbapi,
        connect_args={"timeout": driver.BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        pool_size=1,
        max_overflow=4,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", begin_immediate)
    return engine


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection
    connection.isolation_level = None
    driver.set_writer_pragmas(connection)


def begin_immediate(connection: Connection) -> None:
    """Start a transaction as the writer, waiting for its turn."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
