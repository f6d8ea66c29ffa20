"""Making a version again: what is run, what came out, what is recorded, and what is left behind."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from modelshelf.domain.errors import (
    Conflict,
    Invalid,
    ModelshelfError,
    NotFound,
    Refused,
)
from modelshelf.domain.provenance import Code, Environment
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.reproducing import running
from modelshelf.surroundings.snapshot import pack
from tests.furnished import model_file, model_folder
from tests.registry.heads import posix
from tests.registry.remade import (
    COMMAND,
    ENVIRONMENT,
    SCRIPT,
    SEED,
    data_file,
    dataset,
    register,
    remake,
)
from tests.surroundings.work_trees import git


@pytest.fixture(autouse=True)
def fresh_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let fresh folders be made where the test can look whether any is left."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_the_same_bytes_come_out_and_nothing_else_is_left(
    registry: Registry, tmp_path: Path, fresh_folders: Path
) -> None:
    """The attempt is recorded with what was said; no version, no model blob, no folder is added."""
    reference = register(registry, tmp_path)
    before = set(registry._context.blobs.digests())
    done = remake(registry, reference)
    assert done.report.outcome == "identical"
    assert done.report.digest == registry.versions.get(reference).digest
    assert done.report.differences == ()
    assert registry.reproductions.list(reference) == (done,)
    assert done.output is not None
    assert set(registry._context.blobs.digests()) - before == {done.output}
    with registry._context.blobs.open(done.output) as said:
        assert b"trained on 7" in said.read()
    assert len(registry.versions.search("").versions) == 1
    assert [e.event for e in registry.audit.entries(limit=2)] == [
        "version.reproduced", "version.registered",
    ]  # fmt: skip
    assert list(fresh_folders.iterdir()) == []
    assert registry.audit.verify(deep=True).whole
    registry.upkeep.gc(registry.upkeep.gc_plan(0))
    assert registry._context.blobs.has(done.output)


def test_a_commit_and_the_changes_that_no_commit_held(registry: Registry, tmp_path: Path) -> None:
    """A fresh virtual environment runs what the repository has, with the kept patch on top."""
    repository = tmp_path / "repository"
    (repository / "src").mkdir(parents=True)
    git(repository, "init", "-q", "-b", "main")
    (repository / "src" / "train.py").write_text("raise SystemExit('not this')\n", "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    commit = git(repository, "rev-parse", "HEAD").strip()
    (repository / "src" / "train.py").write_text(SCRIPT, "utf-8")
    patch = f"{git(repository, 'diff', '--binary', 'HEAD')}\n".encode()
    git(repository, "commit", "-qam", "later")
    code = Code(
        str(repository), commit, dirty=True, command=COMMAND, directory="src",
        patch=registry.reproductions.keep(patch),
    )  # fmt: skip
    reference = register(registry, tmp_path, code=code)
    assert registry.reproductions.recipe(reference).complete
    done = registry.reproductions.run(reference, keep=tmp_path / "kept")
    assert done.report.outcome == "identical", done.report
    assert (tmp_path / "kept" / "venv" / "pyvenv.cfg").is_file()
    assert git(repository, "status", "--porcelain") == ""


def test_what_was_captured_is_compared(registry: Registry, tmp_path: Path) -> None:
    """A script that writes its outcome in place of registering is taken at that word."""
    script = SCRIPT.replace('out / "model.safetensors"', 'Path("model.safetensors")') + (
        "import os\n"
        "told = {'artifact': os.path.abspath('model.safetensors'), 'metrics': {'auc': 0.9}}\n"
        "Path(os.environ['MODELSHELF_REPRODUCE'], 'outcome.json').write_text(json.dumps(told))\n"
    )
    done = remake(registry, register(registry, tmp_path, script))
    assert (done.report.outcome, done.report.metrics[0].within) == ("identical", True)


def test_modelshelf_itself_is_there_for_the_script(registry: Registry, tmp_path: Path) -> None:
    """It can be imported, and of its own variables the process is given none."""
    script = "import modelshelf, os\nassert 'SECRET' not in os.environ\n" + SCRIPT
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET", "s3cret")
        done = remake(registry, register(registry, tmp_path, script))
    assert done.report.outcome == "identical", done.report.why


@pytest.mark.parametrize(
    ("change", "outcome", "why"),
    [
        ("seed += 1", "different", "auc is 0.9 instead of 0.8"),
        ("Path = None", "failed", "exit 1"),
        ("raise SystemExit(0)", "failed", "nothing came out"),
        ("(Path(sys.argv[1]) / 'other.onnx').write_bytes(b'x')", "failed", "2 artifacts came out"),
        ("(Path(sys.argv[1]) / 'outcome.json').write_text('[]')", "failed", "registered nothing"),
        ("(Path(sys.argv[1]) / 'outcome.json').write_text('{\"a')", "failed", "cannot be read"),
    ],
)
def test_what_else_may_come_out(
    registry: Registry, tmp_path: Path, change: str, outcome: str, why: str
) -> None:
    """Other bytes and other metrics, a command that fails, nothing at all, too much."""
    script = SCRIPT.replace("head =", f"{change}\nhead =")
    metrics = {"auc": 0.8 if outcome == "different" else 0.9}
    done = remake(registry, register(registry, tmp_path, script, metrics=metrics))
    assert done.report.outcome == outcome
    assert why in done.report.why
    assert registry.reproductions.list("churn:v1") == (done,)


def test_other_bytes_with_the_same_metrics(registry: Registry, tmp_path: Path) -> None:
    """Within the tolerance is said so, and a smaller tolerance says otherwise."""
    script = SCRIPT.replace("seed =", "seed = 1 +")
    reference = register(registry, tmp_path, script, metrics={"auc": 0.9001})
    assert remake(registry, reference, tolerance=0.01).report.outcome == "within tolerance"
    assert remake(registry, reference, tolerance=0).report.outcome == "different"
    assert [r.report.tolerance for r in registry.reproductions.list(reference)] == [0.0, 0.01]


def test_the_same_weights_in_another_file(registry: Registry, tmp_path: Path) -> None:
    """Tensors decide where bytes differ."""
    script = SCRIPT.replace("head = json.dumps({", "head = json.dumps({'__metadata__': {'a': 'b'},")
    done = remake(registry, register(registry, tmp_path, script))
    assert done.report.outcome == "same weights"


def test_the_sidecar_in_a_folder_is_not_compared(registry: Registry, tmp_path: Path) -> None:
    """It says how long training took, which is never the same twice."""
    made = model_folder(tmp_path / "files", SEED)
    (made / "modelshelf.json").write_text('{"run": {"id": "r1", "seconds": 2}}', "utf-8")
    code = tmp_path / "code"
    shutil.copytree(made, code / "ready")
    (code / "train.py").write_text(
        "import shutil, sys\nfrom pathlib import Path\n"
        "model = Path(shutil.copytree('ready', sys.argv[1] + '/folder'))\n"
        "(model / 'modelshelf.json').write_text('{\"metrics\": {\"auc\": 0.9}}')\n",
        "utf-8",
    )
    told = Code(snapshot=registry.reproductions.keep(pack(code)), command=COMMAND)
    reference = registry.versions.register(
        "text", made, code=told, environment=ENVIRONMENT, metrics={"auc": 0.9},
        datasets=[dataset(data_file(tmp_path))],
    ).version.reference  # fmt: skip
    done = remake(registry, reference)
    assert done.report.outcome == "identical"
    assert done.report.digest != registry.versions.get(reference).digest
    assert [m.measured for m in done.report.metrics] == [0.9]


def test_a_command_that_takes_too_long_is_stopped(registry: Registry, tmp_path: Path) -> None:
    """With the whole group of processes, and the attempt is recorded as failed."""
    reference = register(registry, tmp_path, "import time\ntime.sleep(600)\n")
    done = remake(registry, reference, timeout=0.3)
    assert done.report.outcome == "failed"
    assert "stopped after 0.3 s" in done.report.why


@posix
def test_an_interruption_leaves_nothing(
    registry: Registry, tmp_path: Path, fresh_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C removes the fresh folder, also one without rights, and records nothing."""
    reference = register(registry, tmp_path)

    def interrupted(*_: object) -> None:
        inner = next(fresh_folders.iterdir()) / "code"
        (inner / "deep").mkdir()
        (inner / "deep" / "file").touch()
        (inner / "deep").chmod(0)
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        remake(registry, reference)
    assert list(fresh_folders.iterdir()) == []
    assert registry.reproductions.list(reference) == ()


def test_nothing_runs_where_something_is_missing(registry: Registry, tmp_path: Path) -> None:
    """What is missing is named; a version of which nothing is known runs nothing."""
    file = model_file(tmp_path, 1)
    bare = registry.versions.register("bare", file).version.reference
    with pytest.raises(Refused, match="code") as refused:
        remake(registry, bare)
    assert "command" in str(refused.value)
    changed = register(registry, tmp_path)
    data_file(tmp_path, seed=8)
    with pytest.raises(Refused, match="changed"):
        remake(registry, changed)
    assert registry.reproductions.list(changed) == ()


def test_what_of_the_environment_differs_is_told(registry: Registry, tmp_path: Path) -> None:
    """A given interpreter is used as it is."""
    told = Environment("3.0.1", packages={"pytest": "0.1", "no-such-package": "1"})
    done = remake(registry, register(registry, tmp_path, environment=told))
    assert done.report.outcome == "identical"
    said = " ".join(done.report.differences)
    assert "was 3.0.1" in said
    assert "pytest is" in said
    assert "no-such-package is not installed" in said


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"python": "no-such-python"}, NotFound),
        ({"python": shutil.which("true") or sys.executable + "x"}, ModelshelfError),
        ({"tolerance": float("nan")}, Invalid),
        ({"tolerance": -1.0}, Invalid),
        ({"timeout": 0.0}, Invalid),
    ],
)
def test_settings_that_make_no_sense(
    registry: Registry, tmp_path: Path, settings: dict[str, object], error: type[ModelshelfError]
) -> None:
    """They are refused before anything is recorded."""
    reference = register(registry, tmp_path)
    with pytest.raises(error):
        remake(registry, reference, **settings)
    assert registry.reproductions.list(reference) == ()


def test_a_folder_that_is_kept_is_never_somebody_elses(registry: Registry, tmp_path: Path) -> None:
    """Something that lies there stays as it is; an empty folder will do, and stays."""
    reference = register(registry, tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").touch()
    with pytest.raises(Conflict, match="is there already"):
        remake(registry, reference, keep=tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    remake(registry, reference, keep=tmp_path / "empty")
    assert (tmp_path / "empty" / "out" / "model.safetensors").is_file()


def test_roles(registry: Registry, tmp_path: Path) -> None:
    """A viewer may look at the recipe and the attempts, and may not run it."""
    reference = register(registry, tmp_path)
    roles = '[roles]\nviewer = ["vic"]\ncontributor = ["con"]\nadmin = ["ana"]\n'
    (registry.path / "modelshelf.toml").write_text(roles, "utf-8")
    with open_registry(registry.path, actor="vic") as seen:
        assert seen.reproductions.recipe(reference).complete
        assert seen.reproductions.list(reference) == ()
        with pytest.raises(Refused):
            remake(seen, reference)
        with pytest.raises(Refused):
            seen.reproductions.keep(b"x")


def test_the_past(registry: Registry, tmp_path: Path) -> None:
    """It knows the attempts of then, and nothing is run in it."""
    reference = register(registry, tmp_path)
    first = remake(registry, reference)
    remake(registry, reference)
    past = registry.at(first.id)
    assert past.reproductions.list(reference) == (first,)
    assert past.reproductions.recipe(reference).complete
    with pytest.raises(Refused):
        remake(past, reference)


def test_two_at_once(registry: Registry, tmp_path: Path) -> None:
    """Each has a folder of its own."""
    reference = register(registry, tmp_path)
    results: list[str] = []

    def work() -> None:
        with open_registry(registry.path, actor="ana") as mine:
            results.append(remake(mine, reference).report.outcome)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == ["identical", "identical"]
    assert len(registry.reproductions.list(reference)) == 2
