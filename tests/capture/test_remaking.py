"""Making a version again: the script runs, nothing is registered, and the outcome is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import modelshelf
from modelshelf.capture.remaking import Nothing, write_outcome
from tests.capture.training import SCRIPT, SOURCE, project
from tests.furnished import weights

if TYPE_CHECKING:
    import pytest

_BARE = """\
import json, runpy, sys
sys.path.insert(0, sys.argv.pop(1))
script = sys.argv[1]
sys.argv = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
json.dump(sorted(sys.modules), open("modules.json", "w"))
"""


def remade(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], set[str], str]:
    """Run the script of a folder by a Python that has nothing but our source.

    Returns:
        The outcome, the modules that were loaded in the end, and what the script printed.
    """
    out.mkdir()
    monkeypatch.setenv("MODELSHELF_REPRODUCE", str(out))
    command = [sys.executable, "-I", "-S", "-c", _BARE, str(SOURCE), "train.py", "no-registry"]
    done = subprocess.run(
        [*command, "--out", str(out / "m.safetensors")],
        cwd=folder, check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    modules = set(json.loads((folder / "modules.json").read_text("utf-8")))
    return json.loads((out / "outcome.json").read_text("utf-8")), modules, done.stdout


def test_a_bare_python_makes_a_version_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the standard library, the domain and the capture are loaded; no registry is there."""
    folder = project(tmp_path / "code", weights(1))
    told, modules, said = remade(folder, tmp_path / "out", monkeypatch)
    assert told == {
        "artifact": str(tmp_path / "out" / "m.safetensors"),
        "model": "churn",
        "metrics": {"auc": 0.75},
        "params": {"lr": "0.1", "depth": "null"},
    }
    assert said.strip() == "nothing registered: a version is being made again"
    others = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    assert others <= {"modelshelf", "__main__"} | {n for n in others if n.startswith("__")}
    ours = {name for name in modules if name.startswith("modelshelf.")}
    allowed = ("modelshelf._version", "modelshelf.capture", "modelshelf.domain")
    assert [name for name in ours if not name.startswith(allowed)] == []


def test_what_a_script_does_with_its_version_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `register` returns then is false, empty, and so is everything that is asked of it."""
    version = Nothing()
    assert not version
    assert not version.reference.partition(":")
    assert list(version.aliases) == []
    assert f"{version.number:>3}" == str(version)
    script = SCRIPT.replace("print(version.reference)", "assert not version; print(run.run_id)")
    told, _, said = remade(project(tmp_path / "c", b"x", script), tmp_path / "out", monkeypatch)
    assert (told["model"], said) == ("churn", "remade\n")


def test_details_given_to_register_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics and parameters may be handed over at the end; what is no number is left out."""
    monkeypatch.setenv("MODELSHELF_REPRODUCE", str(tmp_path))
    with modelshelf.capture() as run:
        run.metrics({"auc": 0.5, "loss": float("nan")})
        run.register("churn", tmp_path / "m", metrics={"f1": 1}, params={"lr": 0.5}, card="x")
    told = json.loads((tmp_path / "outcome.json").read_text("utf-8"))
    assert (told["metrics"], told["params"]) == ({"auc": 0.5, "f1": 1.0}, {"lr": "0.5"})


def test_of_several_models_all_are_told(tmp_path: Path) -> None:
    """The last one stands first, the others are there; a broken file is written over."""
    (tmp_path / "outcome.json").write_text("{broken", "utf-8")
    for name in ("a", "b", "c"):
        write_outcome(tmp_path, name, tmp_path / name, {}, {})
    told = json.loads((tmp_path / "outcome.json").read_text("utf-8"))
    assert (told["model"], [other["model"] for other in told["others"]]) == ("c", ["a", "b"])
