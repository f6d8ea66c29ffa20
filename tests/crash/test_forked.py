"""A process that forks with an open registry: parent and children go on, each in its own way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.forking import run_program

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def test_children_go_on_with_the_object_they_inherited(tmp_path: Path) -> None:
    """Though the parent held the lock while it forked, nobody is locked out and nothing is lost."""
    told = run_program("forked", tmp_path / "registry")
    assert told == {"children": [20, 20, 20], "problems": [], "versions": 1 + 4 * 20}
