"""How long a person waits for an answer: whole processes against a bare interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import Shelf, reference
from benchmarks.timing import Work, interleaved, times

_ROUNDS = 15
_MLFLOW_ROUNDS = 3
_MOST = 9.0
_LEAST_FASTER = 12.0
_PYTHON = [sys.executable, "-c", "pass"]


def main(shelf: Shelf) -> list[Row]:
    """Measure `--help`, `list`, `show` and `resolve` on a registry of 100,000 versions."""
    asked = {
        "--help": ["--help"],
        "list": ["-R", str(shelf.path), "list"],
        "show": ["-R", str(shelf.path), "show", reference(0, 1)],
        "resolve": ["-R", str(shelf.path), "resolve", reference(0, 1)],
    }
    works = {name: process([*_command(), *words]) for name, words in asked.items()}
    works["bare"] = process(_PYTHON)
    interleaved(works, 1)  # compiles what has not been run yet
    seconds = interleaved(works, _ROUNDS)
    bare = seconds["bare"]
    rows = [_row(name, seconds[name], bare) for name in asked]
    return rows + _against_mlflow(works["list"])


def _row(name: str, seconds: list[float], bare: list[float]) -> Row:
    ratio = times(seconds, bare)
    return Row(
        f"modelshelf {name}",
        median(seconds) * 1e3,
        "ms",
        f"python -c pass: {median(bare) * 1e3:.1f} ms",
        ratio,
        f"<= {_MOST:g} x",
        ratio <= _MOST,
    )


def _against_mlflow(listing: Work) -> list[Row]:
    """Compare with the import alone of what else one might use, where that is installed.

    ``BENCHMARK_MLFLOW_PYTHON`` names an interpreter that has it, if this one does not.
    """
    python = os.environ.get("BENCHMARK_MLFLOW_PYTHON", sys.executable)
    command = [python, "-c", "import mlflow"]
    if subprocess.run(command, env=environment(), capture_output=True, check=False).returncode:
        sys.stderr.write("mlflow is not installed: not compared\n")
        return []
    seconds = interleaved({"list": listing, "mlflow": process(command)}, _MLFLOW_ROUNDS)
    ratio = times(seconds["mlflow"], seconds["list"])
    return [
        Row(
            "modelshelf list, against an import",
            median(seconds["list"]) * 1e3,
            "ms",
            f"import mlflow: {median(seconds['mlflow']) * 1e3:,.0f} ms, so many times slower",
            ratio,
            f">= {_LEAST_FASTER:g} x",
            ratio >= _LEAST_FASTER,
        )
    ]


def _command() -> list[str]:
    """Return how this environment calls the command line: as a person does, if it is installed."""
    script = shutil.which("modelshelf", path=str(Path(sys.executable).parent))
    return [script] if script else [sys.executable, "-m", "modelshelf"]


def process(command: list[str]) -> Work:
    """Return running a command to its end as a piece of work."""
    return partial(
        subprocess.run,
        command,
        env=environment(),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def environment() -> dict[str, str]:
    """Return an environment in which modules stay compiled, as they do for a person."""
    left_out = ("MODELSHELF_", "PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME")
    return {name: v for name, v in os.environ.items() if not name.startswith(left_out)}
