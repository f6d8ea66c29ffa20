"""What the tests of hooks begin with: a registry in which a story happened that nobody was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.hooks import telling
from modelshelf.registry import Registry, create_registry
from tests.furnished import furnish
from tests.hooks.outside import ALL, STAGES, Clock, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Put a world of our own outside."""
    outside = World()
    monkeypatch.setattr(telling, "tell", outside.tell)
    return outside


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a registry that is not there yet, with two hooks."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "modelshelf.toml").write_text(ALL + STAGES, "utf-8")
    return folder


@pytest.fixture
def shelf(root: Path, clock: Clock) -> Iterator[Registry]:
    """Make a registry in which a small story happened, and nobody was told of it."""
    with create_registry(root, actor="ana", clock=clock) as opened:
        furnish(opened, root.parent / "files")
        opened.hooks._luck = lambda: 0.5
        yield opened
