"""Every call into the operating system fails once, in every way; afterwards nothing is wrong or lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
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
    smaller_steps,
    snapshot,
    store_of,
)

REPOSITORY = Path(__file__).parents[2]
DESCRIPTORS = Path("/proc/self/fd")
# How often this advice is given depends on which of the two threads is ahead.
UNSTEADY = frozenset({"forget"})


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEP", "AHEAD", "KEPT"):
        monkeypatch.setattr(copying, name, getattr(copying, name))
    smaller_steps()


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
    """Assert what must hold after any fault: nothing wrong, the source untouched, a retry succeeds."""
    store = store_of(root)
    check_blobs(store)
    assert snapshot(root / "source") == before
    again = SCENES[name].play(root)
    check_blobs(store)
    if isinstance(again, Content):
        clean_up(store, digests_of(again))
    else:
        assert len(list(store.digests())) == 1
        assert os.listdir(store.root / "tmp") == []
    assert snapshot(root / "source") == before


@pytest.mark.parametrize("name", SCENES)
def test_a_reported_error_leaves_nothing_wrong(name: str, tmp_path: Path) -> None:
    """An I/O error, a full disk, a short write or a late error: one of ours is raised, a retry succeeds."""
    counts = calls_of(name, tmp_path / "first")
    for number, fault in enumerate(faults_of(counts, "EIO", "ENOSPC", "short", "late")):
        root = tmp_path / str(number)
        root.mkdir()
        SCENES[name].prepare(root)
        before = snapshot(root / "source")
        opened = _descriptors()
        with machine(fault, SCENES[name].without) as stands:
            try:
                SCENES[name].play(root)
            except ModelshelfError as error:
                assert str(error), fault
                assert fault.how != "short", fault
        assert stands.happened or fault.call in UNSTEADY, fault
        assert _descriptors() == opened, fault
        assert "modelshelf-copy" not in {thread.name for thread in threading.enumerate()}, fault
        check_after(name, root, before)
        shutil.rmtree(root)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of itself")
@pytest.mark.parametrize("name", SCENES)
def test_a_kill_leaves_nothing_wrong(name: str, tmp_path: Path) -> None:
    """Killed before any call, the store has no wrong blob, and leftovers only where they are collected."""
    counts = calls_of(name, tmp_path / "first")
    faults = list(faults_of(counts, "kill"))
    folder = tmp_path / "killed"
    folder.mkdir()
    reports = _killed(name, folder, faults)
    assert len(reports) == len(faults)
    for number, killed in reports:
        assert killed or faults[number].call in UNSTEADY, faults[number]
        root = folder / str(number)
        check_after(name, root, snapshot(root / "source"))
        shutil.rmtree(root)


def test_every_kind_of_call_is_tried(tmp_path: Path) -> None:
    """The scenes together make every call there is but those of other use cases."""
    made: set[str] = set()
    for name in SCENES:
        made |= set(calls_of(name, tmp_path / "scene"))
    checkout_only = {"exchange", "remove_tree"}
    assert made >= set(CALLS) - checkout_only


def _killed(name: str, folder: Path, faults: list[Fault]) -> list[tuple[int, bool]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.artifacts.crash_child", name, str(folder)],
        input="".join(f"{fault.call} {fault.nth}\n" for fault in faults),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line.split() for line in done.stdout.splitlines())
    return [(int(number), killed == "True") for number, killed in lines]


def _descriptors() -> int:
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0
