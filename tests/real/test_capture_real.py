"""Real trainings in their own processes: what is captured is true, and they come out again."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from modelshelf.registry import Registry
from tests.capture.training import train
from tests.real.conftest import QUIET, need
from tests.surroundings.work_trees import checked_out, contents, git, put, work_tree

# The strength of the penalty stands in a file that no commit holds as it was used, and the classes
# in one that git does not know.
FLOWERS = """\
import json, sys

import joblib
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

import modelshelf
from settings import C
from kinds import FIRST

with modelshelf.capture(sys.argv[1], actor="ana") as run:
    rows = np.loadtxt(run.dataset("data/iris.csv"), delimiter=",", skiprows=1)
    x, y = rows[:, :4], rows[:, 4] == FIRST
    model = LogisticRegression(C=C).fit(x, y)
    run.params(model.get_params())
    run.metric("accuracy", model.score(x, y), dataset="iris", higher_is_better=True)
    run.metric("size", float(np.linalg.norm(model.coef_)))
    joblib.dump(model, sys.argv[3])
    registered = run.register("flowers", sys.argv[3])
print(json.dumps({"scikit-learn": sklearn.__version__, "numpy": np.__version__,
                  "joblib": joblib.__version__, "done": str(registered.reference)}))
"""

TRACKED = """\
import json, pathlib, sys

import mlflow

import modelshelf

mlflow.set_tracking_uri(pathlib.Path("runs").absolute().as_uri())
with mlflow.start_run() as active, modelshelf.capture(sys.argv[1], actor="ana") as run:
    run.register("tracked", sys.argv[3])
print(json.dumps({"run": active.info.run_id}))
"""

Told = dict[str, Any]


def run_script(folder: Path, registry: Registry, out: str) -> Told:
    """Run the script of a folder; return what it says of itself."""
    done = train(folder, registry.path, "--out", out, env=QUIET)
    assert done.returncode == 0, done.stderr
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.fixture
def flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository of a training with real data, changed since its only commit."""
    need("scikit-learn", "joblib")
    for name in tuple(os.environ):
        if name.startswith("OPENBLAS_"):  # changes the last bits, and is not there the second time
            monkeypatch.delenv(name)
    spec = find_spec("sklearn")  # its data are read, and it is not imported here
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "datasets" / "data" / "iris.csv"
    tree = tmp_path / "flowers"
    put(tree / "data" / "iris.csv", data.read_bytes())
    work_tree(tree, train__py=FLOWERS, settings__py="C = 1.0\n", __gitignore="*.joblib\n")
    put(tree / "settings.py", "C = 0.01\n")
    put(tree / "kinds.py", "FIRST = 0\n")
    return tree


def test_what_is_captured_is_true(registry: Registry, flowers: Path, tmp_path: Path) -> None:
    """Packages are those that the script imported, and commit and patch give the code it was."""
    before = contents(flowers, but=(".git",))
    told = run_script(flowers, registry, "model.joblib")
    detail = registry.versions.detail("flowers:v1")
    code, environment = detail.code, detail.environment
    assert code is not None
    assert environment is not None
    assert told.pop("done") == "flowers:v1"
    packages = dict(environment.packages)
    assert {name: packages.get(name) for name in told} == told
    assert {name: version(name) for name in packages} == packages
    assert {"mlflow-skinny", "pytest", "SQLAlchemy", "textual"}.isdisjoint(packages)
    assert environment.python == platform.python_version()
    assert (code.commit, code.dirty) == (git(flowers, "rev-parse", "HEAD"), True)
    patch = registry.reproductions.kept(code.patch or "")
    again = checked_out(flowers, code.commit or "", tmp_path / "again", patch)
    assert contents(again, but=(".git",)) == before
    assert (detail.version.params["C"], detail.datasets[0].rows) == ("0.01", 150)


def test_it_comes_out_again_byte_for_byte(registry: Registry, flowers: Path) -> None:
    """The commit alone would give other weights: it takes the patch, and the file in it."""
    run_script(flowers, registry, "model.joblib")
    for name in ("settings.py", "kinds.py", "train.py"):
        (flowers / name).unlink()  # what is there now does not count
    done = registry.reproductions.run("flowers:v1", python=sys.executable)
    assert done.report.outcome == "identical", done.report
    assert (done.report.differences, len(done.report.metrics)) == ((), 2)
    assert all(metric.measured == metric.recorded for metric in done.report.metrics)


def test_an_active_run_of_mlflow_is_the_run(registry: Registry, tmp_path: Path) -> None:
    """Its id is recorded without being asked for, and leads from the run to the version."""
    need("mlflow-skinny")
    folder = tmp_path / "tracked"
    put(folder / "train.py", TRACKED)
    put(folder / "model.bin", b"weights")
    run = run_script(folder, registry, "model.bin")["run"]
    detail = registry.versions.detail("tracked:v1")
    assert detail.run is not None
    assert (detail.run.id, detail.run.tracker, detail.run.url) == (run, "mlflow", None)
    assert detail.environment is not None
    assert detail.environment.packages["mlflow-skinny"] == version("mlflow-skinny")
    below = registry.lineage.of(f"run:{run}", hops=1, ways="down")
    assert [edge.kind for edge in below.edges] == ["produced_by"]
    assert "tracked:v1" in {node.reference for node in below.nodes}
