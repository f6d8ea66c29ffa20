"""Listening to one drop folder, by events or by polling, until it is closed or breaks."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

from modelshelf.registry.drops.dropping import HEARTBEAT, OURS
from modelshelf.watcher.heartbeat import Heartbeat
from modelshelf.watcher.waking import Times, Waker

_WATCHDOG = "watchdog"
_OURS = frozenset(OURS)


class Listener:
    """Wakes when something happens below one folder."""

    def __init__(
        self, folder: Path, waker: Waker, times: Times, *, polling: bool, heart: bool
    ) -> None:
        """Begin to listen.

        Args:
            folder: The drop folder.
            waker: What to wake.
            times: How often to poll, and to beat.
            polling: Whether to poll instead of asking the system for events.
            heart: Whether a heartbeat may be written into the folder.

        Raises:
            OSError: The folder is gone, or the system gives no events.
            RuntimeError: The system gives no more threads.
        """
        from modelshelf.watcher import observers

        self._root = f"{folder}{os.sep}"
        self._waker = waker
        self._observers = observers
        self._heart = Heartbeat(folder, times) if heart else None
        self._observer = (
            observers.poll(folder, self._hear, times.poll)
            if polling
            else observers.listen(folder, self._hear)
        )

    def trouble(self, now: float) -> str:
        """Return why nothing can be heard any more, a clause; empty while all is well.

        Args:
            now: Monotonic seconds.
        """
        if not self._observers.alive(self._observer):
            return "the listening ended by itself"
        if self._heart is not None and self._heart.overdue(now):
            return "a heartbeat did not come back"
        return ""

    def close(self) -> None:
        """End the listening."""
        self._observers.end(self._observer)
        if self._heart is not None:
            self._heart.end()

    def _hear(self, source: str, target: str) -> None:
        where = target or source
        names = Path(where.removeprefix(self._root)).parts or ("",)
        if names[-1] == HEARTBEAT and self._heart is not None:
            self._heart.hear()
        if not _OURS.isdisjoint(names):
            return
        if target:
            self._waker.note_rename(Path(target))
        self._waker.wake()


class Ear(logging.Handler):
    """Hears watchdog say that it lost events, which it tells nobody else, and wakes.

    It also keeps such lines off the terminal.

    Attributes:
        doubt: Whether something was said since this was last set to false.
    """

    def __init__(self, waker: Waker) -> None:
        """Wake ``waker``."""
        super().__init__(logging.WARNING)
        self._waker = waker
        self.doubt = False

    def begin(self) -> None:
        """Begin to listen."""
        logging.getLogger(_WATCHDOG).addHandler(self)

    def end(self) -> None:
        """Listen no more."""
        logging.getLogger(_WATCHDOG).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - what it says does not matter
        """Ask for a sweep."""
        self.doubt = True
        with suppress(BaseException):  # it would end the thread that said it
            self._waker.wake()
