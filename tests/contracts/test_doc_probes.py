"""What docs/probes.md shows is what happens: its policy is read, its script answers and runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

from modelshelf.domain.policy import parse_policy
from modelshelf.domain.probe_answers import read_answers
from modelshelf.registry import Registry
from tests.contracts.tree import ROOT
from tests.doors.calls import Shell
from tests.doors.story import write_model

PAGE = (ROOT / "docs" / "probes.md").read_text("utf-8")


def block(language: str) -> str:
    """Return the first code block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_script_of_the_page_prints_what_a_probe_takes(tmp_path: Path) -> None:
    """It loads a model, asks it about each row, and its lines are read as answers with truth."""
    (tmp_path / "threshold.py").write_text(
        "class Old:\n    def predict(self, rows):\n        return [int(a > 40) for a, _ in rows]\n"
    )
    (tmp_path / "answer.py").write_text(block("python"), "utf-8")
    (tmp_path / "holdout.csv").write_text("id,age,balance,left\na,30,1,0\nb,50,2,0\n", "utf-8")
    made = "import pickle, threshold; pickle.dump(threshold.Old(), open('model.pkl', 'wb'))"
    subprocess.run([sys.executable, "-c", made], cwd=tmp_path, check=True)
    asked = [sys.executable, "answer.py", "model.pkl", "holdout.csv"]
    done = subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True)
    answers = read_answers(done.stdout.splitlines(keepends=True))
    assert {name: tuple(each) for name, each in answers.items()} == {
        "a": ("0", "0"),
        "b": ("1", "0"),
    }


def test_the_commands_of_the_page_work(registry: Registry, tmp_path: Path) -> None:
    """With the policy of the page and a script in its place, both versions answer and differ."""
    policy = block("toml")
    assert parse_policy(tomllib.loads(policy)).probes["holdout"].timeout == 120
    (registry.path / "modelshelf.toml").write_text(
        policy.replace('"python"', f"'{sys.executable}'"), "utf-8"
    )
    folder = registry.path / "probes"
    folder.mkdir()
    (folder / "answer.py").write_text(
        "import os\nprint('a', os.environ['MODELSHELF_REFERENCE'], sep='\\t')\n"
    )
    (folder / "holdout.csv").write_text("a\n")
    shell = Shell(registry.path)
    for seed in (1, 2, 3):
        write_model(tmp_path / "model.safetensors", seed)
        shell.json("register", "churn", tmp_path / "model.safetensors")
    asked, compared = re.findall(r"^    modelshelf (.+?) +# ", PAGE, re.MULTILINE)
    assert shell(*shlex.split(asked)).code == 0
    differs = shell(*shlex.split(compared))
    assert differs.code == 1
    assert "1 of 1 answer" in differs.stdout
