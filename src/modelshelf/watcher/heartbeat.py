"""A file made anew now and then in a drop folder, which must come back as an event."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from modelshelf.artifacts import syscalls
from modelshelf.registry.drops.dropping import HEARTBEAT
from modelshelf.watcher.waking import Times


class Heartbeat:
    """The heartbeat of one folder."""

    def __init__(self, folder: Path, times: Times) -> None:
        """Beat in ``folder``; the first time at the first look."""
        self._file = folder / HEARTBEAT
        self._times = times
        self._heard = threading.Event()
        self._asked: float | None = None
        self._next: float | None = None

    def hear(self) -> None:
        """Note that it came back; called in a thread of the observer."""
        self._heard.set()

    def overdue(self, now: float) -> bool:
        """Whether a heartbeat did not come back in time; beat again when that is due.

        Args:
            now: Monotonic seconds.
        """
        if self._asked is not None and self._heard.is_set():
            self._asked = None
        if self._asked is not None:
            return now - self._asked > self._times.answer
        if self._next is None or now >= self._next:
            self._next = now + self._times.heartbeat
            self._heard.clear()
            with suppress(OSError):  # what cannot be written has no heartbeat
                self._beat()
                self._asked = now
        return False

    def end(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            syscalls.unlink(self._file)

    def _beat(self) -> None:
        # Made anew and not written over: what somebody else put there may be anything.
        with suppress(FileNotFoundError):
            syscalls.unlink(self._file)
        syscalls.close(syscalls.open_file(self._file, syscalls.CREATE))
