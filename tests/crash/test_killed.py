"""A process killed between two steps leaves a registry that is whole and goes on densely."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from modelshelf.domain.errors import NotFound
from modelshelf.registry import Registry, open_registry
from tests.crash.forking import PROJECT
from tests.crash.killed import CREATION, POINTS
from tests.furnished import furnished, model_file

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no way to be killed here")


KillAt = Callable[[str, Path], None]


@pytest.fixture(scope="module")
def kill_at() -> Iterator[KillAt]:
    """Return a function that runs the work in a process that is killed at a point."""
    path = os.pathsep.join([*filter(None, sys.path), str(PROJECT)])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.killed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": path},
    ) as forking:
        yield partial(_kill, forking)


def _kill(forking: subprocess.Popen[str], point: str, root: Path) -> None:
    assert forking.stdin is not None
    assert forking.stdout is not None
    forking.stdin.write(f"{point}\t{root}\n")
    forking.stdin.flush()
    status, trouble = json.loads(forking.stdout.readline())
    assert status == -signal.SIGKILL, f"it was not killed at {point}: {trouble}"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a furnished registry once, whose clock is the present."""
    registry = furnished(tmp_path_factory.mktemp("story"))
    registry.close()
    return registry.path


@pytest.fixture
def root(story: Path, tmp_path: Path) -> Path:
    """Copy it for one test."""
    shutil.copytree(story, tmp_path / "registry")
    return tmp_path / "registry"


@pytest.fixture
def reopened(root: Path) -> Iterator[Registry]:
    """Open the copy again and again: connections are made when they are needed."""
    with open_registry(root, actor="ana") as opened:
        yield opened


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_all_or_nothing(
    kill_at: KillAt, reopened: Registry, root: Path, point: str
) -> None:
    """Log, tables and bytes fit one another, and the next number is the next number."""
    head, newest = reopened.audit.head()[0], reopened.models.get("risk/churn").latest
    reopened.close()
    kill_at(point, root)
    found = reopened.audit.verify(deep=True)
    assert found.problems == ()
    committed = point.startswith(("promotion", "collection"))
    assert found.head_seq == head + committed
    made = reopened.versions.register("risk/churn", model_file(root.parent, 70))
    assert made.created
    assert made.version.number == newest + 1
    assert reopened.audit.verify(deep=True).whole


@pytest.mark.parametrize("point", ["collection decided", "collection begun"])
def test_a_killed_collection_is_finished_by_the_next(
    kill_at: KillAt, reopened: Registry, point: str
) -> None:
    """Bytes that were given up and not yet removed go with the next collection."""
    lost = {f.digest for f in reopened.versions.detail("risk/churn:3").files}
    reopened.close()
    kill_at(point, reopened.path)
    store = reopened._context.blobs
    if point == "collection decided":
        assert all(store.has(digest) for digest in lost)
    assert reopened.versions.get("risk/churn:3").freed
    reopened.upkeep.gc(reopened.upkeep.gc_plan(0))
    assert not any(store.has(digest) for digest in lost)
    assert reopened.audit.verify(deep=True).whole


def test_bytes_that_nobody_named_are_found_again(
    kill_at: KillAt, reopened: Registry, root: Path
) -> None:
    """A registration killed before its commit leaves bytes that its repetition makes use of."""
    before = set(reopened._context.blobs.digests())
    reopened.close()
    kill_at("rows written", root)
    left = set(reopened._context.blobs.digests()) - before
    assert len(left) == 1
    assert reopened.upkeep.gc_plan(0).blobs == 1, "v3 is yanked; the orphan has a day of grace"
    made = reopened.versions.register("risk/churn", model_file(root.parent, 70))
    assert {made.version.digest} == left


@pytest.mark.parametrize("point", CREATION)
def test_a_killed_creation_is_finished_by_the_next(
    kill_at: KillAt, tmp_path: Path, point: str
) -> None:
    """Half a registry is none, and making it again works."""
    root = tmp_path / "new"
    kill_at(point, root)
    with pytest.raises(NotFound):
        open_registry(root, actor="ana")
    with open_registry(root, actor="ana", create=True) as made:
        assert made.audit.verify().whole
        assert made.audit.head()[0] == 1
        assert "[stages.production]" in (root / "modelshelf.toml").read_text("utf-8")
