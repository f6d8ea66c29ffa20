"""What the tests of the doors start from: somebody at a command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from modelshelf.registry import Registry
from tests.doors.calls import Shell
from tests.doors.story import write_model


@pytest.fixture
def shell(registry: Registry, clock: Callable[[], datetime]) -> Shell:
    """Return a command line in front of an empty registry, where nobody can be asked."""
    return Shell(registry.path, clock=clock)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Write a model file."""
    file = tmp_path / "model.safetensors"
    write_model(file, 1)
    return file
