"""The plain SQL, the numbers and the file itself fit the one definition of the schema."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import sqlite
from sqlmodel import SQLModel

from modelshelf.catalog import (
    arrivals,
    decisions,
    edges,
    identity,
    migrations,
    past,
    projection,
    rows,
    schema,
)
from modelshelf.domain.events import EVENTS, Event
from modelshelf.registry import Registry

KINDS = sorted(EVENTS.values(), key=lambda kind: kind.name)
TABLES = SQLModel.metadata.tables
FULL_TEXT = {"model_text": {"rowid", "name"}, "tag_text": {"rowid", "value"}}
SOURCES = sorted((Path(schema.__file__).parent).glob("*.py"))


def statements(module: Any) -> Iterator[str]:  # noqa: ANN401 - a module
    """Yield the SQL that a module keeps as text or as a tuple of texts."""
    for value in vars(module).values():
        texts = value if isinstance(value, tuple) else (value,)
        yield from (t for t in texts if isinstance(t, str) and re.match(r"(INSERT|UPDATE) ", t))


WRITTEN = [
    *statements(rows),
    *statements(projection),
    *statements(arrivals),
    *statements(decisions),
    *statements(edges),
    *(
        statement
        for file in SOURCES
        if file.stem in ("projection", "arrivals", "decisions", "edges")
        for statement in re.findall(r'"((?:UPDATE|DELETE FROM) [^"]+)"', file.read_text("utf-8"))
    ),
    *(projection._set_text(c) for c in ("description", "card", "run", "code", "environment")),
]


@pytest.mark.parametrize("statement", sorted(set(WRITTEN)))
def test_a_statement_names_tables_and_columns_that_exist(statement: str) -> None:
    """Every INSERT, UPDATE and DELETE of the projection is about columns of the schema."""
    found = re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", statement)
    assert found
    if found[1] in FULL_TEXT:
        named = re.findall(r"\((.*?)\)", statement)[:1] or re.findall(r"SET (\w+)", statement)
        assert {n.strip(' "') for n in named[0].split(",")} <= FULL_TEXT[found[1]]
        return
    columns = set(TABLES[found[1]].columns.keys())
    if statement.startswith("INSERT") and "VALUES" not in statement:  # its values are questions
        given = re.search(r"\(([^)]*)\)", statement)
        assert given
        assert {name.strip() for name in given[1].split(",")} <= columns
        return
    if statement.startswith("INSERT"):
        listed = re.search(r"\(([^)]*)\) VALUES \(([^)]*)\)", statement)
        assert listed
        names = [name.strip(' "') for name in listed[1].split(",")]
        assert len(names) == len(listed[2].split(","))
        required = {
            c.name for c in TABLES[found[1]].columns if not c.nullable and not _numbers_itself(c)
        }
        assert required <= set(names) <= columns
    named = re.findall(r"(\w+) = ", statement.replace("excluded.", ""))
    assert {n for n in named if n != "excluded"} <= columns


def _numbers_itself(column: Any) -> bool:  # noqa: ANN401 - an SQLAlchemy column
    return bool(column.primary_key and column.name == "id")


def test_enough_statements_were_looked_at() -> None:
    """The search for statements finds them."""
    assert len(set(WRITTEN)) > 35


def test_reading_knows_the_numbers_without_the_schema() -> None:
    """The numbers kept for a light import are those of the schema."""
    assert identity.APPLICATION_ID == schema.APPLICATION_ID == int.from_bytes(b"MSHF")
    assert identity.SCHEMA_VERSION == schema.SCHEMA_VERSION == len(migrations.MIGRATIONS)


def test_the_file_has_the_tables_of_the_schema(shelf: Registry) -> None:
    """A created file holds exactly the tables, columns, keys and indexes that are defined."""
    shelf.close()
    engine = create_engine(f"sqlite:///{shelf.path / 'catalog.db'}", module=_driver())
    found = inspect(engine)
    shadows = {f"{t}{tail}" for t in migrations.FULL_TEXT for tail in _TAILS}
    assert set(found.get_table_names()) - shadows == set(TABLES)
    for name, table in TABLES.items():
        columns = {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(name)}
        dialect = sqlite.dialect()
        assert columns == {
            c.name: (c.type.compile(dialect), bool(c.nullable)) for c in table.columns
        }
        key = found.get_pk_constraint(name)["constrained_columns"]
        assert key == [c.name for c in table.primary_key.columns]
        indexes = {i["name"] for i in found.get_indexes(name)}
        assert {i.name for i in table.indexes} <= indexes
    engine.dispose()


_TAILS = ("", "_data", "_idx", "_content", "_docsize", "_config")


def _driver() -> Any:  # noqa: ANN401 - a DB-API module
    from modelshelf.catalog import driver

    return driver.dbapi


def test_every_table_is_strict_and_marked(shelf: Registry) -> None:
    """All tables are STRICT, and the file says whose it is."""
    reader = shelf._context.database.reader()
    strict = dict(reader.execute("SELECT name, strict FROM pragma_table_list").fetchall())
    assert {strict[name] for name in TABLES} == {1}
    assert reader.execute("PRAGMA application_id").fetchone()[0] == identity.APPLICATION_ID
    assert reader.execute("PRAGMA user_version").fetchone()[0] == identity.SCHEMA_VERSION
    assert reader.execute("PRAGMA page_size").fetchone()[0] == 4096
    assert reader.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert reader.execute("PRAGMA encoding").fetchone()[0] == "UTF-8"


def test_every_table_is_replayed_or_operational() -> None:
    """A new table is either a projection, which verify compares, or named here as an exception."""
    projections = {str(t.__tablename__) for t in schema.PROJECTIONS}
    operational = {str(t.__tablename__) for t in schema.OPERATIONAL}
    assert set(TABLES) - projections == {"audit", *operational}
    assert set(past._NOT_REPLAYED) == {"audit", *operational}
    assert len(schema.PROJECTIONS) == len(projections)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_every_event_is_applied_by_a_function(kind: type[Event]) -> None:
    """No event can be recorded that the tables would not follow."""
    assert kind in projection._APPLY


def test_no_other_module_writes_a_projection() -> None:
    """Only the projection writes its tables, only the audit log its own; the rest asks."""
    writing = re.compile(r"(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM|REPLACE INTO) (\w+)")
    package = Path(schema.__file__).parent.parent
    operational = {str(t.__tablename__) for t in schema.OPERATIONAL}
    allowed = {
        "projection.py",
        "arrivals.py",
        "decisions.py",
        "rows.py",
        "edges.py",
        "rebuild.py",
        "migrations.py",
    }
    found = {
        f"{file.relative_to(package)}: {table}"
        for file in package.rglob("*.py")
        if not (file.parent.name == "catalog" and file.name in allowed)
        for table in writing.findall(file.read_text("utf-8"))
        if table in TABLES and table not in operational
    }
    assert found == set()


def test_the_catalog_can_be_imported_in_any_order() -> None:
    """No module of the catalog needs another one to be imported before it."""
    for source in SOURCES:
        importlib.import_module(f"modelshelf.catalog.{source.stem}")
