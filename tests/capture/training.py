"""A training script, the folder it stands in, and how it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.surroundings.work_trees import put

SOURCE = Path(__file__).parents[2] / "src"

SCRIPT = """\
import csv, pathlib, sys
import modelshelf

with modelshelf.capture(sys.argv[1], actor="ana") as run:
    run.params({"lr": 0.1, "depth": None})
    rows = list(csv.reader(open(run.dataset("data/train.csv"))))
    list(open("data/other.csv"))
    model = pathlib.Path(sys.argv[3])
    model.write_bytes(pathlib.Path("weights.bin").read_bytes())
    run.metric("auc", len(rows) / 4, dataset="train", higher_is_better=True)
    version = run.register("churn", model)
print(version.reference)
"""


def project(folder: Path, weights: bytes, script: str = SCRIPT) -> Path:
    """Write a training script with its data into a folder."""
    put(folder / "train.py", script)
    put(folder / "data" / "train.csv", "x,y\n1,2\n3,4\n")
    put(folder / "data" / "other.csv", "x\n1\n")
    put(folder / "weights.bin", weights)
    return folder


def train(
    folder: Path, *words: str | Path, env: Mapping[str, str] | None = None, script: str = "train.py"
) -> subprocess.CompletedProcess[str]:
    """Run the training script in its folder, as a person does."""
    return subprocess.run(
        [sys.executable, script, *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **(env or {})},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
