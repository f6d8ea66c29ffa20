"""Make one version again: train it, write its artifact, and write what was measured beside it.

python make_one.py vision/digits 3 --out DIR

A version that goes on from another one trains that one first, so that nothing is read but the data
sets that scikit-learn brings along. `modelshelf reproduce` runs this from the snapshot of the code.
"""

import argparse
import json
import shutil
import tempfile
import warnings
from pathlib import Path

from recipes.line import Line, make
from recipes.lines import MODULES, line_of, measured_later
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits


def main() -> None:
    """Make the version that the command line names, in the folder that it names."""
    asked = argparse.ArgumentParser(description="Make one version of the sample registry again.")
    asked.add_argument("model", choices=MODULES, metavar="MODEL", help=", ".join(MODULES))
    asked.add_argument("number", type=int, help="the number of the version")
    asked.add_argument("--out", type=Path, required=True, help="where to write")
    given = asked.parse_args()
    line = line_of(given.model)
    if not 1 <= given.number <= len(line.recipes):
        asked.error(f"{line.name} has versions 1 to {len(line.recipes)}")
    with threadpool_limits(1), warnings.catch_warnings():
        # A limit on rounds is a setting of some recipes, not an accident.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _make(line, given.number, given.out)


def _make(line: Line, number: int, out: Path) -> None:
    split = line.load()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for each in _chain(line, number):
            made = make(line, split, each, root)
        metrics = {**made.metrics, **measured_later(line, split, number, root)}
        _write(root / line.path(number), out, metrics)


def _chain(line: Line, number: int) -> list[int]:
    """Say which versions it takes, first the one that the others go on from."""
    chain = [number]
    while chain[0] in line.bases:
        chain.insert(0, line.bases[chain[0]])
    return chain


def _write(artifact: Path, out: Path, metrics: dict[str, float]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    target = out / artifact.name
    if artifact.is_dir():
        shutil.copytree(artifact, target)
        sidecar = target / "modelshelf.json"
    else:
        shutil.copyfile(artifact, target)
        sidecar = target.with_name(f"{target.name}.json")
    sidecar.write_text(json.dumps({"metrics": metrics}), encoding="utf-8")


if __name__ == "__main__":
    main()
