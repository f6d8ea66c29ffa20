"""Whatever another tool does to the tables, verifying names table and row; rebuild repairs it."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import REAL, Column, Integer, Table

from modelshelf.catalog.schema import PROJECTIONS
from modelshelf.domain.errors import Corrupt
from modelshelf.registry import Registry
from tests.catalog.by_hand import by_hand, named, tampered
from tests.furnished import furnish_arrivals, model_file

TABLES: dict[str, Table] = {t.__table__.name: t.__table__ for t in PROJECTIONS}  # type: ignore[attr-defined]
COLUMNS = [(table, column.name) for table in TABLES.values() for column in table.columns]


@pytest.fixture
def shelf(shelf: Registry) -> Registry:
    """Fill the tables that no short story fills, too."""
    furnish_arrivals(shelf)
    return shelf


def key_of(catalog: sqlite3.Connection, table: Table, where: str = "") -> str:
    """Return how a verification writes the key of the first row of a table."""
    keys = " || ' ' || ".join(f'quote("{c.name}")' for c in table.primary_key.columns)
    (key,) = catalog.execute(f"SELECT {keys} FROM {table.name} {where} LIMIT 1").fetchone()  # noqa: S608
    return f"table {table.name} row {key}"


def other(column: Column[Any]) -> str:
    """Return an SQL value that differs from what is there and is of the column's type."""
    if isinstance(column.type, Integer):
        return f'coalesce("{column.name}", 0) + 7001'
    if isinstance(column.type, REAL):
        return f'coalesce("{column.name}", 0) + 0.5'
    return f"coalesce(\"{column.name}\", '') || ' '"


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t.name}.{c}" for t, c in COLUMNS])
def test_an_edited_value_is_named_by_table_and_row(
    shelf: Registry, table: Table, column: str
) -> None:
    """A change of any column of any table is named, down to a space or a half."""
    with by_hand(shelf) as catalog:
        where = key_of(catalog, table)
        keys = " AND ".join(f'"{c.name}" = ?' for c in table.primary_key.columns)
        chosen = ", ".join(f'"{c.name}"' for c in table.primary_key.columns)
        row = catalog.execute(f"SELECT {chosen} FROM {table.name} LIMIT 1").fetchone()  # noqa: S608
        change = f'UPDATE {table.name} SET "{column}" = {other(table.columns[column])} WHERE {keys}'  # noqa: S608
        assert catalog.execute(change, row).rowcount == 1
    found = shelf.audit.verify()
    assert where in named(found)
    if column in table.primary_key.columns:
        assert any(p.what == "is not in the log" for p in found.problems), "its new key is named"


@pytest.mark.parametrize("name", list(TABLES))
def test_a_deleted_row_is_named(shelf: Registry, name: str) -> None:
    """A row that is gone from any table is named by its key."""
    with by_hand(shelf) as catalog:
        where = key_of(catalog, TABLES[name])
        catalog.execute(f"DELETE FROM {name} WHERE rowid IN (SELECT rowid FROM {name} LIMIT 1)"  # noqa: S608
                        if _has_rowid(TABLES[name]) else _delete_first(TABLES[name]))  # fmt: skip
    assert where in named(shelf.audit.verify())


def _has_rowid(table: Table) -> bool:
    return table.dialect_options["sqlite"].get("with_rowid", True) is not False


def _delete_first(table: Table) -> str:
    keys = ", ".join(f'"{c.name}"' for c in table.primary_key.columns)
    return f"DELETE FROM {table.name} WHERE ({keys}) IN (SELECT {keys} FROM {table.name} LIMIT 1)"  # noqa: S608


@pytest.mark.parametrize("name", list(TABLES))
def test_an_inserted_row_is_named(shelf: Registry, name: str) -> None:
    """A row that no entry made is named, in any table."""
    table = TABLES[name]
    unique = {"name", "folded", "number", "key", "value"}
    with by_hand(shelf) as catalog:
        values = ", ".join(
            other(c) if c.primary_key or c.name in unique else f'"{c.name}"' for c in table.columns
        )
        statement = f"INSERT INTO {name} SELECT {values} FROM {name} LIMIT 1"  # noqa: S608
        assert catalog.execute(statement).rowcount == 1
    found = shelf.audit.verify()
    assert [p.what for p in found.problems if p.where.startswith(f"table {name} row")] == [
        "is not in the log"
    ]


def test_a_dropped_table_is_named(shelf: Registry) -> None:
    """A table that is gone altogether is named by the entries that cannot be replayed into it."""
    tampered(shelf, "DROP TABLE tag")
    found = shelf.audit.verify()
    assert any("no such table: tag" in problem.what for problem in found.problems)


def ravage(catalog: sqlite3.Connection) -> None:
    """Edit, delete and insert rows in every table."""
    for table in TABLES.values():
        for column in table.columns:
            if not column.primary_key:
                change = f'UPDATE {table.name} SET "{column.name}" = {other(column)}'  # noqa: S608
                catalog.execute(change)
        catalog.execute(_delete_first(table))
    catalog.execute("INSERT INTO tag VALUES (3, 'forged', 'yes')")
    catalog.execute("INSERT INTO tag_term (key, value) VALUES ('forged', 'yes')")
    catalog.execute("DELETE FROM tag_text")
    catalog.execute("UPDATE model_text SET name = 'something else'")


def test_rebuild_repairs_every_table(shelf: Registry) -> None:
    """After the worst that another tool did, a replay makes the tables whole again."""
    before = shelf.versions.list("risk/churn"), shelf.models.list(), shelf.audit.head()
    with by_hand(shelf) as catalog:
        ravage(catalog)
    assert {p.where.split()[1] for p in shelf.audit.verify().problems} >= set(TABLES)
    assert shelf.upkeep.rebuild() == shelf.audit.head()[0]
    assert shelf.audit.verify(deep=True).whole
    assert (shelf.versions.list("risk/churn"), shelf.models.list(), shelf.audit.head()) == before


def test_rebuild_brings_back_triggers_and_full_text(shelf: Registry) -> None:
    """What guards the log and what search reads are as they were made, and still work."""
    wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    triggers = [tuple(r) for r in shelf._context.database.reader().execute(wanted)]
    tampered(
        shelf,
        "CREATE TRIGGER evil AFTER INSERT ON tag BEGIN DELETE FROM metric; END",
        "DROP TABLE tag_text",
    )
    shelf.upkeep.rebuild()
    assert [tuple(r) for r in shelf._context.database.reader().execute(wanted)] == triggers
    found = shelf.versions.search("churn tag.team:risk")
    assert [v.number for v in found.versions] == [3, 1]
    shelf.versions.register("risk/churn", model_file(shelf.path.parent, 50), tags={"team": "blue"})
    assert shelf.audit.verify().whole


def test_rebuild_from_a_broken_log_changes_nothing(shelf: Registry) -> None:
    """A log that cannot be replayed is refused, and the tables stay as they are."""
    before = shelf.models.list()
    with by_hand(shelf) as catalog:
        catalog.execute("UPDATE audit SET body = '{}' WHERE seq = 9")
    with pytest.raises(Corrupt, match="entry 9"):
        shelf.upkeep.rebuild()
    assert shelf.models.list() == before
    with pytest.raises(Corrupt, match="entry 9"):
        shelf.at(20).models.list()


def test_a_number_that_was_given_by_hand_is_not_given_again(shelf: Registry) -> None:
    """Where the tables contradict the log, registering refuses with what to do."""
    tampered(shelf, "UPDATE model SET latest = 1 WHERE id = 1")
    head = shelf.audit.head()
    with pytest.raises(Corrupt, match="rebuild"):
        shelf.versions.register("risk/churn", model_file(shelf.path.parent, 51))
    assert shelf.audit.head() == head
    shelf.upkeep.rebuild()
    made = shelf.versions.register("risk/churn", model_file(shelf.path.parent, 51))
    assert made.version.number == 5
