"""What tests of written-down heads begin with: a line, a rule of the policy, what was kept."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from modelshelf.catalog import checkpoints
from modelshelf.domain.checkpoints import Checkpoint
from modelshelf.domain.policy import Checkpoints
from modelshelf.registry import Registry

SEAL = "ab" * 32
LINE = f"modelshelf-checkpoint-v1 {'0' * 32} 19 {SEAL} 2026-05-03T09:12:44.000000Z"
posix = pytest.mark.skipif(os.name == "nt", reason="modes and signals of POSIX")


def rule(shelf: Registry, **rules: object) -> None:
    """Let the policy say what is done with checkpoints."""
    shelf._context.policy = replace(shelf.policy, checkpoints=Checkpoints(**rules))  # type: ignore[arg-type]


def kept(shelf: Registry) -> list[int]:
    """Return the numbers that are written down."""
    return [c.seq for c in checkpoints.read(shelf.path)]


def newest(shelf: Registry) -> Checkpoint:
    """Return the newest head that is written down."""
    found = checkpoints.newest(shelf.path)
    assert found is not None
    return found


def command(*lines: str) -> tuple[str, ...]:
    """Return a command that runs a few lines of Python."""
    return (sys.executable, "-c", "import sys, os\n" + "\n".join(lines))
