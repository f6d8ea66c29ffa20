"""What the first page of a search costs, at a hundred thousand versions and at a million."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.catalogs import build
from benchmarks.rows import Row
from benchmarks.timing import interleaved, times
from modelshelf.catalog import driver
from modelshelf.catalog.search import search
from modelshelf.domain.query import parse_query

_ROUNDS = 11
_MILLION = "MODELSHELF_BENCH_MILLION"
_QUICK_S = 4.0
"""A machine that fills 100,000 versions in this time fills a million in a minute."""

# What one would write without knowing that a page is wanted in the order of an index.
_JOINED = """
SELECT v.id FROM version v JOIN tag t ON t.version_id = v.id JOIN metric m ON m.version_id = v.id
WHERE t.key = 'team' AND t.value = 'team3' AND m.key = :metric AND m.value > :least
ORDER BY v.created_us DESC LIMIT 50
"""
_BEST = _JOINED.replace("v.created_us", "m.value")
_WALKED = "SELECT v.id FROM version v WHERE v.created_by = 'nobody' ORDER BY v.created_us DESC"
_LIKE = """
SELECT v.id FROM version v JOIN model m ON m.id = v.model_id
WHERE m.name LIKE '%model-000077%' OR EXISTS
  (SELECT 1 FROM tag t WHERE t.version_id = v.id AND t.value LIKE '%model-000077%')
ORDER BY v.created_us DESC LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A search, and the plain SQL that one would write for it.

    Attributes:
        work: What is looked for, in words.
        text: The search.
        plain: The SQL.
        least: What a metric must be above in it.
        scans: Whether nothing can help it but reading every version.
    """

    work: str
    text: str
    plain: str
    least: float = 0.0
    scans: bool = False


_CASES = (
    Case("metric and tag", "metrics.accuracy>0.9 tag.team:team3", _JOINED, 0.9),
    Case("rare metric and tag", "metrics.accuracy>0.9995 tag.team:team3", _JOINED, 0.9995),
    Case("best by metric in a tag", "tag.team:team3 sort:-metrics.accuracy", _BEST),
    Case("a word", "model-000077", _LIKE),
    Case("no index helps", "by:nobody", _WALKED, scans=True),
)


def main() -> list[Row]:
    """Measure searches; a million versions only if the machine is quick or the variable says 1."""
    with tempfile.TemporaryDirectory(prefix="modelshelf-bench-") as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        begin = time.perf_counter()
        build(small, 100_000)
        quick = time.perf_counter() - begin < _QUICK_S
        rows = _measured(small, 100_000, 5.0)
        if os.environ.get(_MILLION, "1" if quick else "0") == "1":
            build(large, 1_000_000)
            rows += _measured(large, 1_000_000, 10.0)
        return rows


def _measured(path: Path, versions: int, bar: float) -> list[Row]:
    connection = driver.open_reader(path)
    try:
        return [_row(case, connection, versions, bar) for case in _CASES]
    finally:
        connection.close()


def _row(case: Case, connection: driver.Connection, versions: int, bar: float) -> Row:
    values = {"metric": "accuracy", "least": case.least}
    used = {name: value for name, value in values.items() if f":{name}" in case.plain}
    works: dict[str, Callable[[], object]] = {
        "search": partial(search, connection, parse_query(case.text)),
        "plain": lambda: connection.execute(case.plain, used).fetchall(),
    }
    interleaved(works, 2)
    seconds = interleaved(works, _ROUNDS)
    took, plain = (median(seconds[name]) * 1e3 for name in ("search", "plain"))
    most = versions / 4_000 if case.scans else bar
    return Row(
        f"search {versions:,}: {case.work}",
        took,
        "ms",
        f"plain SQL by time: {plain:,.1f} ms",
        times(seconds["search"], seconds["plain"]),
        f"<= {most:g} ms",
        took <= most,
    )
