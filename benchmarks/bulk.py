"""What sealing and projecting cost an import of many versions in one transaction."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import Shelf, drafts, store
from benchmarks.timing import interleaved, times
from modelshelf import open_registry
from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG
from modelshelf.registry.registering import Draft

_ROUNDS = 3
_VERSIONS = 10_000
_MODELS = 100
_LEAST = 4_000
_UNSEALED = ("model", "model_name", "version", "version_text", "version_file", "metric", "param")


def main(shelf: Shelf) -> list[Row]:
    """Measure `versions.register_many` against the same rows written without a log."""
    with open_registry(shelf.folder / "drafted", actor="bench", create=True) as registry:
        many = list(drafts(store(registry), _VERSIONS, _MODELS))
    new = iter(range(1_000_000))
    first = shelf.folder / "bulk-first"
    _register(first, many)
    rows = _rows(first)
    works = {
        "ours": lambda: _register(shelf.folder / f"bulk-{next(new)}", many),
        "raw": lambda: _write(shelf.folder / f"raw-{next(new)}.db", first, rows),
    }
    seconds = interleaved(works, _ROUNDS)
    rate, raw = (_VERSIONS / median(seconds[name]) for name in ("ours", "raw"))
    return [
        Row(
            "register many, 20 values each, sealed",
            rate,
            "versions/s",
            f"the same rows without a log: {raw:,.0f}/s",
            times(seconds["raw"], seconds["ours"]),
            f">= {_LEAST:,}/s",
            rate >= _LEAST,
        )
    ]


def _register(path: Path, many: list[Draft]) -> None:
    with open_registry(path, actor="bench", create=True) as registry:
        registry.versions.register_many(many)


def _rows(registry: Path) -> dict[str, list[tuple[object, ...]]]:
    catalog = driver.open_reader(registry / CATALOG)
    rows = {name: catalog.execute(f"SELECT * FROM {name}").fetchall() for name in _UNSEALED}  # noqa: S608
    catalog.close()
    return rows


def _write(path: Path, like: Path, rows: dict[str, list[tuple[object, ...]]]) -> None:
    """Write ``rows`` in one transaction to a new file with the tables of a registry."""
    catalog = driver.dbapi.connect(str(path), isolation_level=None)
    catalog.execute("PRAGMA journal_mode = WAL")
    driver.set_writer_pragmas(catalog)
    catalog.execute("BEGIN IMMEDIATE")
    for statement in _definitions(like):
        catalog.execute(statement)
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        catalog.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608
    catalog.execute("COMMIT")
    catalog.close()


def _definitions(registry: Path) -> list[str]:
    """Return the statements that made the tables and indexes of a registry."""
    catalog = driver.open_reader(registry / CATALOG)
    found = catalog.execute(
        "SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"
    ).fetchall()
    catalog.close()
    return [sql for table, sql in found if table in _UNSEALED]
