"""Model files of their own content, for the tests of the registry's parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.furnished import model_file

NewFile = Callable[[], Path]


@pytest.fixture
def new_file(tmp_path: Path) -> NewFile:
    """Return a function that writes a model file whose content no other has."""
    seeds: Iterator[int] = iter(range(1_000, 1_000_000))
    return lambda: model_file(tmp_path / "new", next(seeds))
