"""`probe` at the command line: versions asked, answers listed, failures told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.calls import Shell
from tests.doors.story import write_model

POLICY = """
[probes.holdout]
run = ["python", "answer.py", "{path}", "{data}"]
data = "examples.tsv"
"""
ANSWER = """
import sys
for row in open(sys.argv[2]):
    print(row.strip(), len(open(sys.argv[1], "rb").read()) % 7, sep="\\t")
"""


@pytest.fixture
def person(shell: Shell, model: Path, tmp_path: Path) -> Shell:
    """Return somebody in front of two versions and a probe."""
    (shell.registry / "modelshelf.toml").write_text(POLICY, "utf-8")
    (shell.registry / "answer.py").write_text(ANSWER, "utf-8")
    (shell.registry / "examples.tsv").write_text("a\nb\n", "utf-8")
    other = tmp_path / "other.safetensors"
    write_model(other, 2)
    for file in (model, other):
        assert shell("register", "churn", file).code == 0
    return shell


def test_versions_are_asked_and_their_answers_listed(person: Shell) -> None:
    """A line for each, the digest to pin, and how to go on."""
    done = person("probe", "churn:1", "churn:2", "--probe", "holdout")
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].split()[:3] == ["churn:v1", "holdout", "2"]
    assert 'digest = "sha256:' in done.stderr
    assert "modelshelf compare churn:v1 churn:v2 --probe holdout" in done.stderr
    told = person.json("probe", "churn:1", "--probe", "holdout")["answers"]
    assert [t["rows"] for t in told] == [2]
    assert person.json("probe", "churn:1", "--probe", "holdout", "--force")["answers"] != told
    assert person("verify").code == 0


def test_a_pinned_probe_says_nothing_about_pinning(person: Shell) -> None:
    """And one whose examples changed is refused with both digests."""
    digest = person.json("probe", "churn:1", "--probe", "holdout")["answers"][0]["data"]
    policy = f'{POLICY}digest = "sha256:{digest}"\n'
    (person.registry / "modelshelf.toml").write_text(policy, "utf-8")
    done = person("probe", "churn:1", "--probe", "holdout")
    assert (done.code, "pin" in done.stderr) == (0, False)
    (person.registry / "examples.tsv").write_text("c\n", "utf-8")
    done = person("probe", "churn:1", "--probe", "holdout")
    assert done.code == 5
    assert f"required sha256:{digest}" in done.stderr
    assert "observed sha256:" in done.stderr


def test_what_cannot_be_asked_is_told(person: Shell) -> None:
    """No version, no probe, a wrong name, the past, and a command that fails."""
    assert person("probe", "--probe", "holdout").code == 2
    assert person("probe", "churn:1").code == 2
    assert person("probe", "churn:9", "--probe", "holdout").code == 3
    done = person("probe", "churn:1", "--probe", "holdou")
    assert done.code == 3
    assert "Did you mean holdout?" in done.stderr
    assert person("probe", "churn:1", "--probe", "holdout", "--as-of", "3").code == 5
    (person.registry / "answer.py").write_text("print('not an answer')", "utf-8")
    done = person("probe", "churn:1", "--probe", "holdout")
    assert done.code == 5
    assert "line 1 " in done.stderr
    assert person("policy", "explain", "churn").stdout.count("holdout") == 1
