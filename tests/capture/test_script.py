"""A real training script in a process of its own: what is recorded without being asked."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from modelshelf.domain.models import VersionDetail
from modelshelf.domain.provenance.measured import MetricSource
from modelshelf.registry import Registry
from modelshelf.surroundings.snapshot import unpack
from tests.capture.training import SCRIPT, project, train
from tests.furnished import weights
from tests.surroundings.work_trees import checked_out, contents, git, put, work_tree


def trained(registry: Registry, folder: Path, *words: str | Path) -> VersionDetail:
    """Run the script of a folder and return what was registered."""
    done = train(folder, registry.path, "--out", *(words or ("model.safetensors",)))
    assert (done.returncode, done.stdout) == (0, "churn:v1\n"), done.stderr
    return registry.versions.detail("churn:v1")


def kept(registry: Registry, digest: str | None) -> bytes:
    """Return a patch or snapshot as the registry keeps it."""
    with registry._context.blobs.open(digest or "") as blob:
        return blob.read()


def test_a_dirty_work_tree_can_be_had_again(registry: Registry, tmp_path: Path) -> None:
    """Commit and patch give the very code that ran, without what it made."""
    tree = work_tree(project(tmp_path / "code", weights(1)))
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "first")
    git(tree, "remote", "add", "origin", "https://ana:pw@example.org/churn.git")
    put(tree / "train.py", SCRIPT + "# more\n")
    put(tree / "new.py", "new\n")
    before = contents(tree, but=(".git",))
    code = trained(registry, tree).code
    assert code is not None
    assert (code.repository, code.dirty, code.entry) == (
        "https://example.org/churn.git", True, "train.py",
    )  # fmt: skip
    assert (code.snapshot, code.directory) == (None, None)
    patch = kept(registry, code.patch)
    again = checked_out(tree, code.commit or "", tmp_path / "again", patch)
    assert contents(again, but=(".git",)) == before


def test_a_folder_without_a_repository_is_kept(registry: Registry, tmp_path: Path) -> None:
    """The snapshot holds the code as it was when the training began."""
    folder = project(tmp_path / "code", weights(1))
    before = contents(folder)
    code = trained(registry, folder).code
    assert code is not None
    assert (code.repository, code.commit, code.patch) == (None, None, None)
    unpack(kept(registry, code.snapshot), tmp_path / "again")
    assert contents(tmp_path / "again") == before


def test_a_repository_without_a_commit_is_kept(registry: Registry, tmp_path: Path) -> None:
    """No commit can name the code, so its files are there."""
    folder = work_tree(project(tmp_path / "code", weights(1)))
    code = trained(registry, folder).code
    assert code is not None
    assert (code.commit, code.snapshot is not None) == (None, True)


def test_everything_else_is_recorded(registry: Registry, tmp_path: Path) -> None:
    """Data with its digest, metrics with their source, environment and run."""
    told = trained(registry, project(tmp_path / "code", weights(1)))
    (data,) = told.datasets
    assert (data.name, data.role, data.split, data.rows) == ("train", "trained_on", "train", 2)
    assert data.path == "data/train.csv"
    assert told.metric_sources == {"auc": MetricSource("train", None, "higher", "capture")}
    assert (dict(told.version.metrics), dict(told.version.params)) == (
        {"auc": 0.75}, {"lr": "0.1", "depth": "null"},
    )  # fmt: skip
    assert told.environment is not None
    assert told.environment.python == platform.python_version()
    assert "SQLAlchemy" not in told.environment.packages  # ours, and not the training's
    assert told.run is not None
    assert (told.run.tracker, (told.run.seconds or 0) > 0) == ("modelshelf", True)


@pytest.mark.parametrize("out", ["model.safetensors", "build/model.safetensors"])
def test_the_command_can_be_run_elsewhere(registry: Registry, tmp_path: Path, out: str) -> None:
    """Python is a word, paths are relative, and the output has a place to be given."""
    folder = project(tmp_path / "code", weights(1))
    (folder / "build").mkdir()
    code = trained(registry, folder, folder / out).code
    assert code is not None
    shelf = str(registry.path)
    assert code.command == ("python", "train.py", shelf, "--out", "{out}/model.safetensors")


def test_a_script_below_the_working_folder_keeps_its_place(
    registry: Registry, tmp_path: Path
) -> None:
    """Paths in a script are relative to where it was run, and so are its words."""
    folder = project(tmp_path / "code", weights(1))
    put(folder / "src" / "fit.py", SCRIPT)
    done = train(folder, registry.path, "--out", "m.safetensors", script="src/fit.py")
    assert done.returncode == 0, done.stderr
    code = registry.versions.detail("churn:v1").code
    assert code is not None
    assert (code.entry, code.command[:2]) == ("src/fit.py", ("python", "src/fit.py"))


def test_what_is_missing_is_one_line(registry: Registry, tmp_path: Path) -> None:
    """Data that was read and not named is told at the end, and the training went well."""
    folder = project(tmp_path / "code", weights(1))
    done = train(folder, registry.path, "--out", "model.safetensors")
    assert done.returncode == 0
    assert done.stderr == ("modelshelf: 1 data file was read and not named: data/other.csv.\n")


def test_a_missing_registry_is_told_before_the_training(tmp_path: Path) -> None:
    """The warning does not wait for hours, and the error is that of `register`."""
    folder = project(tmp_path / "code", weights(1))
    done = train(folder, tmp_path / "none", "--out", "model.safetensors")
    assert done.returncode == 1
    first, *_ = done.stderr.splitlines()
    assert first.startswith("modelshelf: There is no registry at")
    assert done.stderr.splitlines()[-1].startswith("modelshelf.domain.errors.NotFound")


def test_secrets_of_a_command_line_are_not_kept(registry: Registry, tmp_path: Path) -> None:
    """Values of options with such names are masked."""
    folder = project(tmp_path / "code", weights(1))
    words = (registry.path, "--out", "m.safetensors", "--api-key", "hunter2", "--db-password=x")
    assert train(folder, *words).returncode == 0
    code = registry.versions.detail("churn:v1").code
    assert code is not None
    assert code.command[-3:] == ("--api-key", "***", "--db-password=***")


@pytest.mark.parametrize("how", ["-c", "-"])
def test_code_that_came_from_no_file_has_no_command(
    registry: Registry, tmp_path: Path, how: str
) -> None:
    """What was typed in cannot be run again by its words; the version is there all the same."""
    folder = project(tmp_path / "code", weights(1))
    words = [how, SCRIPT] if how == "-c" else [how]

    done = subprocess.run(
        [sys.executable, *words, str(registry.path), "--out", "m.safetensors"],
        cwd=folder, input=SCRIPT, check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no command is kept" in done.stderr
    code = registry.versions.detail("churn:v1").code
    assert code is not None
    assert (code.command, code.entry) == ((), None)
