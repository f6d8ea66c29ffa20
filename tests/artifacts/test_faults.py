"""Every call into the operating system fails once, in every way; nothing is wrong or lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelshelf.artifacts import copying
from modelshelf.domain.content import Content
from modelshelf.domain.errors import ModelshelfError
from tests.artifacts.faults import CALLS, Fault, faults_of, machine
from tests.artifacts.scenes import (
    SCENES,
    check_blobs,
    clean_up,
    digests_of,
    names_in,
    smaller_steps,
    snapshot,
    store_of,
)

REPOSITORY = Path(__file__).parents[2]
DESCRIPTORS = Path("/proc/self/fd")
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory: a thousand runs without a disk
# How often these are made depends on which of the two threads is ahead.
UNSTEADY = frozenset({"forget", "read_into"})


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEP", "AHEAD", "KEPT"):
        monkeypatch.setattr(copying, name, getattr(copying, name))
    smaller_steps()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a fast file system; links, holes and locks are real there too."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def calls_of(name: str, root: Path) -> dict[str, int]:
    """Return how often the scene makes each call when nothing fails."""
    root.mkdir()
    scene = SCENES[name]
    scene.prepare(root)
    with machine(without=scene.without) as stands:
        scene.play(root)
    shutil.rmtree(root)
    return stands.counts()


def check_after(name: str, root: Path, before: dict[str, tuple[bytes, int, int, int, int]]) -> None:
    """Assert that nothing is wrong, the source is untouched, and a retry succeeds."""
    store = store_of(root)
    check_blobs(store)
    assert snapshot(root / "source") == before
    again = SCENES[name].play(root)
    check_blobs(store)
    if isinstance(again, Content):
        clean_up(store, digests_of(again))
    else:
        assert len(list(store.digests())) == 1
        assert names_in(store.root / "tmp") == []
    assert snapshot(root / "source") == before


@pytest.mark.parametrize("name", SCENES)
def test_a_reported_error_leaves_nothing_wrong(name: str, place: Path) -> None:
    """An I/O error, a full disk, a short write or a late error: one of ours is raised."""
    counts = calls_of(name, place / "first")
    failed: list[Fault] = []
    for number, fault in enumerate(faults_of(counts, "EIO", "ENOSPC", "short", "late")):
        root = place / str(number)
        root.mkdir()
        SCENES[name].prepare(root)
        before = snapshot(root / "source")
        opened = _descriptors()
        with machine(fault, SCENES[name].without) as stands:
            try:
                SCENES[name].play(root)
            except ModelshelfError:
                failed.append(fault)
        assert stands.happened or fault.call in UNSTEADY, fault
        assert _descriptors() == opened, fault
        assert "modelshelf-copy" not in {thread.name for thread in threading.enumerate()}, fault
        check_after(name, root, before)
        shutil.rmtree(root)
    assert not [fault for fault in failed if fault.how == "short"]
    assert [fault for fault in failed if fault.how == "EIO"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of itself")
@pytest.mark.parametrize("name", SCENES)
def test_a_kill_leaves_nothing_wrong(name: str, place: Path) -> None:
    """Killed before any call, the store has no wrong blob; leftovers can be collected."""
    counts = calls_of(name, place / "first")
    faults = list(faults_of(counts, "kill"))
    with _child(name, place) as child:
        for number, fault in enumerate(faults):
            answer = _ask(child, f"{fault.call} {fault.nth}\n")
            assert answer == "killed" or fault.call in UNSTEADY, fault
            root = place / str(number)
            check_after(name, root, snapshot(root / "source"))
            shutil.rmtree(root)


def test_every_kind_of_call_is_tried(place: Path) -> None:
    """The scenes together make every call there is but those of other use cases."""
    made: set[str] = set()
    for name in SCENES:
        made |= set(calls_of(name, place / "scene"))
    elsewhere = {"exchange", "remove_tree", "rename_new", "_rename_by_flag"}
    assert made >= set(CALLS) - elsewhere


@contextmanager
def _child(name: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the process that plays a scene once for each line and dies at it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.artifacts.crash_child", name, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        yield child


def _ask(child: subprocess.Popen[str], line: str) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(line)
    child.stdin.flush()
    return child.stdout.readline().strip()


def _descriptors() -> int:
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0
