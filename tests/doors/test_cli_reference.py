"""The documents tell the commands as they are, and every example in them works."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from modelshelf.cli import reference
from modelshelf.cli.command import Command
from modelshelf.cli.root import SECTIONS, command_line
from modelshelf.registry import Registry
from tests.doors.calls import Shell
from tests.doors.story import write_model
from tests.registry import remade

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
# The examples that make a whole sample, wait for files, or end in a file of the shell.
ELSEWHERE = {"demo", "watch", "completion", "service", "vouch"}
COMMANDS = {
    name: command
    for section in SECTIONS.values()
    for name in section
    if isinstance(
        command := command_line.get_command(command_line.context_class(command_line), name), Command
    )
}


def test_the_page_is_current() -> None:
    """docs/cli.md holds the reference that `python -m modelshelf.cli.reference` would write."""
    page = PAGE.read_text(encoding="utf-8")
    assert reference.current(page) == page, "run: python -m modelshelf.cli.reference docs/cli.md"


def test_writing_the_page_changes_only_the_reference(tmp_path: Path) -> None:
    """What people wrote above the mark stays."""
    file = tmp_path / "cli.md"
    file.write_text(f"# Mine\n\n{reference.BEGIN}\noutdated\n", encoding="utf-8")
    assert reference.main([str(file)]) == 0
    page = file.read_text(encoding="utf-8")
    assert page.startswith("# Mine\n")
    assert "outdated" not in page
    assert "### `modelshelf promote REFERENCE STAGE`" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_help_fits(name: str) -> None:
    """A command says what its line in `modelshelf --help` says, and its options say something."""
    listed = next(section[name][1] for section in SECTIONS.values() if name in section)
    assert len(listed) <= 80
    assert listed.endswith(".")
    command = COMMANDS[name]
    assert command.help
    assert all(
        getattr(param, "help", "x") or param.param_type_name == "argument"
        for param in command.params
    )


def make_what_is_named(name: str, shell: Shell, registry: Registry, folder: Path) -> None:
    """Give the registry what the examples of lineage, probes and reproductions name."""
    match name:
        case "impact":
            shell.json("link", "churn:v2", "trained_on", "dataset:customers@4")
        case "probe":
            run = json.dumps([sys.executable, "-c", "print('a', 1, sep='\\t')"])
            policy = f'[probes.holdout]\nrun = {run}\ndata = "rows.csv"\n'
            (shell.registry / "modelshelf.toml").write_text(policy, encoding="utf-8")
            (shell.registry / "rows.csv").write_text("a\n", encoding="utf-8")
        case "reproduce":
            registry.versions.amend(
                "churn:v3",
                code=remade.snapshot(registry, folder),
                datasets=[remade.dataset(remade.data_file(folder))],
                environment=remade.ENVIRONMENT,
                metrics={"auc": 0.9},
            )
        case "suggestions":
            shell.json("amend", "churn:v3", "--tag", "base_model=org/base")
        case "unlink":
            shell.json("link", "churn:v3", "trained_on", "dataset:customers@4")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - ELSEWHERE))
def test_an_example_works(
    name: str, shell: Shell, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example of a command runs as it stands, in a registry that has what it names."""
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 3):
        write_model(tmp_path / f"{number}.safetensors", number)
        shell.json("register", "churn", tmp_path / f"{number}.safetensors", "--tag", "draft=1")
    for number in (1, 2):
        shell.json("promote", f"churn:v{number}", "production", "--reason", "x", "--yes")
    if name == "ramp":
        shell.json("promote", "churn:v3", "production", "--weight", "20", "--reason", "x", "--yes")
    if name == "archive":  # the second promotion has put it away
        shell.json("restore", "churn:v1", "--reason", "x")
    make_what_is_named(name, shell, registry, tmp_path)
    monkeypatch.setenv("VISUAL", "true")  # an editor in which somebody looks and changes nothing
    write_model(tmp_path / "model.onnx", 9)
    (tmp_path / "card.md").write_text("# Card\n", encoding="utf-8")
    program, *words = shlex.split(COMMANDS[name].example)
    done = shell(*(word.replace("/mnt/safe", str(tmp_path)) for word in words))
    assert (program, done.code) == ("modelshelf", 0), done.stderr
