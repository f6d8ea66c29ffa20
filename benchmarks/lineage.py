"""What questions about lineage cost at 100,000 things and 300,000 edges, in process.

The tables of a scratch registry are filled directly, without an audit log: registering 50,000
versions would take longer than all questions together, and the questions read only the tables.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from functools import partial
from math import inf
from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.timing import Work, interleaved, times
from modelshelf import open_registry
from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG
from modelshelf.catalog.graph import reached
from modelshelf.registry import Registry

_ROUNDS = 11
_A_MODEL = 50
_TREE, _FAMILY, _CHAIN = range(1, 30_001), range(30_001, 40_001), range(40_001, 50_001)
_DIRECT = 100
"""Versions of the family that were trained on the data set themselves; the others came of them."""

_DATASETS, _COMMITS, _RUNS = 3_000, 7_000, 40_000
_HUB = -1
_EVERY = 1_000_000
"""Hops; more than there are things."""

_CALLED = "customers"
_ALL_MS, _IMPACT_MS = 20.0, 200.0
_FILL = (
    """INSERT INTO model
       SELECT value, printf('model-%04d', value), '', '', 0, 50, 50, 0, 'ana', 0 FROM n
       WHERE value <= 1000""",
    "INSERT INTO model_name SELECT name, name, id FROM model",
    """INSERT INTO version
       SELECT value, (value - 1) / 50 + 1, (value - 1) % 50 + 1, printf('%064x', value), 'file',
              'model.onnx', 1, 'onnx', 'clean', value, 'ana', 0, NULL, 0, NULL, '', '', '', NULL
       FROM n""",
    """INSERT INTO stage_holder
       SELECT model_id, CASE number WHEN 50 THEN 'production' ELSE 'staging' END, 0, id, 100, id
       FROM version WHERE number >= 49""",
)
_ROWS = """
SELECT e.child, e.kind, e.parent, v.number FROM json_each(:ids) AS w
CROSS JOIN edge AS e ON e.child = w.value LEFT JOIN version AS v ON v.id = e.parent
"""


def main() -> list[Row]:
    """Measure ancestors, impact, ways and common ancestors, each against reading as many rows."""
    with tempfile.TemporaryDirectory(prefix="modelshelf-bench-") as folder:
        path = Path(folder) / "lineage"
        with open_registry(path, actor="bench", create=True) as registry:
            fill(path / CATALOG)
            return _rows(registry, path)


def _rows(registry: Registry, path: Path) -> list[Row]:
    up = partial(registry.lineage.of, hops=_EVERY, ways="up")
    common, way = registry.lineage.common, registry.lineage.path
    deep, last = _reference(_TREE[-1]), _reference(_CHAIN[-1])
    asked: list[tuple[str, list[int], Work, float]] = [
        ("ancestors of one version", [_TREE[-1]], partial(up, deep), _ALL_MS),
        ("ancestors, 170 deep", [_CHAIN[170]], partial(up, _reference(_CHAIN[170])), _ALL_MS),
        ("ancestors, 10,000 deep, nearest 2,000", [_CHAIN[-1]], partial(up, last), _ALL_MS),
        ("both walks of a common ancestor, all", [_CHAIN[-1]], partial(common, last, last), inf),
        (
            "impact of a data set",
            [_HUB],
            partial(registry.lineage.impact, f"dataset:{_CALLED}"),
            _IMPACT_MS,
        ),
        (
            "common ancestors",
            [_TREE[-1], _TREE[-2]],
            partial(common, deep, _reference(_TREE[-2])),
            _ALL_MS,
        ),
        (
            "path",
            [_FAMILY[-1]],
            partial(way, f"dataset:{_CALLED}", _reference(_FAMILY[-1])),
            _ALL_MS,
        ),
    ]
    catalog = driver.open_reader(path / CATALOG)
    try:
        return [_row(catalog, *one) for one in asked]
    finally:
        catalog.close()


def _row(catalog: driver.Connection, words: str, starts: list[int], ask: Work, most: float) -> Row:
    """Hold a question against one statement that reads the edges of all that it is about by id."""
    found = reached(catalog, starts, "down" if starts == [_HUB] else "up")
    ids = {"ids": json.dumps(sorted(found))}
    works: dict[str, Work] = {"ask": ask, "read": lambda: catalog.execute(_ROWS, ids).fetchall()}
    interleaved(works, 1)
    seconds = interleaved(works, _ROUNDS)
    took, read = (median(seconds[name]) * 1e3 for name in ("ask", "read"))
    return Row(
        f"lineage: {words}",
        took,
        "ms",
        f"edges of all {len(found):,} things read by id: {read:,.2f} ms",
        times(seconds["ask"], seconds["read"]),
        "none" if most == inf else f"<= {most:g} ms",
        took <= most,
    )


def _reference(version: int) -> str:
    model, number = divmod(version - 1, _A_MODEL)
    return f"model-{model + 1:04d}:v{number + 1}"


def fill(path: Path) -> None:
    """Fill the catalog at ``path``: 50,000 versions in 1,000 models, and 50,000 other things.

    Each version has a base, three data sets, a commit and a run. The first 30,000 grew as histories
    do, each from some earlier one; all of the next 10,000 came of one data set; the last 10,000 are
    a chain, each made from the one before, which no real history is.
    """
    connection = driver.dbapi.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TEMP TABLE n (value INTEGER PRIMARY KEY)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO n VALUES (?)", ((i,) for i in range(1, _CHAIN.stop)))
    for statement in _FILL:
        connection.execute(statement)
    connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?, ?)", _things())
    connection.executemany("INSERT INTO edge VALUES (?, ?, ?, 'told', '')", _edges())
    connection.execute("COMMIT")
    connection.close()


def _things() -> Iterator[tuple[int, str, str, str, str]]:
    ident = 0
    for kind, count in (("dataset", _DATASETS), ("code", _COMMITS), ("run", _RUNS)):
        for number in range(count):
            ident -= 1
            name = _CALLED if ident == _HUB else f"{kind}-{number}"
            yield ident, kind, f"{name} 4", name, f"{name} 4"


def _edges() -> Iterator[tuple[int, str, int]]:
    chance = random.Random(5)
    for version in range(1, _CHAIN.stop):
        trained = chance.sample(range(2, _DATASETS + 1), 3)
        if version in _FAMILY[:_DIRECT]:
            trained[0] = -_HUB
        kinds = ("trained_on", "trained_on", "evaluated_on")
        yield from ((version, kind, -data) for kind, data in zip(kinds, trained, strict=True))
        yield version, "built_from", -_DATASETS - chance.randint(1, _COMMITS)
        yield version, "produced_by", -_DATASETS - _COMMITS - 1 - version % _RUNS
        base = _base(version, chance)
        if base is not None:
            yield version, "derived_from", base


def _base(version: int, chance: random.Random) -> int | None:
    if version in _CHAIN:
        return version - 1 if version > _CHAIN.start else None
    if version in _FAMILY:
        least = _FAMILY.start
        return chance.randint(least, version - 1) if version >= least + _DIRECT else None
    return chance.randint(1, version - 1) if version > 1 else None
