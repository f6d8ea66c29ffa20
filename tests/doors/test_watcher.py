"""The watcher: what wakes it, what it says, how it ends, and that there is only one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import Conflict, Unavailable
from modelshelf.domain.intake import SweepReport
from modelshelf.registry import open_registry
from modelshelf.registry.drops import finishing, look
from modelshelf.registry.drops.look import Look
from modelshelf.registry.drops.taking import Taking
from modelshelf.watcher import BackgroundWatcher, FolderState, Times, Waker, WatchState, run
from modelshelf.watcher.listening import Listener
from modelshelf.watcher.watching import pace
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
        with watching(root) as said:
            drop(root)
            wait_for(lambda: said.said("taken in as churn:v1"))
            folder = root / "inbox" / "new" / "run"
            folder.mkdir(parents=True)
            (folder / "MLmodel").write_text("flavors: {}", "utf-8")
            wait_for(lambda: said.said("taken in as new:v1"))
        assert said.lines[0] == f"watching {root / 'inbox'}"
        assert said.lines[-1] == "watching ended"

    def test_what_is_there_at_the_start_is_taken(self, root: Path) -> None:
        """No event tells of it."""
        drop(root)
        with watching(root) as said:
            wait_for(lambda: said.said("taken in as churn:v1"))

    def test_the_state_says_how_and_what_came_of_it(self, root: Path) -> None:
        """As a value, told when it changes; nothing is watched after the end."""
        drop(root, "churn/bad.safetensors")
        drop(root, "churn/bad.safetensors.json", b"{")
        drop(root, "churn/half.safetensors", weights()[:-1])
        with watching(root) as said:
            drop(root)
            wait_for(lambda: said.states[-1].taken)
            assert said.states[-1] == WatchState(
                (FolderState(str(root / "inbox"), "inbox", "events"),),
                taken=1,
                waiting=1,
                refused=1,
            )
        assert said.states[-1] == WatchState()
        assert all(one != other for one, other in pairwise(said.states))

    @pytest.mark.parametrize(
        ("trouble", "words"),
        [
            (Unavailable("the catalog cannot be written", why="the disk is full"), "disk is full"),
            (OSError(5, "Input/output error"), "Input/output error"),
            (ValueError("surprise"), "ValueError: surprise"),
        ],
    )
    def test_trouble_with_a_sweep_is_said_once_and_survived(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception, words: str
    ) -> None:
        """A disk that is full now may not be full in a minute."""
        broken = 3

        def breaks(self: Look, places: Any) -> Any:  # noqa: ANN401 - handed through
            nonlocal broken
            broken -= 1
            if broken >= 0:
                raise trouble
            return real(self, places)

        real = Look.run
        monkeypatch.setattr(Look, "run", breaks)
        with watching(root, replace(QUICK, quiet=0.1), first=lambda said: said.lines[1:]) as said:
            assert words in said.states[-1].why
            drop(root)
            wait_for(lambda: said.said("taken in as"))
            assert said.states[-1].why == ""
        assert sum("could not look into the drop folders" in line for line in said.lines) == 1
        assert said.said("the drop folders can be looked into again")

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

    def test_an_end_does_not_wait_for_a_big_file(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its lane gives it up; the next watching takes it in."""
        at_work = threading.Event()

        def slow(_self: object, *_given: object, progress: Any) -> None:  # noqa: ANN401 - Progress
            at_work.set()
            while True:
                progress(0, 1, "m")
                time.sleep(0.01)

        monkeypatch.setattr(look, "BIG", 1)
        drop(root)
        with monkeypatch.context() as patch:
            patch.setattr(Taking, "take", slow)
            with watching(root) as said:
                wait_for(at_work.is_set)
            assert said.taken() == {}
        with watching(root) as said:
            wait_for(lambda: said.taken()["m.safetensors"])

    def test_the_pace_follows_what_there_is_to_do(self) -> None:
        """A minute when nothing waits; else the settling time, then slower up to five seconds."""
        step = partial(pace, 2.0, times=Times())
        assert step(60, busy=False, woken=True) == 60
        assert step(60, busy=True, woken=False) == pytest.approx(2.05)
        assert step(2.05, busy=True, woken=False) == pytest.approx(4.1)
        assert step(4.1, busy=True, woken=False) == 5
        assert step(5, busy=True, woken=True) == pytest.approx(2.05)


class TestPolicy:
    def test_a_changed_policy_is_followed(self, root: Path) -> None:
        """A drop folder that is named now is watched from now on."""
        with watching(root) as said:
            (root / "modelshelf.toml").write_text(FAST.replace("inbox", "arrivals"), "utf-8")
            wait_for(lambda: said.said("the policy has changed and is followed from now on"))
            wait_for(lambda: [f.label for f in said.states[-1].folders] == ["arrivals"])
            (root / "arrivals" / "churn").mkdir()
            (root / "arrivals" / "churn" / "m.safetensors").write_bytes(weights())
            wait_for(lambda: said.taken()["m.safetensors"])
        with open_registry(root) as registry, registry.intake.watching():
            assert registry.versions.get("churn:v1").number == 1

    def test_a_broken_policy_keeps_the_former_and_is_said_once(self, root: Path) -> None:
        """Somebody is still writing it."""
        with watching(root) as said:
            for broken in ("[[drop_folders", '[[drop_folders]]\npath = "blobs"\n'):
                before = len(said.lines)
                (root / "modelshelf.toml").write_text(broken, "utf-8")
                wait_for(lambda before: len(said.lines) > before, before)
                assert "the policy has changed and cannot be used, the former" in said.lines[-1]
                drop(root, f"churn/{before}", weights(before))
                wait_for(lambda before: said.taken()[str(before)], before)
            (root / "modelshelf.toml").write_text(f"# as before\n{FAST}", "utf-8")
            drop(root, data=weights(77))
            wait_for(lambda: said.taken()["m.safetensors"])
        assert sum("the policy" in line for line in said.lines) == 2


class TestWaker:
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

    def test_renames_are_handed_over_once_and_bounded(self) -> None:
        """When there are too many, they settle like everything else."""
        waker = Waker()
        for number in range(10_001):
            waker.note_rename(Path(str(number)))
        assert waker.begin_sweep() == {Path("10000")}
        assert waker.begin_sweep() == frozenset()


class TestListening:
    def test_a_waker_that_fails_does_not_end_the_listening(self, tmp_path: Path) -> None:
        """An exception in a handler would end watchdog's thread without a word."""
        called = threading.Event()

        class Broken(Waker):
            """Fails."""

            def wake(self) -> None:
                """Fail."""
                called.set()
                raise RuntimeError

        listener = Listener(tmp_path, Broken(), Times(), polling=False, heart=False)
        try:
            (tmp_path / "file").write_bytes(b"x")
            assert called.wait(5)
            assert listener.trouble(0.0) == ""
        finally:
            listener.close()

    @pytest.mark.parametrize("polling", [False, True])
    def test_our_own_reading_and_files_wake_nobody(self, tmp_path: Path, *, polling: bool) -> None:
        """Else a sweep would call for the next one."""
        file = tmp_path / "file"
        file.write_bytes(b"x")
        (tmp_path / ".taken" / "churn").mkdir(parents=True)
        waker = Waker()
        listener = Listener(tmp_path, waker, QUICK, polling=polling, heart=False)
        try:
            file.read_bytes()
            list(tmp_path.iterdir())
            (tmp_path / ".taken" / "churn" / "v1").write_bytes(b"x")
            (tmp_path / ".modelshelf-watch.holder").write_bytes(b"x")
            assert not waker.wait(0.4, threading.Event())
            file.write_bytes(b"other")
            assert waker.wait(5, threading.Event())
        finally:
            listener.close()


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

    def test_it_says_who_watches_already_and_takes_over(self, root: Path) -> None:
        """The app goes on; when the other one ends, this one begins."""
        lines: list[str] = []
        reports: list[SweepReport] = []
        states: list[WatchState] = []
        with open_registry(root) as registry, registry.intake.watching():
            background = BackgroundWatcher(
                root,
                on_report=reports.append,
                on_notice=lines.append,
                on_state=states.append,
                times=replace(QUICK, quiet=0.05),
            )
            background.start()
            wait_for(lambda: len(states) > 1)
        assert len(lines) == 1
        assert f"process {os.getpid()}" in lines[0]
        assert [folder.how for folder in states[0].folders] == ["waiting for another process"]
        wait_for(lambda: reports)
        background.stop()
        assert states[-1] == WatchState()

    def test_a_registry_that_cannot_be_opened_is_a_notice(self, tmp_path: Path) -> None:
        """And never an error in the app."""
        lines: list[str] = []
        states: list[WatchState] = []
        background = BackgroundWatcher(
            tmp_path / "none",
            on_report=lambda _report: None,
            on_notice=lines.append,
            on_state=states.append,
        )
        background.start()
        wait_for(lambda: lines)
        background.stop()
        assert "not watched" in lines[0]
        assert states[0].why in lines[0]

    def test_it_can_be_asked_to_look_now(self, root: Path) -> None:
        """A key press is as good as an event."""
        reports: list[SweepReport] = []
        background = BackgroundWatcher(root, on_report=reports.append, on_notice=lambda _line: None)
        background.start()
        wait_for(lambda: reports)
        before = len(reports)
        background.wake()
        wait_for(lambda: len(reports) > before)
        background.stop()
