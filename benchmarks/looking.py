"""What looking into files costs: large ones in a child process, and the questions themselves."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import large
from benchmarks.memory import MIB, bytes_read, most_memory
from benchmarks.rows import Row
from benchmarks.timing import Work, interleaved, times
from modelshelf.formats import Source, inspect, inspectors
from modelshelf.formats.looking import look
from modelshelf.formats.worker.process import Process
from modelshelf.formats.worker.setup import Setup
from modelshelf.formats.worker.shared import Worker

_ROUNDS = 7
_A_ROUND = 200
_PYTHON = [sys.executable, "-c", "pass"]
_LONGEST = 5.0
_LONGEST_START = 25.0
_LONGEST_QUESTION = 6.0
_READ_MOST = 5
_MEMORY_MOST = 300


@dataclass(frozen=True, slots=True)
class _Facts:
    """What looking into a file of one format took of its child, in bytes."""

    called: str
    read: int
    memory: int


def main() -> list[Row]:
    """Measure looking into 2 GB of each of six formats, and into a file of some hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="modelshelf-bench-") as name:
        folder = Path(name)
        files = large.write(folder)
        rows = [_time(called, path) for called, path in files.items()]
        if Path("/proc/self/io").exists():
            facts = [_facts(called, path) for called, path in files.items()]
            rows += [_most_read(facts), _most_memory(facts)]
        return [*rows, _question(_small(folder)), _start()]


def _time(called: str, path: Path) -> Row:
    source = Source.from_path(path)
    sound = inspect(source).parameters == large.TENSORS * large.COUNT
    works: dict[str, Work] = {
        "look": partial(inspect, source),
        "read": partial(_read, path),
        "bare": _bare,
    }
    interleaved(works, 1)
    seconds = interleaved(works, _ROUNDS)
    took, reading, bare = (median(seconds[name]) * 1e3 for name in works)
    ratio = times(seconds["look"], seconds["bare"])
    return Row(
        f"look into 2 GB of {called}",
        took,
        "ms",
        f"python -c pass: {bare:.1f} ms; reading 1 MiB of it: {reading:.2f} ms",
        ratio,
        f"<= {_LONGEST:g} x",
        sound and ratio <= _LONGEST,
    )


def _facts(called: str, path: Path) -> _Facts:
    """Ask a child of its own about one file."""
    process = Process(Setup())
    process.wait_until_ready()
    before = bytes_read(process.identity)
    process.ask("inspect", Source.from_path(path))
    read, memory = bytes_read(process.identity) - before, most_memory(process.identity)
    process.end()
    return _Facts(called, read, memory)


def _most_read(facts: list[_Facts]) -> Row:
    most = max(facts, key=lambda each: each.read)
    return Row(
        f"bytes read of them, most of {most.called}",
        most.read / MIB,
        "MiB",
        f"all of it: {large.SIZE / MIB:,.0f} MiB",
        most.read / large.SIZE,
        f"<= {_READ_MOST} MiB",
        most.read <= _READ_MOST * MIB,
    )


def _most_memory(facts: list[_Facts]) -> Row:
    most = max(facts, key=lambda each: each.memory)
    return Row(
        f"memory of the child, most for {most.called}",
        most.memory / MIB,
        "MiB",
        f"all of it: {large.SIZE / MIB:,.0f} MiB",
        most.memory / large.SIZE,
        f"<= {_MEMORY_MOST} MiB",
        most.memory <= _MEMORY_MOST * MIB,
    )


def _question(path: Path) -> Row:
    """Ask a child about a small file again and again, against looking in this very process."""
    source, worker, every = Source.from_path(path), Worker(), inspectors()
    works = {
        "child": partial(_often, partial(worker.inspect, source)),
        "here": partial(_often, partial(look, source, every)),
    }
    interleaved(works, 1)
    seconds = interleaved(works, _ROUNDS)
    worker.close()
    child, here = (median(seconds[name]) / _A_ROUND * 1e6 for name in works)
    ratio = times(seconds["child"], seconds["here"])
    return Row(
        "look into a small file, in a child",
        child,
        "us",
        f"in this very process, without its limits: {here:.0f} us",
        ratio,
        f"<= {_LONGEST_QUESTION:g} x",
        ratio <= _LONGEST_QUESTION,
    )


def _start() -> Row:
    works: dict[str, Work] = {"child": _started, "bare": _bare}
    interleaved(works, 1)
    seconds = interleaved(works, _ROUNDS)
    ratio = times(seconds["child"], seconds["bare"])
    return Row(
        "start the child that looks",
        median(seconds["child"]) * 1e3,
        "ms",
        f"python -c pass: {median(seconds['bare']) * 1e3:.1f} ms",
        ratio,
        f"<= {_LONGEST_START:g} x",
        ratio <= _LONGEST_START,
    )


def _started() -> None:
    process = Process(Setup())
    process.wait_until_ready()
    process.end()


def _bare() -> None:
    subprocess.run(_PYTHON, check=True)


def _often(work: Callable[[], object]) -> None:
    for _ in range(_A_ROUND):
        work()


def _read(path: Path) -> int:
    with path.open("rb", buffering=0) as file:
        return len(file.read(MIB))


def _small(folder: Path) -> Path:
    path = folder / "small.safetensors"
    text = json.dumps({"w": {"dtype": "F32", "shape": [32], "data_offsets": [0, 128]}}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(128))
    return path


if __name__ == "__main__":
    for row in main():
        print(f"{row.work}: {row.measured:,.1f} {row.unit}, {row.ratio:.2f} x {row.against}")
