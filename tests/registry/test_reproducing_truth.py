"""What is said of a version that was made again is true, and saying it runs and breaks nothing."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from modelshelf.domain.errors import Unavailable
from modelshelf.domain.provenance import Code, Dataset
from modelshelf.registry import Registry
from modelshelf.registry.reproducing.fresh import fresh_folder
from tests.furnished import model_file
from tests.registry.remade import COMMAND, SCRIPT, SEED, dataset, register, remake, snapshot
from tests.surroundings.work_trees import git

_TELL = """
import json, os
told = {"artifact": ARTIFACT, "metrics": {"auc": 0.9}}
open(os.environ["MODELSHELF_REPRODUCE"] + "/outcome.json", "w").write(json.dumps(told))
"""


def failed(registry: Registry, folder: Path, script: str) -> str:
    """Return why making a version again by this script failed."""
    report = remake(registry, register(registry, folder, script)).report
    assert report.outcome == "failed", report
    return report.why


def test_the_registered_bytes_are_not_what_came_out(registry: Registry, tmp_path: Path) -> None:
    """A command that names a file elsewhere, were it the very one, has made nothing."""
    original = model_file(tmp_path, SEED)
    named = _TELL.replace("ARTIFACT", repr(str(original)))
    assert "outside of the fresh folder" in failed(registry, tmp_path, named)
    link = f"import os, sys\nos.symlink({str(original)!r}, sys.argv[1] + '/model.safetensors')\n"
    assert "outside of the fresh folder" in failed(registry, tmp_path / "link", link)
    moved = f"import os, sys\nos.rmdir(sys.argv[1])\nos.symlink({str(tmp_path)!r}, sys.argv[1])\n"
    why = failed(registry, tmp_path / "moved", moved)
    assert "outside of the fresh folder" in why or "artifacts came out" in why


@pytest.mark.parametrize("folder", [False, True])
def test_a_file_that_was_there_already_was_not_made(
    registry: Registry, tmp_path: Path, *, folder: bool
) -> None:
    """The code brings the model along, and the script only points to it."""
    code = tmp_path / "code"
    model_file(code / "kept", SEED)
    (stale,) = [p for p in (code / "kept").rglob("*") if p.is_file()]
    artifact = "kept" if folder else stale.relative_to(code).as_posix()
    script = _TELL.replace("ARTIFACT", repr(artifact))
    assert "was there before the command ran" in failed(registry, tmp_path, script)


def test_what_a_capture_made_elsewhere_is_held(registry: Registry, tmp_path: Path) -> None:
    """An artifact in a temporary folder that is gone at the end is compared all the same."""
    script = SCRIPT.replace("sys.argv[1]", "tempfile.mkdtemp()").replace(
        "import json,", "import modelshelf, shutil, tempfile, json,"
    ) + (
        "with modelshelf.capture() as run:\n"
        "    run.metric('auc', 0.9)\n"
        "    run.register('churn', out / 'model.safetensors')\n"
        "    run.register('other', Path('data/seed.txt'))\n"
        "shutil.rmtree(out)\n"
    )
    report = remake(registry, register(registry, tmp_path, script)).report
    assert report.outcome == "identical", report.why


def test_devices_and_links_in_a_circle(registry: Registry, tmp_path: Path) -> None:
    """What is no file is nothing that came out, and nothing waits for it."""
    script = "import os, sys\nos.{}sys.argv[1] + '/model.safetensors'{})\n"
    failed(registry, tmp_path, script.format("mkfifo(", ""))
    failed(registry, tmp_path / "b", script.format("symlink(*2 * (", ",)"))
    failed(registry, tmp_path / "c", "import os, sys\nos.mkfifo(sys.argv[1] + '/outcome.json')\n")
    failed(registry, tmp_path / "d", _TELL.replace("ARTIFACT", "'a' * 9000"))
    failed(registry, tmp_path / "e", _TELL.replace("ARTIFACT", "'\\ud800'"))


def test_a_fresh_folder_that_was_replaced(tmp_path: Path) -> None:
    """What a command puts in its place is not followed when the folder is removed."""
    other = tmp_path / "other"
    (other / "inner").mkdir(parents=True)
    (other / "inner").chmod(0o555)
    with fresh_folder(None) as folder:
        shutil.rmtree(folder)
        folder.symlink_to(other)
    assert not os.path.lexists(folder)
    assert stat.S_IMODE((other / "inner").stat().st_mode) == 0o555


def test_a_command_that_removes_its_folder(registry: Registry, tmp_path: Path) -> None:
    """That is a failure like another, and it is recorded."""
    script = "import pathlib, shutil, sys\nshutil.rmtree(pathlib.Path(sys.argv[1]).parent)\n"
    assert "output folder" in failed(registry, tmp_path, script)


@pytest.mark.parametrize("word", ["***", "--api-key=***", "hub.token=***"])
def test_a_secret_that_was_not_kept_is_not_known(
    registry: Registry, tmp_path: Path, word: str
) -> None:
    """The command cannot be run as it was, and the recipe says so."""
    code = replace(snapshot(registry, tmp_path), command=("python", "train.py", word))
    found = registry.reproductions.recipe(register(registry, tmp_path, code=code))
    (command,) = found.missing
    assert (command.ingredient, command.state) == ("command", "unknown")


def test_places_that_cannot_be_are_missing(registry: Registry, tmp_path: Path) -> None:
    """A name that is too long, a device: told, and never an error of the system's."""
    reference = register(registry, tmp_path)
    long = "/" + "a" * 1_900
    for uri in (f"file://{long}", long, "file:///dev/zero", "file:///dev/null"):
        registry.versions.amend(reference, datasets=[Dataset("x", uri=uri, path="x")])
        data = [k for k in registry.reproductions.recipe(reference).known if k.what == "x"]
        assert [k.state for k in data] == ["missing"], uri
    registry.versions.amend(reference, code=Code(long, "a" * 40, dirty=False, command=("python",)))
    assert registry.reproductions.recipe(reference).missing[0].ingredient == "code"


def test_data_whose_place_is_a_circle(registry: Registry, tmp_path: Path) -> None:
    """A path of the data that no system takes is a sentence."""
    data = tmp_path / "seed.txt"
    data.write_text("7\n", "utf-8")
    reference = register(registry, tmp_path, datasets=[dataset(data, path="a" * 1_900)])
    with pytest.raises(Unavailable, match="cannot be copied"):
        remake(registry, reference)


def test_a_recipe_runs_nothing_of_a_repository(registry: Registry, tmp_path: Path) -> None:
    """A partial clone that is asked for a commit starts no program to fetch it."""
    repository, proof = tmp_path / "repository", tmp_path / "proof"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    (repository / "train.py").write_text(SCRIPT, "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    run = f"touch {proof}; git-upload-pack"
    for name, value in {
        "core.repositoryformatversion": "1", "extensions.partialClone": "origin",
        "remote.origin.promisor": "true", "remote.origin.url": str(repository),
        "remote.origin.uploadpack": run, "core.sshCommand": run, "core.fsmonitor": run,
    }.items():  # fmt: skip
        git(repository, "config", name, value)
    code = Code(str(repository), "b" * 40, dirty=False, command=COMMAND)
    (missing,) = registry.reproductions.recipe(register(registry, tmp_path, code=code)).missing
    assert missing.ingredient == "code"
    assert not proof.exists()
