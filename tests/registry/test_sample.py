"""The sample registry tells the same story on every run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Corrupt, NotFound
from modelshelf.domain.plain import read_moment
from modelshelf.registry import open_registry
from modelshelf.registry.sample import build_sample, sample_folder
from modelshelf.surroundings.untar import members

STEPS = json.loads((sample_folder() / "history.json").read_text("utf-8"))["steps"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample once; the tests that use it only look."""
    return build_sample(tmp_path_factory.mktemp("sample") / "registry")


def test_two_runs_end_in_the_same_seal(sample: Path, tmp_path: Path) -> None:
    """Every byte of every entry is the same, in another process, time zone and order of hashes."""
    again = tmp_path / "elsewhere" / "again"
    program = (
        "import sys, pathlib; from modelshelf.registry.sample import build_sample;"
        " build_sample(pathlib.Path(sys.argv[1]))"
    )
    surroundings = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-c", program, str(again)],
        check=True,
        timeout=120,
        env={**os.environ, **surroundings, "TZ": "Pacific/Auckland", "MODELSHELF_ACTOR": "eve"},
    )
    with open_registry(sample, actor="eve") as one, open_registry(again, actor="eve") as other:
        assert one.audit.head() == other.audit.head()
        assert one.audit.entries(limit=1_000) == other.audit.entries(limit=1_000)


def test_it_is_whole_and_tells_every_step(sample: Path) -> None:
    """Nothing waits in the inbox, every step is in the log at its time by its actor."""
    with open_registry(sample, actor="eve") as registry:
        assert registry.audit.verify(deep=True).whole
        entries = registry.audit.entries(limit=1_000)
        told = {(e.at, e.actor) for e in entries}
        assert all((read_moment(step["at"]), step["actor"]) in told for step in STEPS)
        registered = [e for e in entries if e.event == "version.registered"]
        assert len(registered) == sum(step["do"] == "drop" for step in STEPS)
        verdicts = {v.verdict for v in registry.versions.search("").versions}
        assert {"clean"} <= verdicts <= {"clean", "warning"}
        assert registry.intake.ledger(state="waiting") == ()
        assert registry.intake.ledger(state="refused") == ()
        events = {e.event for e in entries}
        assert {"stage.rolled_back", "version.yanked", "alias.set", "version.amended"} <= events


def test_every_version_can_be_made_again(sample: Path) -> None:
    """All that it takes is there, the code as one snapshot that holds no model."""
    with open_registry(sample, actor="eve") as registry:
        versions = registry.versions.search("", limit=100).versions
        recipes = [registry.reproductions.recipe(each.reference) for each in versions]
        assert len(recipes) == sum(step["do"] == "drop" for step in STEPS)
        assert [recipe.missing for recipe in recipes if not recipe.complete] == []
        (snapshot,) = {recipe.code.snapshot for recipe in recipes if recipe.code is not None}
        assert snapshot is not None
        kept = {member.path for member in members(registry.reproductions.kept(snapshot))}
        assert {"make_one.py", "requirements.txt", "recipes/digits.py"} <= kept
        assert not [path for path in kept if path.startswith("models/")]


def test_every_step_is_reported(tmp_path: Path) -> None:
    """How many are done, how many there are, and what is being done."""
    told: list[tuple[int, int, str]] = []
    build_sample(tmp_path / "r", lambda *step: told.append(step))
    assert [(done, total) for done, total, _what in told] == [
        (n, len(STEPS)) for n in range(1, len(STEPS) + 1)
    ]
    assert told[0][2].startswith(STEPS[0]["do"])


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, what: str) -> None:
    """A demo must not cost anybody a file."""
    target = tmp_path / "r"
    if what == "file":
        target.write_text("precious")
    else:
        (target / "precious").mkdir(parents=True)
    with pytest.raises(Conflict, match="is there already"):
        build_sample(target)
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    """As with a backup."""
    (tmp_path / "r").mkdir()
    with open_registry(build_sample(tmp_path / "r"), actor="eve") as registry:
        assert len(registry.models.list()) > 1


@pytest.mark.parametrize("harm", ["missing", "refused"])
def test_all_of_it_or_nothing(tmp_path: Path, harm: str) -> None:
    """A sample that lacks a file, or holds one that is not taken in, leaves nothing behind."""
    samples = tmp_path / "samples"
    shutil.copytree(sample_folder(), samples)
    last = [step for step in STEPS if step["do"] == "drop"][3]
    artifact = samples / last["artifact"]
    if artifact.is_dir():
        shutil.rmtree(artifact)
    else:
        artifact.unlink()
    if harm == "refused":
        artifact.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises((Corrupt, NotFound)):
        build_sample(tmp_path / "r", samples=samples)
    assert [p.name for p in tmp_path.iterdir()] == ["samples"]


def test_without_samples_it_says_so(tmp_path: Path) -> None:
    """A folder without a history is none."""
    with pytest.raises(NotFound):
        build_sample(tmp_path / "r", samples=tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
