"""Small catalogs for the tests of search and lineage: plain rows in, a connection out."""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelshelf.catalog import driver
from modelshelf.catalog.engine import create_write_engine
from modelshelf.catalog.migrations import migrate
from modelshelf.domain.plain import read_number

DIGEST = "{:064x}"


@dataclass(frozen=True)
class Shelved:
    """A version as the tests write it and as the plain filter of the tests reads it."""

    id: int
    model: str
    number: int
    owner: str = ""
    by: str = "ana"
    digest: str = DIGEST.format(0)
    files: tuple[str, ...] = ()
    size: int = 1
    format: str = "onnx"
    verdict: str = "clean"
    archived: bool = False
    yanked: str | None = None
    freed: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    datasets: tuple[tuple[str, str | None], ...] = ()  # label, digest
    base: int | None = None


@functools.cache
def _empty() -> sqlite3.Connection:
    """Return an empty catalog as the migrations make it; cheaper to copy than to make."""
    kept: sqlite3.Connection = driver.dbapi.connect(":memory:", check_same_thread=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        engine = create_write_engine(path)
        with engine.begin() as connection:
            migrate(connection, 0)
        engine.dispose()
        made = driver.open_reader(path)
        made.backup(kept)
        made.close()
    return kept


@contextmanager
def catalog(versions: Iterable[Shelved], *, path: str = ":memory:") -> Iterator[sqlite3.Connection]:
    """Open a catalog that holds these versions, in memory or in a new file."""
    connection: sqlite3.Connection = driver.dbapi.connect(path, isolation_level=None)
    try:
        _empty().backup(connection)
        fill(connection, list(versions))
        yield connection
    finally:
        connection.close()


def fill(connection: sqlite3.Connection, versions: Sequence[Shelved]) -> None:
    """Write the rows of versions into an empty catalog."""
    names = list(dict.fromkeys(v.model for v in versions))
    ids = {name: place for place, name in enumerate(names, 1)}
    owners = {v.model: v.owner for v in versions}
    connection.execute("BEGIN")
    put(
        connection,
        "model",
        [
            (
                ids[n], n, "", owners[n], 0, max(v.number for v in versions if v.model == n),
                sum(v.model == n for v in versions), 0, "ana", 0,
            )
            for n in names
        ],
    )  # fmt: skip
    connection.execute("INSERT INTO model_text (rowid, name) SELECT id, name FROM model")
    put(connection, "model_name", [(n, n.casefold(), ids[n]) for n in names])
    put(connection, "version", [_version(v, ids[v.model]) for v in versions])
    put(connection, "version_file", _files(versions))
    put(connection, "metric", [(v.id, k, x) for v in versions for k, x in v.metrics.items()])
    params = [(v.id, k, x, read_number(x)) for v in versions for k, x in v.params.items()]
    put(connection, "param", params)
    put(connection, "tag", [(v.id, k, x) for v in versions for k, x in v.tags.items()])
    terms = sorted({pair for v in versions for pair in v.tags.items()})
    put(connection, "tag_term", [(n, *pair) for n, pair in enumerate(terms, 1)])
    connection.execute("INSERT INTO tag_text (rowid, value) SELECT id, value FROM tag_term")
    put(connection, "alias", [(ids[v.model], a, v.id) for v in versions for a in v.aliases])
    put(
        connection,
        "stage_holder",
        [(ids[v.model], s, v.id, v.id, 50, 1) for v in versions for s in v.stages],
    )
    data = _data(versions)
    put(connection, "node", list(data.values()))
    put(connection, "edge", [edge for v in versions for edge in _edges(v, data)])
    connection.execute("COMMIT")


def put(connection: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows with a value for every column."""
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608


def _version(v: Shelved, model_id: int) -> tuple[Any, ...]:
    return (
        v.id, model_id, v.number, v.digest, "file", "model.onnx", v.size, v.format, v.verdict,
        v.id, v.by, int(v.archived), v.yanked, int(v.freed), v.base, "", "", "", None,
    )  # fmt: skip


def _files(versions: Sequence[Shelved]) -> list[tuple[int, str, int, str]]:
    return [(v.id, f"file{n}", 1, digest) for v in versions for n, digest in enumerate(v.files)]


def _data(versions: Sequence[Shelved]) -> dict[str, tuple[int, str, str, str, str]]:
    """Return a node for each data set, by key."""
    found: dict[str, tuple[int, str, str, str, str]] = {}
    for label, digest in (pair for v in versions for pair in v.datasets):
        key = digest or label
        found.setdefault(key, (-len(found) - 1, "dataset", key, label, label))
    return found


def _edges(v: Shelved, data: Mapping[str, Sequence[Any]]) -> list[tuple[int, str, int, str, str]]:
    of_data = [
        (v.id, "trained_on", data[digest or label][0], "told", label)
        for label, digest in v.datasets
    ]
    base = [] if v.base is None else [(v.id, "derived_from", v.base, "told", "base")]
    return _once(of_data + base)


def _once(edges: list[tuple[int, str, int, str, str]]) -> list[tuple[int, str, int, str, str]]:
    """Return each edge once: the first label of a data set under one digest counts."""
    return list({edge[:4]: edge for edge in reversed(edges)}.values())


def plan(connection: sqlite3.Connection, sql: str, values: Mapping[str, object]) -> list[str]:
    """Return what the planner of the database says it will do."""
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
