"""A furnished registry for each test, copied from one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.registry import Registry, open_registry
from tests.furnished import furnished, ticking


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a furnished registry once, close it, and return its folder."""
    registry = furnished(tmp_path_factory.mktemp("story"))
    registry.close()
    return registry.path


@pytest.fixture
def shelf(story: Path, tmp_path: Path) -> Iterator[Registry]:
    """Open a copy of the furnished catalog, over bytes that all tests share and none removes."""
    root = tmp_path / "shelf"
    root.mkdir()
    for name in ("catalog.db", "checkpoints.log", "modelshelf.toml"):
        shutil.copy(story / name, root / name)
    (root / "blobs").symlink_to(story / "blobs")
    with open_registry(root, actor="ana", clock=ticking()) as opened:
        yield opened


@pytest.fixture
def own_shelf(story: Path, tmp_path: Path) -> Iterator[Registry]:
    """Open a copy of the whole furnished registry, bytes and all."""
    root = tmp_path / "shelf"
    shutil.copytree(story, root)
    with open_registry(root, actor="ana", clock=ticking()) as opened:
        yield opened
