"""Comparing the tensors of two files of a gigabyte value by value, against reading both once.

Everything is measured in one child process, the works in turn, so that its memory is its own. The
digests that a registry has recorded are not used: with them the same tensors would not be read.

MODELSHELF_BENCH_BYTES   size of each file, 1 GB unless said
MODELSHELF_BENCH_DIR     where to work, the folder for temporary files unless said
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.memory import MIB, most_memory
from benchmarks.rows import Row
from benchmarks.timing import Work, interleaved, times
from modelshelf.formats import Source, tensors
from modelshelf.formats.comparing import Side, plan

LONGEST = 1.5
MEMORY_MOST = 300
_ROUNDS = 7
_COLD_ROUNDS = 3
_WIDTH = 1024
_LAYER = [(_WIDTH, _WIDTH)] * 4 + [(4 * _WIDTH, _WIDTH)] * 2 + [(_WIDTH,)] * 4
_RUN, _EVERY = 1024, 20  # of every 20 runs of so many values one is changed

_CASES = {
    "same": "the same values",
    "tuned": "fine-tuned: all values changed",
    "part": "5 % of the values changed",
    "bfloat16": "bfloat16, all values changed",
    "float16": "float16, all values changed",
}


def main() -> list[Row]:
    """Write the files, measure in a child, and return the rows."""
    size = int(os.environ.get("MODELSHELF_BENCH_BYTES", str(10**9)))
    with tempfile.TemporaryDirectory(dir=os.environ.get("MODELSHELF_BENCH_DIR")) as name:
        _write(Path(name), size)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.tensors", name],
            check=True,
            stdout=subprocess.PIPE,
        )
    found = json.loads(done.stdout)
    said = f"{size / 1e9:.2g} GB"
    rows = [_time(said, case, found, cold=False) for case in _CASES]
    rows += [_time(said, case, found, cold=True) for case in found["cold"] if case in _CASES]
    return [*rows, _memory(found)]


def _time(said: str, case: str, found: dict[str, Any], *, cold: bool) -> Row:
    seconds = found["cold" if cold else "warm"]
    ratio = times(seconds[case], seconds["read"])
    where = "from the disk" if cold else "from the page cache"
    return Row(
        f"2 x {said}, {_CASES[case]}{', cold' if cold else ''}",
        median(seconds[case]) * 1e3,
        "ms",
        f"reading both once {where}: {median(seconds['read']) * 1e3:.0f} ms",
        ratio,
        f"<= {LONGEST} x",
        found["sound"] and ratio <= LONGEST,
    )


def _memory(found: dict[str, Any]) -> Row:
    most, before = found["memory"] / MIB, found["memory before"] / MIB
    return Row(
        "memory of comparing them, with NumPy",
        most,
        "MiB",
        f"the same process before it compared: {before:.0f} MiB",
        most / before,
        f"< {MEMORY_MOST} MiB",
        most < MEMORY_MOST,
    )


# --- the child -----------------------------------------------------------------------------------


def measure(folder: Path) -> dict[str, Any]:
    """Compare the files in ``folder`` in turn and return seconds and memory."""
    before = most_memory()
    works: dict[str, Work] = {"read": partial(_read, folder, "base", "tuned")}
    works |= {case: partial(_compare, folder, case) for case in _CASES}
    changed = {case: _compare(folder, case) for case in _CASES}
    interleaved(works, 1)
    warm = interleaved(works, _ROUNDS)
    found: dict[str, Any] = {"warm": warm, "cold": {}}
    found |= {"memory before": before, "memory": most_memory()}
    if hasattr(os, "posix_fadvise"):
        cold = {name: works[name] for name in ("read", "tuned")}
        found["cold"] = {name: [] for name in cold}
        for _ in range(_COLD_ROUNDS):
            for name, work in cold.items():
                _forget(folder)
                found["cold"][name] += interleaved({name: work}, 1)[name]
    found["sound"] = (
        changed["same"] == 0
        and abs(changed["part"] - 1 / _EVERY) < 0.01
        and min(changed["tuned"], changed["bfloat16"], changed["float16"]) > 0.9
    )
    return found


def _compare(folder: Path, case: str) -> float:
    """Compare a file with its base and return the share of the values that changed."""
    wide = case in ("bfloat16", "float16")
    sides = [
        _side(folder / f"{name}.safetensors") for name in (f"{case} base" if wide else "base", case)
    ]
    found = plan(*sides).run()
    return sum(row.changed or 0 for row in found.rows) / sum(row.elements for row in found.rows)


def _side(path: Path) -> Side:
    source = Source.from_path(path)
    return Side(path.stem, source, tensors(source))


def _read(folder: Path, *names: str) -> None:
    """Read files in step, once, through buffers of the size that comparing has."""
    from modelshelf.formats.comparing.running import PIECE

    buffers = [memoryview(bytearray(PIECE)) for _ in names]
    files = [(folder / f"{name}.safetensors").open("rb", buffering=0) for name in names]
    while sum(file.readinto(buffer) for file, buffer in zip(files, buffers, strict=True)):
        pass
    for file in files:
        file.close()


def _forget(folder: Path) -> None:
    """Let the system forget what it keeps of the files."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


# --- the files -----------------------------------------------------------------------------------


def _write(folder: Path, size: int) -> None:
    """Write a network of single precision in four states, and two of half precision in two."""
    import numpy as np

    chance = np.random.default_rng(0)
    values = 0.02 * chance.standard_normal(8 << 20, dtype=np.float32)
    tuned = values * np.float32(1.001) + np.float32(1e-6)
    part = values.copy()
    part[: len(part) // (_RUN * _EVERY) * _RUN * _EVERY].reshape(-1, _RUN * _EVERY)[:, :_RUN] += (
        1e-3
    )
    states = {"base": values, "same": values, "tuned": tuned, "part": part}
    for name, state in states.items():
        _file(folder / f"{name}.safetensors", "F32", 4, size, state.tobytes())
    moved = values * np.float32(1.01)
    for name, state in {"float16 base": values, "float16": moved}.items():
        _file(folder / f"{name}.safetensors", "F16", 2, size, state.astype(np.float16).tobytes())
    for name, state in {"bfloat16 base": values, "bfloat16": moved}.items():
        upper = (state.view(np.uint32) >> 16).astype(np.uint16)
        _file(folder / f"{name}.safetensors", "BF16", 2, size, upper.tobytes())


def _file(path: Path, dtype: str, width: int, size: int, data: bytes) -> None:
    header: dict[str, object] = {}
    at = 0
    for name, shape in _shapes():
        length = width * _product(shape)
        if at + length > size:
            break
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + length]}
        at += length
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # as the library of the format does
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for start in range(0, at, len(data)):
            file.write(data[: at - start])


def _shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield names and shapes of a transformer without end."""
    for number, shape in enumerate(islice(cycle(_LAYER), 1_000_000)):
        yield f"layers.{number // len(_LAYER)}.part{number % len(_LAYER)}.weight", shape


def _product(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
