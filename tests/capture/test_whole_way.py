"""From a real training in a dirty repository to the same bytes again, and what is said between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modelshelf.domain.errors import Refused
from modelshelf.domain.models import VersionDetail
from modelshelf.registry import Registry
from tests.capture.training import SOURCE
from tests.registry.heads import posix
from tests.surroundings.work_trees import git, put, work_tree

TRAIN = """\
import json, struct, sys
from pathlib import Path
import modelshelf
from model import fit

with modelshelf.capture({shelf!r}, actor="ana") as run:
    rows = Path(run.dataset("data/rows.csv")).read_text().split()[1:]
    slope, loss = fit([tuple(map(float, row.split(","))) for row in rows])
    out = Path(sys.argv[1])
    out.mkdir(exist_ok=True)
    head = json.dumps({{"w": {{"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}}}).encode()
    body = struct.pack("<Q", len(head)) + head + struct.pack("<d", slope)
    (out / "model.safetensors").write_bytes(body)
    run.metric("loss", loss)
    version = run.register("slope", out / "model.safetensors")
    print(version)
"""
FIT = """\
def fit(rows):
    slope = sum(x * y for x, y in rows) / sum(x * x for x, _ in rows)
    return slope, sum((y - slope * x) ** 2 for x, y in rows) / len(rows)
"""


def start(folder: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    """Start Python in a folder, with our source and nothing else to be imported."""
    env = {**os.environ, "PYTHONPATH": str(SOURCE), **more}
    return subprocess.Popen(
        [sys.executable, *words], cwd=folder, env=env, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def trained(
    registry: Registry, folder: Path, script: str, *words: str
) -> tuple[VersionDetail, str]:
    """Run a script that registers ``churn``; return what was registered, and the notes."""
    put(folder / "train.py", f"SHELF = {str(registry.path)!r}\n{script}")
    child = start(folder, *words, "train.py")
    _said, notes = child.communicate()
    assert child.returncode == 0, notes
    return registry.versions.detail("churn:latest"), notes


def test_a_version_is_made_again_from_what_was_captured(registry: Registry, tmp_path: Path) -> None:
    """After the repository went on, and as soon as the data is back, every byte comes out again."""
    tree = work_tree(tmp_path / "tree", __gitignore="data/\nout/\n", README__md="x\n")
    put(tree / "train.py", "raise SystemExit('not yet')\n")
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "begun")
    put(tree / "train.py", TRAIN.format(shelf=str(registry.path)))
    put(tree / "model.py", FIT)
    data = put(tree / "data" / "rows.csv", "x,y\n1,2.1\n2,3.9\n3,6.2\n")
    child = start(tree, "train.py", "out")
    assert child.communicate()[1] == ""
    code = registry.versions.detail("slope:v1").code
    assert code is not None
    assert (code.dirty, code.patch is not None, code.snapshot) == (True, True, None)
    put(tree / "model.py", "def fit(rows):\n    return 0.0, 0.0\n")
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "broken later")
    away = data.rename(tmp_path / "away.csv")
    (missing,) = registry.reproductions.recipe("slope:v1").missing
    assert (missing.ingredient, missing.state) == ("data", "missing")
    with pytest.raises(Refused, match="rows"):
        registry.reproductions.run("slope:v1", python=sys.executable)
    put(data, "x,y\n1,1\n")
    assert registry.reproductions.recipe("slope:v1").missing[0].state == "changed"
    away.rename(data)
    assert registry.reproductions.recipe("slope:v1").complete
    done = registry.reproductions.run("slope:v1", python=sys.executable)
    assert (done.report.outcome, done.report.why) == (
        "identical",
        "every byte is what was registered",
    )
    assert [m.within for m in done.report.metrics] == [True]
    assert len(registry.versions.search("").versions) == 1
    assert git(tree, "status", "--porcelain") == ""


_HEAD = """
import os, pathlib, modelshelf
run = modelshelf.capture(SHELF, actor="ana")
"""
_END = """
    run.register("churn", pathlib.Path(__file__).parent / "m.safetensors")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a model to register, and data."""
    from tests.furnished import weights

    put(tmp_path / "code" / "m.safetensors", weights(1))
    put(tmp_path / "code" / "data" / "x.csv", "a\n1\n")
    return tmp_path / "code"


def test_data_is_told_from_where_the_command_was_run(registry: Registry, folder: Path) -> None:
    """A script that goes into another folder means the same file by another path."""
    script = f"{_HEAD}with run:\n    os.chdir('data')\n    run.dataset('x.csv'){_END}"
    (data,) = trained(registry, folder, script)[0].datasets
    assert data.path == "data/x.csv"


@posix
def test_a_working_folder_that_is_gone(registry: Registry, folder: Path) -> None:
    """The version is there, with what can still be known; data that was read is told."""
    script = (
        f"{_HEAD}with run:\n    open('data/x.csv').close()\n    os.mkdir('w')\n    os.chdir('w')\n"
        f"    os.rmdir('../w')\n    run.dataset('x.csv')\n    run.metric('auc', 1){_END}"
    )
    told, notes = trained(registry, folder, script)
    assert (dict(told.version.metrics), told.code is not None) == ({"auc": 1.0}, True)
    assert "x.csv" in notes


@posix
@pytest.mark.parametrize("words", [["-O"], ["-X", "dev"], ["-m"]])
def test_other_ways_to_start(registry: Registry, folder: Path, words: list[str]) -> None:
    """Options of Python's stay with the command."""
    put(folder / "train.py", f"SHELF = {str(registry.path)!r}\n{_HEAD}with run:{_END}")
    script = "train" if words == ["-m"] else "train.py"
    child = start(folder, *words, script)
    assert child.communicate()[1] == "", "no note"
    code = registry.versions.detail("churn:latest").code
    assert code is not None
    assert code.command == ("python", *words, script)


@posix
def test_a_child_that_was_forked_registers_too(registry: Registry, folder: Path) -> None:
    """A capture that is open while the process forks works in the child."""
    script = (
        f"{_HEAD}with run:\n    if child := os.fork():\n        code = os.waitpid(child, 0)[1]\n"
        f"        os._exit(os.waitstatus_to_exitcode(code)){_END}"
    )
    assert trained(registry, folder, script)[0].code is not None


@posix
def test_an_account_without_a_home(registry: Registry, folder: Path) -> None:
    """As in a container with a number for a user: the code is captured all the same."""
    script = "import pathlib\ndef none():\n    raise RuntimeError('no home')\n"
    script += f"pathlib.Path.home = staticmethod(none)\n{_HEAD}with run:{_END}"
    told, notes = trained(registry, folder, script)
    assert told.code is not None
    assert notes == ""


@posix
def test_an_interrupt_passes(registry: Registry, folder: Path) -> None:
    """Ctrl-C in the middle of a training ends it as it would without us."""
    # Whoever began the tests in the background may have had the signal ignored; and one that is
    # sent to the process comes in some thread, after which this one goes on for an instant.
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = (
        f"{_HEAD}import signal\n{heard}\nwith run:\n    signal.raise_signal(signal.SIGINT){_END}"
    )
    put(folder / "train.py", f"SHELF = {str(registry.path)!r}\n{script}")
    child = start(folder, "train.py")
    assert "KeyboardInterrupt" in child.communicate()[1]
    assert child.returncode == -signal.SIGINT
    assert registry.versions.search("").versions == ()


def test_two_trainings_at_once(registry: Registry, folder: Path) -> None:
    """Both have their version; neither waits for the other to end."""
    from tests.furnished import weights

    put(folder / "n.safetensors", weights(2))
    both = _END.replace('"m.safetensors"', 'f"{sys.argv[1]}.safetensors"')
    put(folder / "train.py", f"import sys\nSHELF = {str(registry.path)!r}\n{_HEAD}with run:{both}")
    children = [start(folder, "train.py", name) for name in "mn"]
    assert [child.communicate()[1] for child in children] == ["", ""]
    assert len(registry.versions.search("model:churn").versions) == 2
