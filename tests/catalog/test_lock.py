"""The write lock: one writer at a time over threads and processes; who waits is told for whom."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from modelshelf.catalog.lock import WriteLock
from modelshelf.domain.errors import Unavailable


def test_who_waits_too_long_is_told_who_has_it(tmp_path: Path) -> None:
    """After its time a writer is refused with the name and purpose of the holder, harmlessly."""
    lock = WriteLock(tmp_path)
    holding, over = threading.Event(), threading.Event()

    def hold() -> None:
        with lock.held("copy \x1b[31meverything", "ravi"):
            holding.set()
            over.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(10)
    for waiting in (lock, WriteLock(tmp_path)):
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="of ravi") as caught, waiting.held("x", "ana", 0.1):
            pass
        assert 0.05 < time.monotonic() - begun < 5
        assert "copy \\x1b[31meverything" in str(caught.value)
    over.set()
    holder.join()
    with lock.held("x", "ana", 5):
        pass


def test_a_dead_holder_holds_nothing(tmp_path: Path) -> None:
    """Another process is waited for while it lives, and not a moment longer."""
    code = (
        "import sys,time\nfrom pathlib import Path\n"
        "from modelshelf.catalog.lock import WriteLock\n"
        "with WriteLock(Path(sys.argv[1])).held('sleep', 'other'):\n"
        "    print('held', flush=True)\n    time.sleep(30)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        lock = WriteLock(tmp_path)
        with pytest.raises(Unavailable, match="of other"), lock.held("x", "ana", 0.2):
            pass
        other.kill()
        other.wait()
        with lock.held("x", "ana", 5):
            pass


def test_a_writer_that_is_done_does_not_walk_past_those_who_wait(tmp_path: Path) -> None:
    """Among many that come again at once, everybody has had a turn before anybody had most."""
    turns: list[int] = []
    over = threading.Event()

    def come_again(who: int) -> None:
        lock = WriteLock(tmp_path)  # its own, as another process has
        while not over.is_set():
            with lock.held("x", "ana", 10):
                turns.append(who)
                time.sleep(0.001)

    threads = [threading.Thread(target=come_again, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    while len(turns) < 80:
        time.sleep(0.01)
    over.set()
    for thread in threads:
        thread.join()
    first = turns[:80]
    assert all(first.count(who) >= 5 for who in range(4)), first


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": 1}', "\udcff"])
def test_a_holder_that_cannot_be_read_is_nobody(tmp_path: Path, text: str) -> None:
    """The note beside the lock is only a courtesy; whatever is in it harms nobody."""
    (tmp_path / "catalog.holder").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert WriteLock(tmp_path).holder() == ""


def test_a_hostile_note_is_shown_harmlessly(tmp_path: Path) -> None:
    """Whoever may write into the folder cannot write to the terminal of others."""
    note = '{"pid": 1, "actor": "\\u001b[31m", "purpose": "\\u202e"}'
    (tmp_path / "catalog.holder").write_text(note, "utf-8")
    assert WriteLock(tmp_path).holder() == "process 1 of \\x1b[31m (\\u202e)"
