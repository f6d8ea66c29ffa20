"""A watcher runs for weeks: nothing grows with the events, the sweeps and the rebuilding."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import tracemalloc
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from modelshelf.registry import open_registry
from modelshelf.registry.drops import finishing
from modelshelf.registry.drops.dropping import HEARTBEAT
from modelshelf.watcher import Times, Waker
from modelshelf.watcher.folder import WatchedFolder
from modelshelf.watcher.post import Post
from tests.doors.watched import FAST, QUICK, drop, made, wait_for, watching
from tests.registry.drops import weights


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at what was taken in once more at once, not after a second."""
    monkeypatch.setattr(finishing, "_LOOK_AGAIN_S", 0.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a registry whose files settle at once; return its folder."""
    return made(tmp_path / "registry")


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only counted


def _memory() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
@pytest.mark.parametrize("polling", [False, True])
def test_fifty_rebuilds_leave_no_thread_and_no_descriptor(root: Path, *, polling: bool) -> None:
    """Also where the thread that would clean up is the one that has died."""
    with open_registry(root) as registry:
        (rule,) = registry.policy.drop_folders
        if polling:
            rule = replace(rule, watch="poll")
        times = replace(QUICK, heartbeat=1e9, verify=1e9)
        watched = WatchedFolder(root, rule, registry.intake.watching, Waker(), times)
        watched.check(0.0)
        threads, descriptors = threading.active_count(), _descriptors()
        for number in range(50):
            assert watched._listener is not None
            observer = watched._listener._observer
            observer._stopped_event.set()  # its thread ends, and nothing else
            observer.event_queue.put(observer.stop_event)
            observer.join(5)
            watched.check(number * times.forgive)
        assert (threading.active_count(), _descriptors()) == (threads, descriptors)
        assert watched.state.how == ("polling" if polling else "events")
        watched.close()
        assert threading.active_count() < threads


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_a_policy_that_changes_again_and_again_leaves_nothing(root: Path) -> None:
    """Each time the registry is opened anew, and the former one is closed."""
    counts = []
    with watching(root) as said:
        for number in range(8):
            text = FAST.replace("0.05", f"0.05{number + 1}")
            (root / "modelshelf.toml").write_text(text, "utf-8")
            wait_for(lambda n: sum("is followed" in ln for ln in said.lines) > n, number)
            before = len(said.reports)
            wait_for(lambda n: len(said.reports) > n, before)
            counts.append((threading.active_count(), _descriptors()))
    assert counts[-1] == counts[1]


def test_thousands_of_sweeps_and_events_take_no_memory(root: Path) -> None:
    """What is remembered from sweep to sweep is what still waits, and no more.

    What leaks does so in every wave; what a slow machine has yet to hand on, in one or another.
    """
    quiet = Times(heartbeat=0.0, verify=0.0, check=0.0)
    post = Post(partial(open_registry, root), waker := Waker(), lambda _line: None, quiet)
    stop = threading.Event()
    post.begin()
    lost = logging.makeLogRecord({"msg": "events were lost"})
    tracemalloc.start()

    def wave() -> int:
        for number in range(150):
            waker.note_rename(root / "inbox" / str(number))
            waker.wake()
            post.supervisor._ear.emit(lost)
            post.supervisor.check()
            post.sweep(lambda _seen: None, stop)
        for number in range(150):
            drop(root, f"churn/{number}.part").unlink()
        return _memory()

    try:
        after = [wave() for _ in range(6)]
        assert min(later - earlier for earlier, later in pairwise(after)) < 30_000
    finally:
        tracemalloc.stop()
        post.close()


def test_four_hundred_files_at_once_are_taken_in_once_each(root: Path) -> None:
    """However many events are lost or come together."""
    with watching(root) as said:
        for number in range(400):
            drop(root, f"m{number % 20}/{number}.safetensors", weights(number))
        wait_for(lambda: len(said.taken()) == 400, seconds=60)
    assert set(said.taken().values()) == {1}
    left = [file for file in (root / "inbox").rglob("*.safetensors") if ".taken" not in file.parts]
    assert left == []
    assert not (root / "inbox" / HEARTBEAT).exists()
