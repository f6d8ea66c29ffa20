"""Writes that fail for want of space, wherever they fail, are told in words and change nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.crash.forking import run_program

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("resource") is None, reason="this system has no limits to set"
)


def test_a_system_without_room_is_a_sentence_and_nothing_is_changed(tmp_path: Path) -> None:
    """From no room at all to just enough: each refusal is Unavailable, and then it works."""
    told = run_program("small_files", tmp_path / "registry")
    assert len(told["refused"]) > 5, "the limit was felt"
    assert {family for family, _said in told["refused"]} == {"Unavailable"}
    for _family, said in told["refused"]:
        assert "full" in said or "I/O" in said or "cannot" in said
    assert told["number"] == 4, "the number of the failed attempts was not used up"
    assert told["whole"]
