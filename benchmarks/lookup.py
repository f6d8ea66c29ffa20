"""What a lookup costs a program that has the registry open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import MODELS, VERSIONS, Shelf, model, reference
from benchmarks.timing import Work, interleaved, times
from modelshelf import open_registry
from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG

_ROUNDS = 9
_A_ROUND = 2_000
_MOST_US = 60.0
_ROW = (
    "SELECT v.id FROM model m JOIN version v ON v.model_id = m.id WHERE m.name = ? AND number = ?"
)


def main(shelf: Shelf) -> list[Row]:
    """Measure `promotions.resolve` by number, alias and stage against one plain SELECT."""
    catalog = driver.open_reader(shelf.path / CATALOG)
    with open_registry(shelf.path, actor="bench") as registry:
        resolve = registry.promotions.resolve
        spread = [divmod(n * 7_919 % VERSIONS, VERSIONS // MODELS) for n in range(_A_ROUND)]
        numbers = [reference(which, number + 1) for which, number in spread]
        names = [(model(which), number + 1) for which, number in spread]
        asked = {
            "name:version": partial(_each, resolve, numbers),
            "name@alias": partial(_each, resolve, [f"{model(0)}@champion"] * _A_ROUND),
            "name@stage": partial(_each, resolve, [f"{model(0)}@production"] * _A_ROUND),
        }
        works: dict[str, Work] = {
            **asked,
            "raw": lambda: [catalog.execute(_ROW, name).fetchone() for name in names],
        }
        interleaved(works, 1)
        seconds = interleaved(works, _ROUNDS)
    catalog.close()
    return [_row(name, seconds[name], seconds["raw"]) for name in asked]


def _each(resolve: Callable[[str], object], references: list[str]) -> None:
    for one in references:
        resolve(one)


def _row(name: str, seconds: list[float], raw: list[float]) -> Row:
    each, least = (median(s) / _A_ROUND * 1e6 for s in (seconds, raw))
    return Row(
        f"look up {name}, in process",
        each,
        "us",
        f"one SELECT by name and number: {least:.1f} us",
        times(seconds, raw),
        f"<= {_MOST_US:g} us",
        each <= _MOST_US,
    )
