"""A watcher inside another program, such as the terminal app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.registry import open_registry
from modelshelf.watcher.state import WatchState
from modelshelf.watcher.waking import TIMES, Log, Times, Waker
from modelshelf.watcher.watching import watch

if TYPE_CHECKING:
    from modelshelf.domain.intake import SweepReport

_LINE_MOST = 1_000


class BackgroundWatcher(threading.Thread):
    """A watcher in a thread.

    It never raises into its program. While another process watches, it says so once and tries again
    every minute, so that it takes over when that one ends.
    """

    def __init__(
        self,
        registry_path: Path,
        *,
        actor: str | None = None,
        on_report: Callable[[SweepReport], object],
        on_notice: Log,
        on_state: Callable[[WatchState], object] = lambda _state: None,
        times: Times = TIMES,
    ) -> None:
        """Prepare to watch; :meth:`start` begins. The callbacks run in the watcher's thread.

        Args:
            registry_path: The registry, opened again in the thread.
            actor: Who acts, for the audit log; by default as for ``open_registry``.
            on_report: Is handed the report of every sweep.
            on_notice: Is handed one harmless line when the watching itself begins, ends, meets
                trouble, or cannot begin because somebody else watches; files are in the reports.
            on_state: Is handed how the folders are watched, whenever that has changed.
            times: Seconds between what is done over and over.
        """
        super().__init__(name="modelshelf-watcher", daemon=True)
        self._opening = partial(open_registry, registry_path, actor=actor)
        self._on_report = on_report
        self._on_notice = on_notice
        self._on_state = on_state
        self._times = times
        self._stop_asked = threading.Event()
        self._waker = Waker()

    def wake(self) -> None:
        """Look into the drop folders soon."""
        self._waker.wake()

    def stop(self, timeout: float = 10.0) -> None:
        """End the watching; the file at work is finished first, for ``timeout`` seconds at most."""
        self._stop_asked.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join(timeout)

    def run(self) -> None:
        """Watch until :meth:`stop`; called by :meth:`start`."""
        told = ""
        while not self._stop_asked.is_set():
            said = self._watch()
            if said and said != told:
                self._on_notice(safe(said, _LINE_MOST))
                told = said
            self._waker.wait(self._times.quiet, self._stop_asked)

    def _watch(self) -> str:
        """Watch; return why that is not possible now."""
        try:
            watch(
                self._opening,
                log=self._on_notice,
                stop=self._stop_asked,
                on_report=self._on_report,
                on_sighting=lambda _seen: None,
                on_state=self._on_state,
                waker=self._waker,
                times=self._times,
            )
        except Conflict as error:
            return str(error)  # the state has been told
        except ModelshelfError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - the app goes on without a watcher
            why = f"{type(error).__name__}: {error}"
        else:
            return ""
        self._on_state(WatchState(why=safe(why, _LINE_MOST)))
        return f"the drop folders are not watched: {why}"
