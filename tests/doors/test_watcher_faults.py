"""The supervisor: whatever breaks is mended soon, and what was dropped meanwhile is taken once."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelshelf.registry import open_registry
from modelshelf.registry.drops import finishing
from modelshelf.registry.drops.dropping import HEARTBEAT
from modelshelf.watcher import Times, coverage, folder, heartbeat, observers
from modelshelf.watcher.listening import Listener
from tests.doors.watched import QUICK, RULE, drop, made, takes, wait_for, watching


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at what was taken in once more at once, not after a second."""
    monkeypatch.setattr(finishing, "_LOOK_AGAIN_S", 0.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a registry whose files settle at once; return its folder."""
    return made(tmp_path / "registry")


@pytest.fixture
def listeners(monkeypatch: pytest.MonkeyPatch) -> list[Listener]:
    """Return every listener that is made from now on."""
    found: list[Listener] = []
    real = Listener.__init__

    def remember(self: Listener, *given: Any, **more: Any) -> None:  # noqa: ANN401 - handed through
        real(self, *given, **more)
        found.append(self)

    monkeypatch.setattr(Listener, "__init__", remember)
    return found


class TestListening:
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_dispatch_thread_that_dies_is_replaced(
        self, root: Path, listeners: list[Listener], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An exception in a handler ends it, and nobody is told."""
        with watching(root) as said:
            with monkeypatch.context() as patch:
                patch.setattr(observers.Handler, "dispatch", _breaks)
                drop(root, "churn/lost.safetensors")
                wait_for(lambda: not listeners[0]._observer.is_alive())
            wait_for(lambda: said.said("watching began anew (the listening ended by itself)"))
            wait_for(lambda: said.taken()["lost.safetensors"])
            takes(said, "next.safetensors")
            assert said.hows() == ["events"]
            assert said.states[-1].restarts >= 1

    def test_after_three_failures_it_polls_and_later_listens_again(
        self, root: Path, listeners: list[Listener]
    ) -> None:
        """Events that go on failing are not trusted for an hour."""
        times = _with(forgive=1.5)
        with watching(root, times) as said:
            for number in range(1, folder.FAILURES_MOST + 1):
                listeners[-1]._observer.stop()
                wait_for(lambda number: len(listeners) > number, number)
            wait_for(lambda: said.hows() == ["polling"])
            assert said.said("watched by polling (events failed 3 times, the listening ended")
            takes(said, "polled.safetensors")
            wait_for(lambda: said.hows() == ["events"])
            assert said.lines[-1].endswith("inbox: watched by file events")
            takes(said, "heard.safetensors")

    def test_silence_is_noticed_by_the_heartbeat(
        self, root: Path, listeners: list[Listener]
    ) -> None:
        """All threads live, and no event comes: only a file that should have made one can tell."""
        times = _with(answer=0.2)
        with watching(root, times) as said:
            queue = listeners[0]._observer.event_queue
            whole = queue.put

            def deaf(item: Any, *given: Any, **more: Any) -> None:  # noqa: ANN401 - handed through
                if not isinstance(item, tuple):  # only what asks for the end comes through
                    whole(item, *given, **more)

            queue.put = deaf  # type: ignore[method-assign]
            drop(root, "churn/silent.safetensors")
            wait_for(lambda: said.said("watching began anew (a heartbeat did not come back)"))
            wait_for(lambda: said.taken()["silent.safetensors"])
            assert said.taken()["silent.safetensors"] == 1
            takes(said, "next.safetensors")
        assert not (root / "inbox" / HEARTBEAT).exists()

    def test_the_heartbeat_itself_is_no_news(self, root: Path) -> None:
        """It wakes nobody, and the intake does not see it."""
        with watching(root) as said:
            wait_for((root / "inbox" / HEARTBEAT).exists)
            before = len(said.reports)
            beat = (root / "inbox" / HEARTBEAT).stat().st_ctime_ns
            wait_for(lambda: _ctime(root / "inbox" / HEARTBEAT) not in (0, beat))
            assert len(said.reports) == before
            assert said.states[-1].restarts == 0
        with open_registry(root) as registry:
            assert registry.intake.ledger() == ()

    def test_the_heartbeat_harms_no_file_that_lies_in_its_place(self, root: Path) -> None:
        """Somebody may put a link to something else there."""
        victim = root.parent / "victim"
        victim.write_text("precious", "utf-8")
        os.link(victim, root / "inbox" / HEARTBEAT)
        with watching(root) as said:
            takes(said, "m.safetensors")
        assert victim.read_text("utf-8") == "precious"

    def test_no_heartbeat_where_files_are_only_copied(self, tmp_path: Path) -> None:
        """Such a folder is somebody else's."""
        root = made(tmp_path / "r", f'[[drop_folders]]\npath = "inbox"\nkeep = "copy"\n{RULE}')
        with watching(root) as said:
            takes(said, "m.safetensors")
            assert not (root / "inbox" / HEARTBEAT).exists()

    def test_a_folder_that_cannot_be_written_needs_no_heartbeat(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It goes on without one, and is not called broken."""

        def readonly(_self: object) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(heartbeat.Heartbeat, "_beat", readonly)
        with watching(root, _with(answer=0.05)) as said:
            takes(said, "m.safetensors")
            takes(said, "n.safetensors")
            assert said.states[-1].restarts == 0
            assert said.hows() == ["events"]

    def test_an_overflow_of_the_queue_is_a_sweep(self, root: Path) -> None:
        """Watchdog only writes it into its log; the terminal stays clean."""
        with watching(root) as said:
            before = len(said.reports)
            logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")
            wait_for(lambda: len(said.reports) > before)
            takes(said, "m.safetensors")

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this limit")
    def test_at_the_limit_of_watches_it_polls(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Starting fails as it does in the kernel; the reason is told, and files are taken in."""
        from modelshelf.watcher import inotify

        def full(_self: object, *_given: object) -> int:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")

        monkeypatch.setattr(inotify._Reader, "add_callback", full)
        threads = threading.active_count()
        with watching(root) as said:
            assert said.hows() == ["polling"]
            assert said.lines[1] == (
                "inbox: watched by polling (no file events: inotify watch limit reached)"
            )
            takes(said, "m.safetensors")
        wait_for(lambda: threading.active_count() <= threads)

    def test_more_folders_than_the_limit_are_polled_from_the_start(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Past it, the system would silently listen to some of them only."""
        for number in range(6):
            (root / "inbox" / f"m{number}").mkdir()
        monkeypatch.setattr(folder, "watches_most", lambda: 5)
        with watching(root) as said:
            assert said.said("watched by polling (it holds more than the 5 folders")
            takes(said, "m.safetensors")

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux can say")
    def test_folders_that_are_not_listened_to_are_noticed(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Watchdog passes over a sub-folder that it gets no watch for."""
        from modelshelf.watcher import inotify

        real = inotify._Reader.add_callback
        failing = True

        def scarce(self: Any, path: bytes, *given: Any) -> Any:  # noqa: ANN401 - handed through
            if failing and path.endswith(b"/deep"):
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
            return real(self, path, *given)

        (root / "inbox" / "deep").mkdir()
        monkeypatch.setattr(inotify._Reader, "add_callback", scarce)
        with watching(root) as said:
            wait_for(lambda: said.said("watching began anew (1 of its folders are not listened"))
            failing = False
            wait_for(lambda: coverage.unwatched(root / "inbox") == frozenset())
            takes(said, "m.safetensors")

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux can say")
    def test_what_was_put_away_takes_no_watches(self, root: Path) -> None:
        """Each artifact has a folder of its own there, and over the weeks there are many."""
        drop(root, "churn/first.safetensors")
        with watching(root) as said:
            wait_for(lambda: said.taken()["first.safetensors"])
            takes(said, "second.safetensors")
            assert len(list((root / "inbox" / ".taken").rglob("v*"))) == 2
            inodes = coverage._watched()
            assert (root / "inbox" / "churn").stat().st_ino in inodes
            assert (root / "inbox" / ".taken").stat().st_ino not in inodes


def _with(**times: float) -> Times:
    return replace(QUICK, **times)


def _ctime(file: Path) -> int:
    try:
        return file.stat().st_ctime_ns
    except OSError:
        return 0


def _breaks(*_given: object) -> None:
    raise RuntimeError("a handler that is broken")
