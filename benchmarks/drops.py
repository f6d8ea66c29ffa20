"""How fast a drop of thousands of small models is taken in, and what that takes.

MODELSHELF_BENCH_DROPS   number of files, 10,000 unless said and at least 100; of a few hundred the
                         second and a half counts in which they lie still and are looked at again
MODELSHELF_BENCH_DIR     where to work, the folder for temporary files unless said
"""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.memory import MIB
from benchmarks.one_drop import A_SLICE, EVERY, Drop
from benchmarks.rows import Row
from modelshelf import open_registry
from modelshelf.catalog.database import CATALOG

_FILES = 10_000
_MODELS = 100
_POLICY = '[[drop_folders]]\npath = "inbox"\nsettle = 0.5\n'
_LEAST = 0.12  # on a disk that is done with an fsync in no time; 0.6 on a slow one
_LEAST_OF_CALLS = 0.7
_WRITES_MOST = 1.1
_GROWTH_MOST = 128


def main() -> list[Row]:
    """Measure a drop against the same files written by hand, and against a call for each."""
    count = max(int(os.environ.get("MODELSHELF_BENCH_DROPS", str(_FILES))), EVERY)
    with tempfile.TemporaryDirectory(dir=os.environ.get("MODELSHELF_BENCH_DIR")) as name:
        folder = Path(name)
        dropped = folder / "dropped"
        with open_registry(dropped, actor="bench", create=True):
            (dropped / "modelshelf.toml").write_text(_POLICY, "utf-8")
        _write(dropped / "inbox", count)
        for other in ("to write", "to call"):
            _write(folder / other, count // EVERY * A_SLICE)
        drop = _take(folder)
        size = (dropped / CATALOG).stat().st_size / MIB
    return _rows(drop, count, size)


def _rows(drop: Drop, count: int, catalog: float) -> list[Row]:
    rate, whole = drop.taken / drop.seconds, drop.taken == count
    written, called = (
        len(seconds) * A_SLICE / sum(seconds) for seconds in (drop.written, drop.called)
    )
    grown, writes = drop.grown / MIB, drop.writes / count
    return [
        Row(
            f"take in a drop of {count:,} small models",
            rate,
            "versions/s",
            f"write, fsync, rename, one row: {written:,.0f}/s",
            rate / written,
            f">= {_LEAST:.0%} of that",
            whole and rate >= _LEAST * written,
        ),
        Row(
            "the same drop",
            rate,
            "versions/s",
            f"versions.register for each: {called:,.0f}/s",
            rate / called,
            f">= {_LEAST_OF_CALLS:.0%} of that",
            whole and rate >= _LEAST_OF_CALLS * called,
        ),
        Row(
            "write transactions of that drop",
            drop.writes,
            "",
            "one for each version",
            writes,
            f"<= {_WRITES_MOST:g} x",
            writes <= _WRITES_MOST,
        ),
        Row(
            "memory that this drop takes",
            grown,
            "MiB",
            f"the catalog: {catalog:,.1f} MiB",
            grown / catalog,
            f"<= {_GROWTH_MOST} MiB",
            grown <= _GROWTH_MOST,
        ),
    ]


def _write(folder: Path, count: int) -> None:
    """Write so many safetensors files, each into the folder of its model."""
    bits = random.Random(1)
    head = {"w": {"dtype": "F32", "shape": [32], "data_offsets": [0, 128]}}
    text = json.dumps(head).encode()
    for number in range(count):
        file = folder / f"model-{number % _MODELS:03d}" / f"w-{number}.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(struct.pack("<Q", len(text)) + text + bits.randbytes(128))


def _take(folder: Path) -> Drop:
    if hasattr(os, "sync"):
        os.sync()
    command = [sys.executable, "-m", "benchmarks.one_drop", str(folder)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=root)
    return Drop(**json.loads(done.stdout))


if __name__ == "__main__":
    for row in main():
        print(f"{row.work}: {row.measured:,.1f} {row.unit}, {row.ratio:.2f} x {row.against}")
