"""Write transactions start IMMEDIATE: proved without the lock, which would hide it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from modelshelf.catalog import driver
from modelshelf.catalog.audit import Transaction
from modelshelf.catalog.engine import begin_immediate, create_write_engine
from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry import Registry, create_registry

WRITERS = 8
EACH = 25


def _now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def count_up(engine: Engine) -> None:
    """Read a number, then write it one higher, as a decision in a transaction does."""
    with engine.begin() as connection:
        transaction = Transaction(connection, _now, "ana")
        asked = "SELECT value FROM fact WHERE key = 'counter'"
        (present,) = transaction.raw.execute(asked).fetchone()
        transaction.execute(
            "UPDATE fact SET value = :value WHERE key = 'counter'", value=str(int(present) + 1)
        )


def race(path: Path, prepare: Callable[[Engine], None]) -> tuple[int, list[Exception]]:
    """Let writers of one engine each count up at once; return the count and their errors."""
    errors: list[Exception] = []
    gate = threading.Barrier(WRITERS)

    def work() -> None:
        engine = create_write_engine(path)
        prepare(engine)
        gate.wait()
        for _ in range(EACH):
            try:
                count_up(engine)
            except Exception as exc:  # noqa: BLE001 - what is counted
                errors.append(exc)
        engine.dispose()

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = driver.open_reader(path)
    (value,) = reader.execute("SELECT value FROM fact WHERE key = 'counter'").fetchone()
    reader.close()
    return int(value), errors


@pytest.fixture
def path(shelf: Registry) -> Path:
    """Return the catalog, with a counter in it and no lock held by anybody."""
    shelf.close()
    engine = create_write_engine(shelf.path / "catalog.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO fact VALUES ('counter', '0')")
    engine.dispose()
    return shelf.path / "catalog.db"


def test_no_update_is_lost_and_none_fails_without_the_lock(path: Path) -> None:
    """Every one of the concurrent read-then-write updates counts, by BEGIN IMMEDIATE alone."""
    counted, errors = race(path, lambda _engine: None)
    assert errors == []
    assert counted == WRITERS * EACH


def test_the_race_is_lost_without_begin_immediate(path: Path) -> None:
    """The test above can fail: with the listener taken away updates are lost or refused."""
    counted, errors = race(path, lambda e: event.remove(e, "begin", begin_immediate))
    assert counted < WRITERS * EACH or errors


def seen_by(engine: Engine, work: Callable[[Connection], object]) -> list[str]:
    """Return the statements that SQLite itself sees while ``work`` is done."""
    with engine.connect() as opened:
        raw: Any = opened.connection.driver_connection
    seen: list[str] = []
    raw.set_trace_callback(seen.append)
    with engine.begin() as connection:
        work(connection)
    raw.set_trace_callback(None)
    return seen


def test_the_statement_that_begins_is_begin_immediate(path: Path) -> None:
    """SQLite is told BEGIN IMMEDIATE first and COMMIT last, and no other BEGIN."""
    engine = create_write_engine(path)
    change = "UPDATE fact SET value = '7' WHERE key = 'counter'"
    seen = seen_by(engine, lambda c: c.exec_driver_sql(change))
    assert [s for s in seen if "fact" not in s] == ["BEGIN IMMEDIATE", "COMMIT"]
    assert seen[0] == "BEGIN IMMEDIATE"
    engine.dispose()


def test_a_savepoint_inside_is_undone_alone(path: Path) -> None:
    """A nested transaction rolls back by itself and leaves the outer one working."""
    engine = create_write_engine(path)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE fact SET value = '1' WHERE key = 'counter'")
        with suppress(RuntimeError), connection.begin_nested():
            connection.exec_driver_sql("UPDATE fact SET value = '2' WHERE key = 'counter'")
            raise RuntimeError
    with engine.begin() as connection:
        wanted = "SELECT value FROM fact WHERE key = 'counter'"
        assert connection.exec_driver_sql(wanted).scalar_one() == "1"
    engine.dispose()


PRAGMAS = {
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "synchronous": 2,  # FULL
    "busy_timeout": 30_000,
    "wal_autocheckpoint": 1_000,
    "journal_size_limit": 67_108_864,
    "journal_mode": "wal",
}


def test_every_pooled_connection_is_prepared(path: Path) -> None:
    """All connections the pool can give out at once are autocommitting, durable and strict."""
    engine = create_write_engine(path)
    pool: Any = engine.pool
    opened = [engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    assert len(opened) >= 2
    for connection in opened:
        raw: Any = connection.connection.driver_connection
        assert raw.isolation_level is None
        found = {name: raw.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        assert found == PRAGMAS
    for connection in opened:
        connection.close()
    with engine.connect() as again:  # a connection that comes back is as it was
        raw = again.connection.driver_connection
        assert raw.isolation_level is None
    engine.dispose()


def test_a_reader_cannot_write(path: Path) -> None:
    """A connection for questions refuses to change anything, and trusts no schema."""
    reader = driver.open_reader(path)
    with pytest.raises(ModelshelfError, match="readonly"):
        reader.execute("DELETE FROM fact")
    assert reader.execute("PRAGMA trusted_schema").fetchone() == (0,)
    assert reader.execute("PRAGMA query_only").fetchone() == (1,)
    assert reader.isolation_level is None
    reader.close()


def test_a_reader_answers_beside_a_writer(path: Path) -> None:
    """A question asked in the middle of a write transaction sees what was before it, at once."""
    engine = create_write_engine(path)
    reader = driver.open_reader(path)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE fact SET value = '9' WHERE key = 'counter'")
        wanted = "SELECT value FROM fact WHERE key = 'counter'"
        assert reader.execute(wanted).fetchone() == ("0",)
    assert reader.execute(wanted).fetchone() == ("9",)
    reader.close()
    engine.dispose()


@pytest.mark.parametrize("name", ["a?b", "a#b", "50%41", "with space", "größe", "a&mode=ro"])
def test_any_folder_name_leads_to_its_own_catalog(tmp_path: Path, name: str) -> None:
    """Signs that mean something in an address mean nothing in the name of a folder."""
    with create_registry(tmp_path / name, actor="ana") as registry:
        registry.upkeep.rebuild()
        assert registry.audit.verify().whole
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]
    assert (tmp_path / name / "catalog.db").stat().st_size > 0
