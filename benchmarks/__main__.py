"""Runs the benchmarks, or those that are named, and prints one table: ``python -m benchmarks``.

A benchmark reports and does not judge: the exit code is 0 whatever the figures are. Each row is
held against other work of the same run, because the seconds of one machine say little on another.
"""

from __future__ import annotations

import importlib
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.rows import Row
from benchmarks.shelf import Shelf
from modelshelf.catalog import driver

Benchmark = Callable[[Shelf], list[Row]]

# Module, and whether it asks the large registry of the run.
_BENCHMARKS = {
    "start": True,
    "register": True,
    "bulk": True,
    "lookup": True,
    "verify": True,
    "search": False,
    "app": False,
    "lineage": False,
    "gates": False,
    "ingest": False,
    "drops": False,
    "looking": False,
    "tensors": False,
    "compare": True,
}
_HEAD = ("work", "measured", "against, in the same run", "ratio", "bar", "ok")
_WIDTHS = (42, 18, 62, 6, 15, 3)


def main(names: list[str]) -> int:
    """Run the benchmarks with these names, or all of them, and print their rows."""
    unknown = [name for name in names if name not in _BENCHMARKS]
    if unknown:
        sys.stderr.write(f"no such benchmark: {', '.join(unknown)}; {', '.join(_BENCHMARKS)}\n")
        return 2
    print(_machine())
    _print(_HEAD)
    _print(tuple("-" * width for width in _WIDTHS))
    with tempfile.TemporaryDirectory(prefix="modelshelf-bench-") as folder:
        shelf = Shelf(Path(folder))
        for name in names or _BENCHMARKS:
            for row in _run(name, shelf):
                _print(_cells(row))
    return 0


def _run(name: str, shelf: Shelf) -> list[Row]:
    module = importlib.import_module(f"benchmarks.{name}")
    rows: list[Row] = module.main(shelf) if _BENCHMARKS[name] else module.main()
    return rows


def _machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    sqlite = ".".join(str(part) for part in driver.version)
    return (
        f"Python {platform.python_version()}, SQLite {sqlite} ({driver.name}),"
        f" {platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}\n"
    )


def _cells(row: Row) -> tuple[str, ...]:
    digits = 0 if abs(row.measured) >= 100 else 1
    ratio = "" if math.isnan(row.ratio) else f"{row.ratio:.2f}"
    measured = f"{row.measured:,.{digits}f} {row.unit}"
    return row.work, measured, row.against, ratio, row.bar, "yes" if row.ok else "NO"


def _print(cells: tuple[str, ...]) -> None:
    pairs = zip(cells, _WIDTHS, strict=True)
    print("  ".join(cell.ljust(width) for cell, width in pairs).rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
