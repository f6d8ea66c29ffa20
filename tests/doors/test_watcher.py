"""The watcher: what wakes it, what it says, how it ends, and that there is only one."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelshelf import watcher
from modelshelf.domain.errors import Conflict
from modelshelf.domain.intake import SweepReport
from modelshelf.domain.policy import DEFAULT_POLICY
from modelshelf.registry import create_registry, open_registry
from modelshelf.watcher import BackgroundWatcher, Events, Waker, run
from tests.registry.drops import weights

FAST = '[[drop_folders]]\npath = "inbox"\nsettle = 0.05\nsettle_folder = 0.1\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a registry whose files settle at once; return its folder."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "modelshelf.toml").write_text(FAST, "utf-8")
    create_registry(folder, actor="ana").close()
    return folder


def drop(root: Path, name: str = "churn/m.safetensors", data: bytes | None = None) -> Path:
    """Write a file into the inbox."""
    file = root / "inbox" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(weights() if data is None else data)
    return file


def wait_for(happened: Callable[[], object], seconds: float = 8.0) -> None:
    """Return as soon as something has happened; fail when it does not."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


@contextmanager
def watching(root: Path) -> Iterator[list[str]]:
    """Watch in a thread; yield the lines said."""
    lines: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(
        target=run, args=(root,), kwargs={"once": False, "log": lines.append, "stop": stop}
    )
    thread.start()
    try:
        wait_for(lambda: any(line.startswith("watching ") for line in lines))
        yield lines
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()


class TestOnce:
    def test_it_takes_in_what_is_there_and_ends(self, root: Path) -> None:
        """One line for each thing that happens; 0 when all is well."""
        drop(root)
        lines: list[str] = []
        assert run(root, once=True, log=lines.append, stop=threading.Event()) == 0
        assert lines == [
            "inbox/churn/m.safetensors: waiting, it must lie still for 0.05 s",
            "inbox/churn/m.safetensors: taken in as churn:v1",
        ]

    def test_the_same_bytes_are_said_to_be_known(self, root: Path) -> None:
        """With the version that they are."""
        lines: list[str] = []
        for _again in range(2):
            drop(root)
            assert run(root, once=True, log=lines.append, stop=threading.Event()) == 0
        assert lines[-1].endswith("its content is churn:v1 already")

    def test_a_refusal_is_an_exit_code(self, root: Path) -> None:
        """A script can tell."""
        drop(root)
        drop(root, "churn/m.safetensors.json", b"{")
        lines: list[str] = []
        assert run(root, once=True, log=lines.append, stop=threading.Event()) == 5
        assert "refused, the sidecar 'm.safetensors.json' cannot be used" in lines[-1]

    def test_it_can_be_stopped_while_it_waits(self, root: Path) -> None:
        """What is not finished is an exit code too."""
        drop(root, data=weights()[:-1])
        stop = threading.Event()
        stop.set()
        assert run(root, once=True, log=lambda _line: None, stop=stop) == 7

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
    def test_a_line_is_one_harmless_line(self, root: Path) -> None:
        """Whatever the file is called."""
        drop(root, "churn/a\nb\x1b]52;c;eA==\x07\u202e.safetensors")
        lines: list[str] = []
        run(root, once=True, log=lines.append, stop=threading.Event())
        assert lines
        assert all(line.isprintable() for line in lines)


class TestWatching:
    def test_an_event_wakes_it(self, root: Path) -> None:
        """A file that arrives is a version soon, long before the next round."""
        with watching(root) as lines:
            drop(root)
            wait_for(lambda: any("taken in as churn:v1" in line for line in lines))
            folder = root / "inbox" / "new" / "run"
            folder.mkdir(parents=True)
            (folder / "MLmodel").write_text("flavors: {}", "utf-8")
            wait_for(lambda: any("taken in as new:v1" in line for line in lines))
        assert lines[-1] == "watching ended"

    def test_what_is_there_at_the_start_is_taken(self, root: Path) -> None:
        """No event tells of it."""
        drop(root)
        with watching(root) as lines:
            wait_for(lambda: any("taken in as churn:v1" in line for line in lines))

    def test_trouble_with_a_sweep_is_said_and_survived(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A disk that is full now may not be full in a minute."""
        from modelshelf.domain.errors import Unavailable
        from modelshelf.registry.look import Look

        real = Look.run
        calls = iter(range(100))

        def broken(self: Look, places: Any) -> Any:  # noqa: ANN401 - handed through
            if next(calls) == 0:
                raise Unavailable("the catalog cannot be written", why="the disk is full")
            return real(self, places)

        monkeypatch.setattr(Look, "run", broken)
        with watching(root) as lines:
            wait_for(lambda: any("could not look into the drop folders" in ln for ln in lines))
            drop(root)
            wait_for(lambda: any("taken in as" in line for line in lines))

    def test_a_second_one_is_refused_by_name(self, root: Path) -> None:
        """It says which process watches already."""
        with watching(root), pytest.raises(Conflict, match=f"process {os.getpid()}"):
            run(root, once=False, log=lambda _line: None, stop=threading.Event())

    @pytest.mark.skipif(os.name == "nt", reason="Windows ends processes in another way")
    def test_a_signal_ends_it_cleanly(self, root: Path) -> None:
        """The door's handler sets ``stop``; the process then ends with 0 and holds nothing."""
        code = (
            "import signal, sys, threading\n"
            "from pathlib import Path\n"
            "from modelshelf.watcher import run\n"
            "stop = threading.Event()\n"
            "signal.signal(signal.SIGTERM, lambda *_: stop.set())\n"
            "log = lambda line: print(line, flush=True)\n"
            "sys.exit(run(Path(sys.argv[1]), once=False, log=log, stop=stop))\n"
        )
        command = [sys.executable, "-c", code, str(root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("watching ")
            with (
                open_registry(root) as registry,
                pytest.raises(Conflict, match=f"process {process.pid}"),
            ):
                registry.intake.sweep()
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
        assert (process.returncode, rest.strip()) == (0, "watching ended")
        with open_registry(root) as registry:
            registry.intake.sweep()

    def test_the_pace_follows_what_there_is_to_do(self) -> None:
        """A minute when nothing waits; else the settling time, then slower up to five seconds."""
        pace = watcher._pace
        assert pace(DEFAULT_POLICY, 60, busy=False, woken=True) == 60
        assert pace(DEFAULT_POLICY, 60, busy=True, woken=False) == pytest.approx(2.05)
        assert pace(DEFAULT_POLICY, 2.05, busy=True, woken=False) == pytest.approx(4.1)
        assert pace(DEFAULT_POLICY, 4.1, busy=True, woken=False) == 5
        assert pace(DEFAULT_POLICY, 5, busy=True, woken=True) == pytest.approx(2.05)


class TestEvents:
    def test_asking_ten_times_is_asking_once(self) -> None:
        """A copy of thousands of files is one sweep."""
        waker, stop = Waker(), threading.Event()
        for _again in range(10):
            waker.wake()
        assert waker.wait(5, stop)
        assert not waker.wait(0.01, stop)

    def test_waiting_ends_when_it_is_over(self) -> None:
        """Nobody waits for a minute to stop."""
        stop = threading.Event()
        threading.Timer(0.05, stop.set).start()
        started = time.monotonic()
        assert not Waker().wait(60, stop)
        assert time.monotonic() - started < 2

    def test_without_events_it_polls_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The limit of the kernel, or a file system without events."""
        import watchdog.observers

        class NoObserver(watchdog.observers.Observer):  # type: ignore[misc,valid-type]
            """Cannot start."""

            def start(self) -> None:
                """Fail as at the limit of watches."""
                raise OSError(28, "inotify watch limit reached")

        monkeypatch.setattr(watchdog.observers, "Observer", NoObserver)
        monkeypatch.setattr(watcher, "_POLL_S", 0.05)
        lines: list[str] = []
        waker = Waker()
        events = Events([tmp_path], waker, lines.append)
        try:
            assert lines == [
                "watching by polling, because there are no file events: inotify watch limit reached"
            ]
            (tmp_path / "file").write_bytes(b"x")
            assert waker.wait(5, threading.Event())
            events.check()
            assert len(lines) == 1
        finally:
            events.close()

    def test_an_observer_that_died_is_replaced_by_polling(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody else notices that its thread has ended; a new one is tried three times."""
        monkeypatch.setattr(watcher, "_POLL_S", 0.05)
        lines: list[str] = []
        waker = Waker()
        events = Events([tmp_path], waker, lines.append)
        try:
            for _again in range(4):
                assert lines == []
                events._observer.stop()
                events._observer.join()
                events.check()
            assert "watching by polling" in lines[0]
            (tmp_path / "file").write_bytes(b"x")
            assert waker.wait(5, threading.Event())
        finally:
            events.close()

    def test_a_folder_made_anew_is_watched_again(self, tmp_path: Path) -> None:
        """The events of the old one would never come back."""
        folder = tmp_path / "inbox"
        folder.mkdir()
        lines: list[str] = []
        waker, stop = Waker(), threading.Event()
        events = Events([folder], waker, lines.append)
        try:
            shutil.rmtree(folder)
            folder.mkdir()
            events.check()
            waker.wait(0.3, stop)
            (folder / "file").write_bytes(b"x")
            assert waker.wait(5, stop)
            assert lines == []
        finally:
            events.close()

    def test_a_waker_that_fails_does_not_end_the_listening(self, tmp_path: Path) -> None:
        """An exception in a handler would end watchdog's thread without a word."""
        called = threading.Event()

        class Broken(Waker):
            """Fails."""

            def wake(self) -> None:
                """Fail."""
                called.set()
                raise RuntimeError

        events = Events([tmp_path], Broken(), lambda _line: None)
        try:
            (tmp_path / "file").write_bytes(b"x")
            assert called.wait(5)
            assert events._alive()
        finally:
            events.close()

    def test_lost_events_wake_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Watchdog only logs that the kernel's queue ran over; the terminal stays clean."""
        waker = Waker()
        events = Events([tmp_path], waker, lambda _line: None)
        logging.getLogger("watchdog.observers.inotify").warning("Inotify queue overflowed")
        assert waker.wait(1, threading.Event())
        events.close()
        logging.getLogger("watchdog.observers.inotify").warning("again")
        assert not waker.wait(0.01, threading.Event())
        assert "overflowed" not in capsys.readouterr().err

    def test_our_own_reading_wakes_nobody(self, tmp_path: Path) -> None:
        """Else a sweep would call for the next one."""
        file = tmp_path / "file"
        file.write_bytes(b"x")
        waker = Waker()
        events = Events([tmp_path], waker, lambda _line: None)
        try:
            file.read_bytes()
            list(tmp_path.iterdir())
            assert not waker.wait(0.4, threading.Event())
        finally:
            events.close()


class TestInTheBackground:
    def test_it_reports_to_the_app(self, root: Path) -> None:
        """Starts, takes in, stops."""
        reports: list[SweepReport] = []
        lines: list[str] = []
        background = BackgroundWatcher(
            root, actor="ravi", on_report=reports.append, on_notice=lines.append
        )
        background.start()
        drop(root)
        wait_for(lambda: any(report.taken for report in reports))
        background.stop()
        assert not background.is_alive()
        with open_registry(root) as registry:
            assert registry.versions.get("churn:v1").created_by == "ravi"

    def test_it_says_who_watches_already_and_takes_over(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The app goes on; when the other one ends, this one begins."""
        lines: list[str] = []
        reports: list[SweepReport] = []
        monkeypatch.setattr(watcher, "QUIET_S", 0.1)
        with open_registry(root) as registry, registry.intake.watching():
            background = BackgroundWatcher(root, on_report=reports.append, on_notice=lines.append)
            background.start()
            wait_for(lambda: lines)
            time.sleep(0.3)
        assert len(lines) == 1
        assert f"process {os.getpid()}" in lines[0]
        wait_for(lambda: reports)
        background.stop()

    def test_a_registry_that_cannot_be_opened_is_a_notice(self, tmp_path: Path) -> None:
        """And never an error in the app."""
        lines: list[str] = []
        background = BackgroundWatcher(
            tmp_path / "none", on_report=lambda _report: None, on_notice=lines.append
        )
        background.start()
        wait_for(lambda: lines)
        background.stop()
        assert "not watched" in lines[0]

    def test_it_can_be_asked_to_look_now(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A key press is as good as an event."""
        monkeypatch.setattr(watcher, "_wanted", list)
        reports: list[SweepReport] = []
        background = BackgroundWatcher(root, on_report=reports.append, on_notice=lambda _line: None)
        background.start()
        wait_for(lambda: reports)
        before = len(reports)
        background.wake()
        wait_for(lambda: len(reports) > before)
        background.stop()
