"""The watcher's log: lines with times, unbroken by any name, in files of bounded size."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelshelf.domain.errors import Unavailable
from modelshelf.watcher import LogFile, log_file
from tests.doors.calls import Shell
from tests.doors.watched import drop, made, wait_for

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S.*")


def test_a_line_has_its_time_and_obeys_nobody(tmp_path: Path) -> None:
    """Control characters and line breaks are shown, not obeyed."""
    file = tmp_path / "new" / "watch.log"
    log = LogFile(file, lambda: datetime(2026, 5, 9, 12, tzinfo=UTC))
    log.write("a\nb\x1b]52;c;eA==\x07\u202e\udcff")
    assert file.read_text("utf-8") == ("2026-05-09T12:00:00Z a⏎b\\x1b]52;c;eA==\\x07\\u202e\\xff\n")


def test_it_never_grows_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five files, and the newest line is in the first of them."""
    monkeypatch.setattr(log_file, "BYTES_MOST", 200)
    log = LogFile(tmp_path / "watch.log")
    for number in range(100):
        log.write(f"line {number}")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["watch.log", *(f"watch.log.{n}" for n in range(1, 5))]
    assert all(file.stat().st_size <= 200 for file in files)
    assert "line 99" in files[0].read_text("utf-8")


def test_it_survives_that_somebody_moves_it_away(tmp_path: Path) -> None:
    """As another program that rotates logs does; a disk that fails loses a line only."""
    log = LogFile(tmp_path / "watch.log")
    log.write("one")
    (tmp_path / "watch.log").rename(tmp_path / "old")
    log.write("two")
    assert "two" in (tmp_path / "watch.log").read_text("utf-8")
    (tmp_path / "watch.log").unlink()
    (tmp_path / "watch.log").mkdir()
    log.write("three")


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """It is said before anything is watched."""
    (tmp_path / "file").write_bytes(b"")
    for name in ("file/watch.log", "", "a\0b"):
        with pytest.raises(Unavailable, match=r"the log file .* cannot be written: "):
            LogFile(tmp_path / name)


class TestCommand:
    def test_happenings_go_to_the_file(self, tmp_path: Path) -> None:
        """Once, for cron; what is said elsewhere stays as it is."""
        root = made(tmp_path / "r")
        file = tmp_path / "watch.log"
        drop(root)
        done = Shell(root)("watch", "--once", "--log-file", file)
        assert (done.code, done.stdout, done.stderr) == (0, "", "")
        lines = file.read_text("utf-8").splitlines()
        assert all(map(_LINE.fullmatch, lines))
        assert lines[-1].endswith("inbox/churn/m.safetensors: taken in as churn:v1")

    def test_once_says_nothing_when_nothing_happens(self, tmp_path: Path) -> None:
        """Cron would send it by mail."""
        root = made(tmp_path / "r")
        done = Shell(root)("watch", "--once")
        assert (done.code, done.stdout, done.stderr) == (0, "", "")

    def test_a_log_in_the_registry_or_a_drop_folder_is_refused(self, tmp_path: Path) -> None:
        """It would be taken in, or harm what lies there."""
        outside = tmp_path / "outside"
        root = made(tmp_path / "r", f'[[drop_folders]]\npath = "{outside}"\n')
        for file in (root / "catalog.db", outside / "watch.log"):
            done = Shell(root)("watch", "--once", "--log-file", file)
            assert done.code == 5
            assert "cannot be the log file" in done.stderr

    def test_what_is_no_path_is_a_sentence(self, tmp_path: Path) -> None:
        """Before anything is watched."""
        done = Shell(made(tmp_path / "r"))("watch", "--once", "--log-file", "a\0b")
        assert done.code == 7
        assert "the log file" in done.stderr

    def test_a_failure_is_in_the_file_too(self, tmp_path: Path) -> None:
        """A service has no other place for it."""
        file = tmp_path / "watch.log"
        done = Shell(tmp_path / "none")("watch", "--log-file", file)
        assert done.code == 3
        assert "ended: there is no registry" in file.read_text("utf-8")

    @pytest.mark.skipif(os.name == "nt", reason="Windows ends processes in another way")
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_cleanly(self, tmp_path: Path, number: int) -> None:
        """As a service manager asks for it; the file says so, and stdout stays empty."""
        root = made(tmp_path / "r")
        file = tmp_path / "watch.log"
        words = ["-R", str(root), "watch", "--log-file", str(file)]
        with subprocess.Popen(
            [sys.executable, "-m", "modelshelf", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(tmp_path)},
        ) as process:
            wait_for(lambda: file.exists() and file.read_bytes())
            process.send_signal(number)
            assert process.stdout is not None
            assert process.stdout.read() == b""
        assert process.returncode == 128 + number
        lines = file.read_text("utf-8").splitlines()
        assert lines[0].endswith(f" watching {root / 'inbox'}")
        assert lines[-1].endswith(" watching ended")
