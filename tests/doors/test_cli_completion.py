"""Tab offers commands, options and what is in the catalog, and never says a word of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.cli import completion
from modelshelf.cli.root import SECTIONS, command_line
from modelshelf.cli.session import Session
from tests.doors.calls import Shell

Offer = Callable[[str], list[str]]


@pytest.fixture
def offer(
    shell: Shell, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Offer:
    """Return what a shell is offered at the end of a line, in a registry with two models."""
    shell.json("register", "churn", model)
    shell.json("register", "churn", model, "--force-new")
    shell.json("register", "risk/fraud", model)
    shell.json("alias", "churn:v2", "champion")
    capsys.readouterr()

    def ask(line: str) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", f"modelshelf {line}")
        monkeypatch.setenv("COMP_CWORD", "-1")
        monkeypatch.setenv(completion.VARIABLE, "bash_complete")
        extra = {"obj": Session(registry=str(shell.registry), actor="ana")}
        assert completion.complete(command_line, extra) == 0
        told = capsys.readouterr()
        assert told.err == ""
        return [row.partition(",")[2] for row in told.out.splitlines() if row]

    return ask


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("prom", ["promote"]),
        ("promote --dr", ["--dry-run"]),
        ("show ", ["churn", "risk/fraud"]),
        ("show r", ["risk/fraud:", "risk/fraud@"]),
        ("show churn:", ["churn:latest", "churn:v2", "churn:v1"]),
        ("show churn:v1", ["churn:v1"]),
        ("resolve churn@", ["churn@staging", "churn@production", "churn@champion"]),
        ("promote churn:v1 ", ["staging", "production"]),
        ("rollback churn --stage p", ["production"]),
        ("list --stage ", ["staging", "production"]),
        ("rename ", ["churn", "risk/fraud"]),
        (
            "log --event stage.",
            ["stage.assigned", "stage.renamed", "stage.rolled_back", "stage.vacated"],
        ),
        ("alias churn:v1 ", ["champion"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("register churn ", [""]),
        ("policy ", ["show", "check", "explain"]),
        ("policy explain ", ["churn", "risk/fraud"]),
        ("policy check mod", ["mod"]),
        ("request op", ["open"]),
        ("request open ", ["churn", "risk/fraud"]),
        ("request open churn:v1 ", ["staging", "production"]),
        ("request show ", []),
        ("hooks de", ["deliver"]),
        ("consumers ", ["unused", "forget", "churn", "risk/fraud"]),
        ("consumers churn@", ["churn@staging", "churn@production", "churn@champion"]),
        ("lineage risk", ["risk/fraud:", "risk/fraud@"]),
        ("lineage churn:v2 --to data", ["dataset:"]),
        ("lineage churn:v2 --common churn:v1", ["churn:v1"]),
        ("lineage churn --format o", ["openlineage"]),
        ("impact h", ["hf:"]),
        ("link churn:v1 tr", ["trained_on"]),
        ("link churn:v1 derived_from churn:v2", ["churn:v2"]),
        ("unlink churn:v1 built_from co", ["code:", "consumer:"]),
        ("compare churn:v1 churn:v2 --only me", ["metrics"]),
        ("compare churn:v1 churn:v2 --baseline churn:v2", ["churn:v2"]),
        ("suggestions churn:v2 --as ev", ["evaluated_on"]),
        ("suggestions --confirm ", []),
        ("suggestions nobody:v1 --reject ", []),
        ("card churn@ch", ["churn@champion"]),
        ("card churn:v1 --hi", ["--history"]),
        ("reproduce churn:v2", ["churn:v2"]),
    ],
)
def test_what_is_offered(line: str, offered: list[str], offer: Offer) -> None:
    """Commands and options come from the program, names and references from the catalog."""
    assert offer(line) == offered


def test_hooks_of_the_policy_are_offered(shell: Shell, offer: Offer) -> None:
    """By name, where one is asked for."""
    hook = '[[hooks]]\nname = "deploy"\nrun = ["true"]\n'
    (shell.registry / "modelshelf.toml").write_text(hook, encoding="utf-8")
    assert offer("hooks test ") == ["deploy"]
    assert offer("hooks log --hook d") == ["deploy"]


def test_probes_of_the_policy_are_offered(shell: Shell, offer: Offer) -> None:
    """By name, where versions are asked and where their answers are compared."""
    probes = (f'[probes.{name}]\nrun = ["true"]\ndata = "x"\n' for name in ("holdout", "edge"))
    (shell.registry / "modelshelf.toml").write_text("".join(probes), encoding="utf-8")
    assert sorted(offer("probe churn:v1 --probe ")) == ["edge", "holdout"]
    assert offer("compare churn:v1 churn:v2 --probe h") == ["holdout"]


def test_what_is_suggested_for_a_version_is_offered(shell: Shell, offer: Offer) -> None:
    """The targets of the suggestions for the version that stands in the line, and of no other."""
    shell.json("amend", "churn:v1", "--tag", "base_model=org/base")
    assert "hf:org/base" in offer("suggestions churn:v1 --confirm ")
    assert offer("suggestions churn:v1 --reject hf:") == ["hf:org/base"]
    assert "hf:org/base" not in offer("suggestions churn:v2 --confirm ")


def test_every_command_is_offered(offer: Offer) -> None:
    """An empty word offers all commands."""
    assert set(offer("")) >= {name for section in SECTIONS.values() for name in section}


@pytest.mark.parametrize(
    "line",
    ["show nobody:", "show 'churn", "show \x1b", "promote x y z ", "-R /nowhere show ", "nonsense ",
     "show churn@@", "log --since ", "alias nobody "],
)  # fmt: skip
def test_what_cannot_be_completed_is_met_with_silence(line: str, offer: Offer) -> None:
    """No error reaches a terminal in the middle of a line."""
    assert "" not in offer(line)


def test_a_wrecked_catalog_is_met_with_silence(offer: Offer, shell: Shell) -> None:
    """Not even a damaged registry says a word."""
    (shell.registry / "catalog.db").write_bytes(b"not a catalog" * 1_000)
    assert offer("show ") == []


@pytest.mark.parametrize("name", completion.SHELLS)
def test_the_script_of_a_shell(name: str, shell: Shell) -> None:
    """Each script names the program and the variable that asks it."""
    done = shell("completion", name)
    assert done.code == 0
    assert "modelshelf" in done.stdout
    assert completion.VARIABLE in done.stdout


def test_offered_names_are_harmless(shell: Shell, model: Path, offer: Offer) -> None:
    """An alias cannot be odd, and no name breaks the line of a shell's answer."""
    shell.json("alias", "churn:v1", "x.y-z_1")
    assert "churn@x.y-z_1" in offer("show churn@x")
    assert model.exists()
