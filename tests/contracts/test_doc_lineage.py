"""What docs/lineage.md shows is what happens: its examples are run on the sample registry."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from modelshelf.cli.root import command_line
from modelshelf.domain.lineage_text import mermaid
from modelshelf.domain.obligations import TERMS
from modelshelf.domain.things import RULES, parse_thing
from tests.contracts.tree import ROOT
from tests.doors.readme import fits, steps_in

PAGE = ROOT / "docs" / "lineage.md"
PREPARED = "export MODELSHELF_REGISTRY=demo"


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the page prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"HOME": str(tmp_path), "COLUMNS": "120", "MODELSHELF_ACTOR": "you"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MODELSHELF_REGISTRY", "demo")
    steps = [step for step in steps_in(PAGE) if step.command != PREPARED]
    assert len(steps) > 10
    for step in steps:
        program, *words = shlex.split(step.command)
        assert program == "modelshelf"
        done = CliRunner().invoke(command_line, words)
        assert done.exit_code == int(step.command.endswith("leaks") and "version" in step.output)
        assert fits(step.output, done.output), f"$ {step.command}\n{done.output}"


def test_the_tables_tell_everything() -> None:
    """Every kind of edge, every term and every way to write a thing stands in its table."""
    text = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE)) == set(RULES)
    assert re.findall(r"^\| ([\w -]+) \| [^|]+ \|$", text, re.MULTILINE)[1:] == list(TERMS)
    assert mermaid.__name__ in text


@pytest.mark.parametrize(
    "text",
    [
        "dataset:customers",
        "dataset:customers@4",
        "run:8812",
        "features:store/view@2",
        "hf:org/name@revision",
        "outside:anything",
        "consumer:scoring-api",
    ],
)
def test_things_are_read_as_they_are_written_there(text: str) -> None:
    """What the page writes is a thing and no reference."""
    assert f"`{text}`" in PAGE.read_text(encoding="utf-8")
    assert parse_thing(text) is not None
