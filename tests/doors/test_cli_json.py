"""Every command answers with one JSON object of a stable shape."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from modelshelf.cli.root import SECTIONS
from tests.conftest import START
from tests.doors import golden
from tests.doors.calls import Shell
from tests.doors.story import CHANGES, READS, tell

STEPS = CHANGES + READS
# Of no fixed shape: what the machine is like, a shell's script, a whole sample registry, the log.
ELSEWHERE = {"doctor", "completion", "demo", "service", "vouch", "export", "probe"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Tell the story once; return its folder and all answers by name."""
    root = tmp_path_factory.mktemp("story")
    looks = iter(range(10**9))
    shell = Shell(root / "registry", clock=lambda: START + timedelta(seconds=next(looks)))
    return root, tell(shell, root)


@pytest.mark.parametrize("name", [name for name, _ in STEPS])
def test_an_answer_is_as_it_was(name: str, told: tuple[Path, dict[str, object]]) -> None:
    """The answer equals its golden file but for times, seals and places."""
    root, answers = told
    golden.check(name, answers[name], root)


def test_every_command_is_in_the_story() -> None:
    """No command is without a golden answer, and no golden file without a command."""
    commands = {name for section in SECTIONS.values() for name in section}
    assert commands - {words[0] for _, words in STEPS} == ELSEWHERE
    assert {file.stem for file in golden.GOLDEN.glob("*.json")} == {name for name, _ in STEPS}


def test_doctor_lists_its_checks(shell: Shell) -> None:
    """Each check has a name, a verdict and what was seen."""
    checks = shell.json("doctor")["checks"]
    assert {"name", "ok", "observed", "advice"} == set(checks[0])
    assert {"python", "sqlite", "catalog"} <= {check["name"] for check in checks}


def test_json_prints_anywhere(shell: Shell, model: Path) -> None:
    """Text of any script, and a broken character, leave as ASCII."""
    shell.json("register", "churn", model, "--tag", "ort=Köln 模型 😀")
    done = shell("show", "churn:v1", "--json")
    assert done.stdout.isascii()
    assert done.answer["version"]["tags"] == {"ort": "Köln 模型 😀"}
    assert len(done.stdout.splitlines()) == 1
