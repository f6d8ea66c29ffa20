"""What `register` and `amend` take besides the bytes: code, data, features, bases, directions."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeModelFile
from tests.doors.calls import Shell
from tests.surroundings.work_trees import checked_out, git, put, work_tree


def told(shell: Shell, reference: str = "churn:v1") -> dict[str, Any]:
    """Return everything known about a version."""
    found: dict[str, Any] = shell.json("show", reference)
    return found


def test_a_git_work_tree_is_recorded(
    shell: Shell, make_model_file: MakeModelFile, tmp_path: Path
) -> None:
    """Repository, commit and patch of the folder named; an option of its own counts more."""
    tree = work_tree(tmp_path / "code", a__py="1\n")
    put(tree / "a.py", "2\n")
    words = ("--entry", "a.py", "--command", "python a.py --name 'a b'", f"--git={tree}")
    shell.json("register", "churn", make_model_file(), *words)
    code = told(shell)["code"]
    assert (code["repository"], code["dirty"], code["entry"]) == (str(tree), True, "a.py")
    assert code["command"] == ["python", "a.py", "--name", "a b"]
    blob = next(f for f in (shell.registry / "blobs").rglob(f"*{code['patch'][-8:]}"))
    again = checked_out(tree, code["commit"], tmp_path / "again", blob.read_bytes())
    assert (again / "a.py").read_text("utf-8") == "2\n"
    shell.json("amend", "churn:v1", f"--git={tree}", "--code-commit", "abcd1234")
    assert told(shell)["code"]["commit"] == "abcd1234"


def test_git_alone_means_here(
    shell: Shell, make_model_file: MakeModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder it is the work tree one stands in."""
    tree = work_tree(tmp_path / "code", a__py="1\n")
    monkeypatch.chdir(tree)
    shell.json("register", "churn", make_model_file(), "--git")
    assert told(shell)["code"]["commit"] == git(tree, "rev-parse", "HEAD")


def test_a_folder_without_git_is_refused(
    shell: Shell, make_model_file: MakeModelFile, tmp_path: Path
) -> None:
    """Who asks for the code must get it; nothing is registered."""
    done = shell("register", "churn", make_model_file(), f"--git={tmp_path}")
    assert (done.code, "no git repository" in done.stderr) == (2, True)
    assert shell("show", "churn").code == 3


def test_data_may_be_a_path_an_address_or_a_name(
    shell: Shell, make_model_file: MakeModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is hashed, an address is text, and a name is what it always was."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "data" / "c.csv", "x\n1\n")
    put(tmp_path / "customers" / "x", "a folder that is called like the data set")
    digest = "sha256:" + "a" * 64
    shell.json(
        "register", "churn", make_model_file(),
        "--dataset", "data/c.csv", "--dataset", "customers@4", "--dataset", f"calls={digest}",
        "--evaluated-on", "hf:org/data@r", "--dataset", "data/c.csv=test",
    )  # fmt: skip
    found = {(d["name"], d["role"], d["split"]): d for d in told(shell)["datasets"]}
    file = found["c", "trained_on", None]
    assert file["digest"] == "sha256:" + hashlib.sha256(b"x\n1\n").hexdigest()
    assert (file["rows"], file["path"]) == (1, "data/c.csv")
    assert found["c", "evaluated_on", "test"]["digest"] == file["digest"]
    assert found["customers", "trained_on", None]["version"] == "4"
    assert found["customers", "trained_on", None]["digest"] is None
    assert found["calls", "trained_on", None]["digest"] == digest
    assert found["org/data", "evaluated_on", None]["uri"] == "hf:org/data@r"


def test_a_data_file_that_is_not_there_is_refused(
    shell: Shell, make_model_file: MakeModelFile
) -> None:
    """A slip is no data set."""
    done = shell("register", "churn", make_model_file(), "--dataset", "gone.csv")
    assert (done.code, "no data set at gone.csv" in done.stderr) == (3, True)


def test_several_bases_and_features(shell: Shell, make_model_file: MakeModelFile) -> None:
    """The first registered one is the base; models elsewhere and others stand beside it."""
    for seed in (1, 2):
        shell.json("register", "base", make_model_file(seed=seed))
    bases = ("--base", "hf:org/m@r", "--base", "base:v2", "--base", "base:v1")
    views = ("--features", "feast/customer@2", "--features", "plain")
    shell.json("register", "churn", make_model_file(seed=3), *bases, *views)
    found = told(shell)
    assert (found["base"], sorted(found["bases"])) == ("base:v2", ["base:v1", "hf:org/m@r"])
    assert found["features"] == [
        {"name": "customer", "store": "feast", "version": "2"},
        {"name": "plain", "store": None, "version": None},
    ]


def test_directions_and_lock_files(
    shell: Shell, make_model_file: MakeModelFile, tmp_path: Path
) -> None:
    """A metric says which way is better; packages come from a lock file, one by one or both."""
    lock = put(tmp_path / "requirements.txt", "numpy==2.0\ntorch==2.4\n")
    words = ("--metric", "wer=0.1", "--direction", "wer=lower", "--lock", lock)
    shell.json("register", "churn", make_model_file(), *words, "--package", "torch=2.5")
    found = told(shell)
    assert found["metric_sources"]["wer"]["direction"] == "lower"
    assert found["environment"]["packages"] == {"numpy": "2.0", "torch": "2.5"}
    assert found["environment"]["python"] is None
    shell.json("amend", "churn:v1", "--environment", "current", "--lock", lock)
    environment = told(shell)["environment"]
    assert (environment["packages"]["torch"], environment["python"] is None) == ("2.4", False)
    assert "click" not in environment["packages"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--direction", "auc=up"), "no direction"),
        (("--direction", "auc=lower", "--direction", "auc=higher"), "given twice"),
        (("--command", "python 'x"), "cannot be read"),
        (("--lock", "gone.md"), "there is no lock file"),
        (("--features", ""), "feature view is empty"),
        (("--base", ""), "empty"),
        (("--dataset", ""), "empty"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(
    shell: Shell, make_model_file: MakeModelFile, words: tuple[str, ...], said: str
) -> None:
    """Nothing is registered, and the sentence says what is wrong."""
    done = shell("register", "churn", make_model_file(), *words)
    assert done.code == (3 if "--lock" in words else 2), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
