"""What must hold around every case: nothing outside is opened, nothing takes too long."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.hostile.case import CANARY, Case, Stage

MOST_SECONDS = 90
"""No case takes 30 s, three times as long where others use the machine: this one never ends."""

_IN_ACCESS, _IN_OPEN = 0x01, 0x20  # linux/inotify.h
_ROOM = 64 * 1024


def staged(folder: Path, case: Case) -> Stage:
    """Return the stage of a case: its own marker, and a canary that all cases share."""
    canary = folder / "outside" / "canary.bin"
    if not canary.exists():
        canary.parent.mkdir(parents=True)
        canary.write_text(CANARY * 8, "utf-8")
    markers = folder / "markers"
    markers.mkdir(exist_ok=True)
    return Stage(markers / case.id, canary)


def ran(folder: Path) -> list[str]:
    """Return the cases whose payload made its marker."""
    return sorted(path.name for path in (folder / "markers").iterdir())


@contextmanager
def nobody_opens(path: Path) -> Iterator[None]:
    """Fail when anybody at all opens or reads ``path`` while the block lasts.

    The kernel tells (inotify); where it cannot, only the canary's words are looked for.
    """
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert watch >= 0, os.strerror(ctypes.get_errno())
    try:
        assert libc.inotify_add_watch(watch, os.fsencode(path), _IN_ACCESS | _IN_OPEN) >= 0
        yield
        try:
            opened = os.read(watch, _ROOM)
        except BlockingIOError:
            opened = b""
        assert not opened, f"{path} was opened"
    finally:
        os.close(watch)


@contextmanager
def in_time(seconds: int = MOST_SECONDS) -> Iterator[None]:
    """Fail when the block takes longer than any case may."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"it takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
