"""The policy beside a registry: stages that it renames, and its file checked where it lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, NotFound, Unavailable
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.policing import check_policy_file
from tests.registry.conftest import NewFile

RENAMED = 'ladder = ["staging", "live"]\n[stages.live]\nholders = "many"\nwas = "production"\n'


def write_policy(shelf: Registry, text: str) -> None:
    """Give a registry another policy; whoever opens it next has it."""
    (shelf.path / "modelshelf.toml").write_text(text, "utf-8")


@pytest.fixture
def held(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry where a version holds production."""
    registry.versions.register("churn", new_file())
    registry.promotions.promote("churn:v1", "production", reason="first")
    return registry


def test_a_renamed_stage_keeps_its_holders_and_its_history(
    held: Registry, clock: Callable[[], datetime]
) -> None:
    """The first change under the new policy records the policy, then the new name, then itself."""
    write_policy(held, RENAMED)
    with open_registry(held.path, actor="ana", clock=clock) as shelf:
        shelf.models.describe("churn", description="who leaves")
        told = [(e.event, e.subject) for e in shelf.audit.entries(limit=3)]
        assert [event for event, _ in told] == [
            "model.described",
            "stage.renamed",
            "policy.recorded",
        ]
        assert shelf.audit.entries(limit=2)[1].body == {
            "stage": "production",
            "renamed_to": "live",
        }
        (past,) = shelf.promotions.history("churn", "live")
        assert [h.reference for h in past.holders] == ["churn:v1"]
        assert shelf.versions.get("churn@live").reference == "churn:v1"
        assert shelf.audit.verify().whole


def test_a_stage_is_renamed_once(
    held: Registry, clock: Callable[[], datetime], new_file: NewFile
) -> None:
    """`was` may stay in the file: later changes of the policy have nothing left to rename."""
    for text in (RENAMED, RENAMED + "approvals = 0\n"):
        write_policy(held, text)
        with open_registry(held.path, actor="ana", clock=clock) as shelf:
            shelf.versions.register("churn", new_file())
    with open_registry(held.path, actor="ana", clock=clock) as shelf:
        assert len(shelf.audit.entries(event="stage.renamed")) == 1
        assert len(shelf.audit.entries(event="policy.recorded")) == 3


def test_a_new_stage_of_a_registry_without_the_old_one_is_not_renamed(
    registry: Registry, clock: Callable[[], datetime], new_file: NewFile
) -> None:
    """Where nothing was ever assigned there is no history to carry over."""
    write_policy(registry, RENAMED)
    with open_registry(registry.path, actor="ana", clock=clock) as shelf:
        shelf.versions.register("churn", new_file())
        shelf.promotions.promote("churn:v1", "live", reason="first")
        assert not shelf.audit.entries(event="stage.renamed")


def test_a_registry_with_a_broken_policy_can_still_be_checked(held: Registry) -> None:
    """It cannot be opened, and the check says why, line by line."""
    write_policy(held, "[stages.live]\nholder = 'many'\ngates = ['scna']\n")
    with pytest.raises(Invalid, match="line 2"):
        open_registry(held.path)
    found = check_policy_file(held.path)
    assert [(p.line, p.where) for p in found] == [
        (2, "stages.live.holder"),
        (3, "stages.live.gates[0]"),
    ]


def test_a_stage_that_models_hold_is_missed(held: Registry, tmp_path: Path) -> None:
    """Only where the registry is there to look into."""
    text = 'ladder = ["staging"]\n'
    (doubt,) = check_policy_file(held.path, text)
    assert doubt.warning
    assert "production, which models hold" in doubt.what
    assert check_policy_file(tmp_path / "nowhere", text) == ()
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_catalog_does_not_keep_the_policy_from_being_checked(tmp_path: Path) -> None:
    """What it holds is not known then, and that is all."""
    (tmp_path / "catalog.db").write_bytes(b"no catalog" * 1_000)
    assert check_policy_file(tmp_path, 'ladder = ["staging"]') == ()


def test_expressions_licences_commands_and_plugins_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the libraries that read them, and the machine that would run them."""
    (tmp_path / "there.sh").write_text("#!/bin/sh\n", "utf-8")
    (tmp_path / "there.sh").chmod(0o755)
    (tmp_path / "plain.sh").write_text("", "utf-8")
    monkeypatch.chdir(os.sep)
    text = """\
[stages.staging]
gates = ["good", "bad", "a", "b", "c", "d", "e", "licence"]
[gates.good]
when = "metrics.auc > 0.9"
[gates.bad]
when = "metrics.auc >"
[gates.a]
run = ["./there.sh"]
[gates.b]
run = ["./plain.sh"]
[gates.c]
run = ["./not-there.sh"]
[gates.d]
run = ["sh"]
[gates.e]
plugin = "no-such-gate"
[gates.licence]
allowed = ["MIT", "Aapche-2.0"]
[[hooks]]
run = ["no-such-program-here"]
"""
    found = {(p.line, p.warning): p.sentence for p in check_policy_file(tmp_path, text)}
    assert list(found) == [(6, False), (10, True), (12, True), (16, True), (18, False), (20, True)]
    assert "cannot be run" in found[10, True]
    assert "is not there" in found[12, True]
    assert "PATH" in found[20, True]


def test_a_file_that_cannot_be_read_is_told_as_such(tmp_path: Path) -> None:
    """Missing, a folder, not text."""
    with pytest.raises(NotFound, match="modelshelf init"):
        check_policy_file(tmp_path)
    (tmp_path / "modelshelf.toml").write_bytes(b"\xff")
    with pytest.raises(Invalid, match="not UTF-8"):
        check_policy_file(tmp_path)
    (tmp_path / "modelshelf.toml").unlink()
    (tmp_path / "modelshelf.toml").mkdir()
    with pytest.raises(Unavailable):
        check_policy_file(tmp_path)
