"""A failure at any statement of a change leaves all as it was, and the change can be retried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from modelshelf.catalog import driver, schema
from modelshelf.domain.errors import ModelshelfError, Unavailable
from modelshelf.registry import Registry
from tests.catalog.by_hand import tampered
from tests.furnished import model_file

Change = Callable[[Registry, Path], object]
TABLES = [t.__table__.name for t in schema.PROJECTIONS]  # type: ignore[attr-defined]
# Action codes of sqlite3_set_authorizer: one of these is asked for each statement.
STATEMENT = {9, 18, 21, 22, 23}
DENY, OK = 1, 0

CHANGES: dict[str, Change] = {
    "register": lambda r, f: r.versions.register("new/one", f, metrics={"a": 1.0}, tags={"t": "u"}),
    "amend": lambda r, _f: r.versions.amend(
        "risk/churn:3", metrics={"auc": 0.5}, base="risk/churn:1"
    ),
    "promote": lambda r, _f: r.promotions.promote("risk/churn:2", "staging", reason="r"),
    "rollback": lambda r, _f: r.promotions.rollback("risk/churn", "production", reason="r"),
    "rename": lambda r, _f: r.models.rename("risk/churn", "risk/leaving"),
    "alias": lambda r, _f: r.versions.alias("risk/churn:1", "champion"),
    "rebuild": lambda r, _f: r.upkeep.rebuild(),
}


def snapshot(registry: Registry) -> dict[str, list[Any]]:
    """Return every row of the log and of the tables."""
    reader = driver.open_reader(registry.path / "catalog.db")
    rows = {
        name: reader.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608
        for name in ("audit", *TABLES)
    }
    reader.close()
    return rows


def raw_writer(registry: Registry) -> Any:  # noqa: ANN401 - the driver's connection
    """Return the one connection through which everything is written."""
    with registry._context.database.engine().connect() as connection:
        return connection.connection.driver_connection


@contextmanager
def failing_at(registry: Registry, number: int) -> Iterator[list[int]]:
    """Let SQLite refuse the statement of this number; yields those that were refused."""
    writer = raw_writer(registry)
    seen, refused = [0], list[int]()

    def judge(action: int, *_what: object) -> int:
        seen[0] += action in STATEMENT
        if action in STATEMENT and seen[0] == number:
            refused.append(number)
            return DENY
        return OK

    writer.set_authorizer(judge)
    try:
        yield refused
    finally:
        writer.set_authorizer(None)


@pytest.mark.parametrize("name", CHANGES)
def test_a_failure_at_any_statement_changes_nothing(
    shelf: Registry, tmp_path: Path, name: str
) -> None:
    """Statement by statement, from BEGIN to COMMIT: all or nothing, in the tables and the log."""
    file = model_file(tmp_path, 90)
    before, number = snapshot(shelf), 0
    while True:
        number += 1
        with failing_at(shelf, number) as refused, suppress(driver.Error, DBAPIError):
            CHANGES[name](shelf, file)
        if not refused:
            break
        assert snapshot(shelf) == before, f"statement {number} left a trace"
    assert number > 8, "every statement was counted"
    assert name == "rebuild" or snapshot(shelf) != before
    assert shelf.audit.verify(deep=True).whole


def test_a_failure_of_the_caller_changes_nothing(shelf: Registry) -> None:
    """An exception inside the block, whatever it is, undoes what was recorded before it."""
    before = snapshot(shelf)

    def break_off(error: BaseException) -> None:
        from modelshelf.domain.events import ModelRetired

        with shelf._context.write("try") as transaction:
            transaction.record(ModelRetired(1, "risk/churn", "r"), "risk/churn")
            assert transaction.head[0] == 23
            raise error

    for error in (ValueError("x"), KeyboardInterrupt(), SystemExit(1), driver.Error("x")):
        with pytest.raises(type(error)):
            break_off(error)
        assert snapshot(shelf) == before
    shelf.models.retire("risk/churn", reason="now in earnest")
    assert shelf.audit.verify().whole


LARGE: dict[str, Change] = {
    "register": lambda r, f: r.versions.register("new/one", f, card="x" * 30_000),
    "amend": lambda r, _f: r.versions.amend("risk/churn:3", card="x" * 30_000),
    "rebuild": lambda r, _f: r.upkeep.rebuild(),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_catalog_that_cannot_grow_is_a_sentence(
    shelf: Registry, tmp_path: Path, name: str
) -> None:
    """A disk that is full at any page of a change refuses it in words and changes nothing."""
    file = model_file(tmp_path, 90)
    if name == "rebuild":  # which puts back what was lost
        shelf.versions.amend("risk/churn:3", card="x" * 30_000)
        tampered(shelf, "DELETE FROM version_text", "VACUUM")
    before, refused = snapshot(shelf), 0
    writer = raw_writer(shelf)
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    for more in range(100):
        writer.execute(f"PRAGMA max_page_count = {pages + more}")
        try:
            LARGE[name](shelf, file)
            break
        except Unavailable as error:
            refused += "full" in str(error)
        assert snapshot(shelf) == before, f"{more} pages left a trace"
    assert refused > 5
    writer.execute("PRAGMA max_page_count = 1073741823")
    assert snapshot(shelf) != before
    assert name == "rebuild" or shelf.audit.verify(deep=True).whole


def test_reads_go_on_while_the_disk_is_full(shelf: Registry) -> None:
    """A full disk takes nothing away: questions are answered, and writing works again after."""
    writer = raw_writer(shelf)
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ModelshelfError, match="Nothing was changed"):
        shelf.versions.amend("risk/churn:1", card="x" * 200_000)
    assert shelf.versions.get("risk/churn:1").metrics == {"auc": 0.91, "loss": 0.3}
    writer.execute("PRAGMA max_page_count = 1073741823")
    shelf.versions.amend("risk/churn:1", card="x" * 200_000)
    assert len(shelf.versions.detail("risk/churn:1").card) == 200_000


def test_a_checkpoint_that_cannot_be_written_loses_only_itself(shelf: Registry) -> None:
    """The change is committed and said to be, though the head could not be written down."""
    (shelf.path / "checkpoints.log").unlink()
    (shelf.path / "checkpoints.log").mkdir()
    made = shelf.promotions.promote("risk/churn:2", "staging", reason="r")
    assert shelf.promotions.history("risk/churn", "staging")[0] == made


def test_a_failed_change_does_not_stop_the_next_one(shelf: Registry, tmp_path: Path) -> None:
    """After a refusal in the middle, the lock is free and the connection is clean."""
    with failing_at(shelf, 4) as refused, pytest.raises(driver.Error):
        shelf.versions.register("risk/churn", model_file(tmp_path, 90))
    assert refused
    made = shelf.versions.register("risk/churn", model_file(tmp_path, 90))
    assert made.version.number == 4
