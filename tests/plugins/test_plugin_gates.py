"""Gates from other packages: found by entry point, asked, and never able to break ours."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import NotFound
from modelshelf.plugins.gates import GateAnswer, ask, find_gate, known_gates, question
from tests.domain.judged import FULL, version

PAGE = Path(__file__).parents[2] / "docs" / "gates.md"
Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a module with its entry points, as pip would."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def installed(code: str, declared: str) -> None:
        (tmp_path / "my_gates.py").write_text(code)
        about = tmp_path / "my_gates-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-gates\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[modelshelf.gates]\n{declared}")

    yield installed
    for name in set(sys.modules) - before:
        if name.startswith("my_gates"):
            del sys.modules[name]


def block(language: str) -> str:
    """Return the first block of code in one language behind the heading for authors."""
    page = PAGE.read_text().partition("## Gates from packages")[2]
    match = re.search(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def test_the_example_of_the_page_works(install: Install, tmp_path: Path) -> None:
    """It is found, asked, and says yes and no."""
    assert 'small = "my_gates:small"' in block("toml")
    install(block("python"), "small = my_gates:small\n")
    assert known_gates() == ("small",)
    asked = question("production", FULL, settings={"most": 2_000}, path=tmp_path)
    assert ask("small", asked) == GateAnswer(
        passed=True, observed="1,000 bytes", required="2,000 bytes at most"
    )
    tight = question("production", FULL, settings={"most": 10}, path=tmp_path)
    assert not ask("small", tight).passed


def test_a_question_is_plain() -> None:
    """It holds texts, numbers, lists and maps; moments are ISO 8601."""
    asked = question("production", FULL, version(1), settings={"most": 1})
    assert asked.version["created"] == "2026-05-01T12:00:00.000000Z"
    assert asked.version["metrics"] == {"auc": 0.91}
    assert asked.version["datasets"][0]["kind"] == "trained_on"
    assert asked.version["inputs"] == [{"name": "x", "dtype": "float32", "shape": ["batch", 4]}]
    assert asked.version["files"] == []
    assert asked.baseline is not None
    assert asked.baseline["reference"] == "churn:v1"
    assert question("production", FULL).baseline is None


def test_what_nobody_declares_is_not_found(install: Install) -> None:
    """The nearest name is suggested, and nothing is imported to find it."""
    install("raise RuntimeError", "strict = my_gates:strict\nlater = my_gates:later\n")
    assert known_gates() == ("later", "strict")
    with pytest.raises(NotFound) as caught:
        find_gate("strikt")
    assert str(caught.value) == (
        "no installed package has a gate 'strikt': there are later, strict. Did you mean strict?"
    )
    assert "my_gates" not in sys.modules


def test_without_packages_there_are_none() -> None:
    """The sentence says so and what to do."""
    with pytest.raises(NotFound) as caught:
        find_gate("\x1b")
    assert str(caught.value) == (
        "no installed package has a gate '\\\\x1b': there are none."
        " Install the package that brings it."
    )


def test_a_gate_that_cannot_be_loaded_is_not_found(install: Install) -> None:
    """Broken modules, missing names and things that cannot be called have a sentence each."""
    install("number = 5", "gone = my_gates:gone\nnumber = my_gates:number\nno = missing_xy:x\n")
    with pytest.raises(NotFound, match="the gate 'gone' cannot be loaded"):
        find_gate("gone")
    with pytest.raises(NotFound, match="the gate 'number' is no function"):
        find_gate("number")
    with pytest.raises(NotFound, match="the gate 'no' cannot be loaded"):
        find_gate("no")


def test_two_packages_with_one_name_are_refused(install: Install, tmp_path: Path) -> None:
    """Which of them was meant is not guessed."""
    install("def a(q): ...", "same = my_gates:a\n")
    other = tmp_path / "my_gates_too-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: my-gates-too\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text("[modelshelf.gates]\nsame = my_gates:b\n")
    with pytest.raises(NotFound, match="several packages have a gate 'same'"):
        find_gate("same")


CARELESS = """
from modelshelf.plugins.gates import GateAnswer

def fails(question):
    raise KeyError("\\x1b[31m")

def nothing(question):
    return None

def truthy(question):
    return GateAnswer(1)

def leaves(question):
    raise SystemExit(0)

class Sly:
    def __str__(self):
        raise KeyError("sly")

def sly(question):
    return GateAnswer(True, Sly())

def loud(question):
    return GateAnswer(True, "\\x1b[31m" + "x" * 10_000, object(), "[/x]")
"""


def test_a_careless_gate_answers_no(install: Install) -> None:
    """What it raises or returns besides an answer does not pass, and its texts are harmless."""
    names = ("fails", "nothing", "truthy", "leaves", "sly", "loud")
    install(CARELESS, "".join(f"{name} = my_gates:{name}\n" for name in names))
    asked = question("production", FULL)
    assert ask("fails", asked) == GateAnswer(
        passed=False,
        observed="KeyError: '\\x1b[31m'",
        required="an answer",
        message="the gate fails could not answer: KeyError: '\\x1b[31m'",
    )
    assert ask("nothing", asked).observed == "it returned NoneType and no answer"
    assert not ask("truthy", asked).passed
    assert ask("leaves", asked).observed == "SystemExit: 0"
    assert ask("sly", asked).observed == "<Sly>"
    loud = ask("loud", asked)
    assert loud.passed
    assert len(loud.observed) < 700
    assert loud.observed.startswith("\\x1b[31m")
