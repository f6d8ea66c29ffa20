"""`reproduce` at the command line: what it takes, doing it, and the attempts that were recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelshelf.registry import Registry
from tests.doors.calls import Shell
from tests.registry.remade import SCRIPT, data_file, register


@pytest.fixture
def known(registry: Registry, tmp_path: Path) -> str:
    """Register a version of which everything is known that making it again takes."""
    return register(registry, tmp_path)


def test_what_it_takes(shell: Shell, known: str, tmp_path: Path) -> None:
    """All of it is there; then the data is not, and the exit code says so."""
    there = shell("reproduce", known)
    assert there.code == 0
    assert "modelshelf reproduce churn:v1 --run" in there.stderr
    assert "seeds" in there.stdout
    assert "train.py ../out" in there.stdout
    data_file(tmp_path).unlink()
    gone = shell("reproduce", known)
    assert gone.code == 1
    assert "1 thing stands in the way" in gone.stderr
    assert "Put it back" in gone.stdout
    assert shell("reproduce", known, "--run").code == 5


def test_doing_it(shell: Shell, known: str) -> None:
    """What came out is said, recorded, listed and in the log."""
    assert shell("reproduce", known, "--list").stdout == "nobody has tried to make it again\n"
    done = shell("reproduce", known, "--run", "--python", sys.executable)
    assert done.code == 0, done.stderr
    assert "identical" in done.stdout
    assert "the recorded command runs with your rights" in done.stderr
    listed = shell.json("reproduce", known, "--list")["reproductions"]
    assert [each["report"]["outcome"] for each in listed] == ["identical"]
    assert "identical" in shell("reproduce", known, "--list").stdout
    assert "made churn:v1 again: identical" in shell("log").stdout


def test_something_else_comes_out(shell: Shell, registry: Registry, tmp_path: Path) -> None:
    """The exit code is 1, within a tolerance it is 0, and JSON has the numbers."""
    reference = register(
        registry, tmp_path, SCRIPT.replace("seed =", "seed = 1 +"), metrics={"auc": 0.8}
    )
    ran = ("reproduce", reference, "--run", "--python", sys.executable)
    done = shell(*ran)
    assert done.code == 1
    assert "auc is 0.9 instead of 0.8" in done.stdout
    allowed = shell.json(*ran, "--tolerance", "0.2")["reproduction"]
    assert allowed["report"]["outcome"] == "within tolerance"
    assert allowed["report"]["metrics"] == [
        {"name": "auc", "recorded": 0.8, "measured": 0.9, "within": True}
    ]


def test_a_command_that_fails(shell: Shell, registry: Registry, tmp_path: Path) -> None:
    """It is recorded, and what it said last is shown harmlessly."""
    script = "import sys\nsys.exit('\\x1b[31mno data')\n"
    reference = register(registry, tmp_path, script)
    done = shell("reproduce", reference, "--run", "--python", sys.executable)
    assert done.code == 1
    assert "no data" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("churn:v9",), 3),
        (("churn:v1", "--run", "--list"), 2),
        (("churn:v1", "--run", "--tolerance", "-1"), 2),
        (("churn:v1", "--run", "--timeout", "0"), 2),
        (("churn:v1", "--run", "--python", "no-such-python"), 3),
    ],
)
@pytest.mark.usefixtures("known")
def test_what_cannot_be(shell: Shell, words: tuple[str, ...], code: int) -> None:
    """Each with its exit code and a sentence."""
    done = shell("reproduce", *words)
    assert (done.code, bool(done.stderr)) == (code, True)
