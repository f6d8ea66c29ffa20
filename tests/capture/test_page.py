"""docs/capture.md: its script is run as it stands, and so is its command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from modelshelf.capture.saying import Saying
from modelshelf.registry import Registry
from tests.capture.training import SOURCE, project, train
from tests.furnished import weights
from tests.surroundings.work_trees import git, put, work_tree

PAGE = (Path(__file__).parents[2] / "docs" / "capture.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder that the page speaks of, with one commit."""
    (script,) = blocks("python")
    made = project(tmp_path / "code", weights(1), script)
    put(made / "data" / "holdout.csv", "x\n1\n")
    put(made / "model.safetensors", weights(2))
    put(made / "requirements.txt", "numpy==2.0\n")
    put(made / ".gitignore", "build\n")
    work_tree(made)
    git(made, "add", ".")
    git(made, "commit", "-qm", "first")
    (made / "build").mkdir()
    return made


def test_the_script_of_the_page_says_what_stands_below_it(registry: Registry, folder: Path) -> None:
    """It is run like any script, and what it did not say is recorded too."""
    said, _ = blocks("console")
    command, answer = said.splitlines()
    words = shlex.split(command.removeprefix("$ "))[2:]
    done = train(folder, *words, env={"MODELSHELF_REGISTRY": str(registry.path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{answer}\n", "")
    told = registry.versions.detail("churn:v1")
    assert told.code is not None
    assert (told.code.dirty, told.code.command) == (
        False, ("python", "train.py", "{out}/model.safetensors"),
    )  # fmt: skip
    assert [d.name for d in told.datasets] == ["train", "customers-holdout"]
    assert dict(told.version.params) == {"lr": "0.1", "trees.depth": "6"}


def test_the_command_of_the_page_is_taken(registry: Registry, folder: Path) -> None:
    """Every option of it is recorded."""
    _, said = blocks("console")
    command, answer = said.splitlines()
    words = shlex.split(command.removeprefix("$ "))[1:]
    done = subprocess.run(
        [sys.executable, "-m", "modelshelf", "-R", str(registry.path), *words],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(SOURCE)}, check=False,
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"{answer}\n"), done.stderr
    told = registry.versions.detail("churn:v1")
    assert told.code is not None
    assert told.code.commit is not None
    assert told.environment is not None
    assert dict(told.environment.packages) == {"numpy": "2.0"}
    assert [(d.name, d.version) for d in told.datasets] == [("train", None), ("customers", "4")]
    assert told.bases == ("hf:org/name@revision",)
    assert told.metric_sources["wer"].direction == "lower"


def test_every_word_of_a_capture_is_told() -> None:
    """No method of the capture is missing on the page."""
    said = [name for name in vars(Saying) if not name.startswith("_")]
    assert [n for n in [*said, "dataset", "register"] if f"run.{n}(" not in PAGE] == []
