"""The triggers on the audit log: an honest tool cannot change it by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from modelshelf.catalog import driver
from modelshelf.catalog.audit import seal_of
from modelshelf.registry import Registry


@pytest.fixture(params=["ON", "OFF"])
def another(shelf: Registry, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Open the catalog as any tool would, with and without its own care for triggers."""
    shelf.close()
    with closing(driver.dbapi.connect(shelf.path / "catalog.db", isolation_level=None)) as opened:
        opened.execute(f"PRAGMA recursive_triggers = {request.param}")
        yield opened


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'eve' WHERE seq = 9",
        "UPDATE audit SET actor = actor",
        "UPDATE audit SET seq = 23 WHERE seq = 22",
        "DELETE FROM audit WHERE seq = 22",
        "DELETE FROM audit",
        # a gap, a fork, a number that is taken, each with the seal before it right or wrong
        (
            "INSERT INTO audit SELECT 24, at_us, actor, event, subject, body, seal, 'x'"
            " FROM audit WHERE seq = 22"
        ),
        (
            "INSERT INTO audit SELECT 23, at_us, actor, event, subject, body, prev, 'x'"
            " FROM audit WHERE seq = 22"
        ),
        (
            "INSERT INTO audit SELECT 9, at_us, actor, event, subject, body, seal, 'x'"
            " FROM audit WHERE seq = 22"
        ),
        (
            "INSERT OR REPLACE INTO audit SELECT 9, at_us, 'eve', event, subject, body, prev, seal"
            " FROM audit WHERE seq = 9"
        ),
        (
            "INSERT OR REPLACE INTO audit SELECT 22, at_us, 'eve', event, subject, body, prev, seal"
            " FROM audit WHERE seq = 22"
        ),
        "REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
        (
            "INSERT OR IGNORE INTO audit SELECT 30, at_us, actor, event, subject, body, seal, 'x'"
            " FROM audit WHERE seq = 22"
        ),
        "UPDATE OR REPLACE audit SET seq = 5 WHERE seq = 22",
        (
            "INSERT INTO audit SELECT * FROM audit WHERE seq = 22"
            " ON CONFLICT (seq) DO UPDATE SET actor = 'eve'"
        ),
    ],
)
def test_nothing_but_the_next_entry_goes_in(another: Any, statement: str) -> None:  # noqa: ANN401
    """Updates, deletions, gaps, forks and replacements are refused, and change nothing."""
    every = "SELECT * FROM audit ORDER BY seq"
    before = another.execute(every).fetchall()
    with pytest.raises(driver.Error):
        another.execute(statement)
    assert another.execute(every).fetchall() == before


def test_two_entries_of_one_seal_do_not_replace_each_other(another: Any) -> None:  # noqa: ANN401
    """No column but the number is unique, for REPLACE silently drops the rows it meets."""
    indexes = another.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'audit'")
    assert not [name for name, sql in indexes if "UNIQUE" in (sql or "").upper()]
    last = another.execute("SELECT * FROM audit WHERE seq = 22").fetchone()
    fields = (23, *last[1:6], last[7])
    entry = (*fields, seal_of(*fields))
    another.execute("INSERT OR REPLACE INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", entry)
    assert another.execute("SELECT count(*) FROM audit").fetchone() == (23,)


def test_the_database_refuses_values_of_another_type(another: Any) -> None:  # noqa: ANN401
    """STRICT tables keep a number a number, whichever tool writes."""
    with pytest.raises(driver.Error, match="cannot store TEXT"):
        another.execute("UPDATE metric SET value = 'high'")
    with pytest.raises(driver.Error, match="cannot store TEXT"):
        another.execute("UPDATE version SET size = 'big'")
