"""What brings the next sweep forward, and how many seconds lie between what is done repeatedly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Log = Callable[[str], object]

DEBOUNCE_S = 0.25
_LOOK_AT_STOP_S = 0.25
_RENAMED_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds.

    Attributes:
        quiet: Between two sweeps when nothing happens and nothing waits.
        busy: Between two sweeps at most while something waits.
        debounce: From the first event to the sweep, for a copy makes many.
        check: Between two looks of the supervisor.
        heartbeat: Between two heartbeats.
        answer: In which a heartbeat must come back as an event.
        verify: Between two looks whether every folder below is listened to.
        poll: Between two looks where a folder is polled.
        forgive: In which three failures of events are too many, and after which they are tried
            again.
    """

    quiet: float = 60.0
    busy: float = 5.0
    debounce: float = DEBOUNCE_S
    check: float = 5.0
    heartbeat: float = 30.0
    answer: float = 10.0
    verify: float = 300.0
    poll: float = 5.0
    forgive: float = 3600.0


TIMES = Times()


class Waker:
    """Brings the next sweep forward; may be used from any thread."""

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._due = threading.Event()
        self._guard = threading.Lock()
        self._renamed: set[Path] = set()

    def wake(self) -> None:
        """Ask for a sweep soon; asking ten times is asking once."""
        self._due.set()

    def note_rename(self, path: Path) -> None:
        """Note that something was renamed to ``path`` inside a drop folder."""
        with self._guard:
            if len(self._renamed) >= _RENAMED_MOST:  # then they settle like everything else
                self._renamed.clear()
            self._renamed.add(path)

    def begin_sweep(self) -> frozenset[Path]:
        """Note that a sweep begins, which serves what was asked for; return what was renamed."""
        self._due.clear()
        with self._guard:
            renamed, self._renamed = frozenset(self._renamed), set()
        return renamed

    def wait(self, seconds: float, stop: threading.Event, gather: float = DEBOUNCE_S) -> bool:
        """Wait for ``seconds`` or until ``stop`` is set; return early, and true, when woken.

        Args:
            seconds: How long at most.
            stop: Ends the waiting.
            gather: Seconds to go on waiting once woken, so that one sweep serves many events.
        """
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if self._due.wait(min(left, _LOOK_AT_STOP_S)):
                stop.wait(gather)
                self._due.clear()
                return True
        return False
