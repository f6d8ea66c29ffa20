"""The watching itself: sweep, wait until something happens or it is time, look after the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.registry import open_registry
from modelshelf.watcher.deliverer import Deliverer, told
from modelshelf.watcher.post import Opening, Post
from modelshelf.watcher.state import WatchState
from modelshelf.watcher.waking import TIMES, Log, Times, Waker

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting, SweepReport

_REFUSED, _UNFINISHED = 5, 7  # the exit codes of Refused and Unavailable
_LINE_MOST = 1_000


def run(registry_path: Path | None, *, once: bool, log: Log, stop: threading.Event) -> int:
    """Watch the drop folders of a registry until ``stop`` is set.

    Args:
        registry_path: The registry; ``None`` for the default one.
        once: Take in what is there, wait for what settles, and end.
        log: Is handed one harmless line for each thing that happens.
        stop: Set by whoever wants an end, such as a signal handler; the file at work is finished.

    Returns:
        0; with ``once`` 5 when a file is refused, else 7 when one is not finished.

    Raises:
        Conflict: Other processes watch all of the drop folders already.
        ModelshelfError: The registry cannot be opened, or a rule cannot be followed.
    """
    if once:
        with open_registry(registry_path) as registry:
            report = registry.intake.sweep(
                until_still=True, progress=partial(_tell, log), pause=stop.wait
            )
            if registry.policy.hooks:
                registry.hooks.deliver(stop=stop.is_set, progress=lambda each: log(told(each)))
            return _REFUSED if report.refused else _UNFINISHED if report.waiting else 0
    opening = partial(open_registry, registry_path)
    with Deliverer(opening, log):
        watch(opening, log=log, stop=stop)
    return 0


def watch(
    opening: Opening,
    *,
    log: Log,
    stop: threading.Event,
    on_report: Callable[[SweepReport], object] = lambda _report: None,
    on_sighting: Callable[[Sighting], object] | None = None,
    on_state: Callable[[WatchState], object] = lambda _state: None,
    waker: Waker | None = None,
    times: Times = TIMES,
) -> None:
    """Sweep at once, when something happens, and at intervals, until ``stop`` is set.

    All callbacks run in this thread.

    Args:
        opening: Opens the registry; called again when its policy has changed.
        log: Is handed one harmless line for each thing that happens.
        stop: Set by whoever wants an end.
        on_report: Is handed the report of every sweep.
        on_sighting: Is handed what happens to one file, instead of a line to ``log``.
        on_state: Is handed how the folders are watched, whenever that has changed.
        waker: What brings sweeps forward; a new one by default.
        times: Seconds between what is done over and over.

    Raises:
        Conflict: Other processes watch all of the drop folders already.
        ModelshelfError: The registry cannot be opened, a rule cannot be followed, or no drop folder
            can be watched.
    """
    watching = _Watching(opening, log, stop, waker or Waker(), times)
    watching.on_report, watching.on_state = on_report, on_state
    watching.on_sighting = on_sighting or partial(_tell, log)
    watching.run()


def pace(settle: float, before: float, times: Times, *, busy: bool, woken: bool) -> float:
    """Return the seconds to the next sweep: few while something settles, more when it does not.

    Args:
        settle: Seconds that a file must lie still.
        before: The seconds before.
        times: The least and the most.
        busy: Whether something waits.
        woken: Whether something has happened since.
    """
    if not busy:
        return times.quiet
    if not woken and before < times.quiet:
        return min(times.busy, before * 2)
    return min(times.busy, max(times.debounce, settle + 0.05))


class _Watching:
    """One watching, from its beginning to its end."""

    on_report: Callable[[SweepReport], object]
    on_sighting: Callable[[Sighting], object]
    on_state: Callable[[WatchState], object]

    def __init__(
        self, opening: Opening, log: Log, stop: threading.Event, waker: Waker, times: Times
    ) -> None:
        self._opening, self._log, self._stop = opening, log, stop
        self._waker, self._times = waker, times
        self._state = WatchState()
        self._trouble = ""
        self._taken = self._restarts = 0
        self._report: SweepReport | None = None
        self._post = Post(opening, waker, log, times)

    def run(self) -> None:
        """Watch until the end is asked for."""
        try:
            problem = self._post.begin()
            self._tell_state()
            if problem is not None:
                raise problem
            self._go_on()
        finally:
            self._post.close()
        self.on_state(WatchState())
        self._log("watching ended")

    def _go_on(self) -> None:
        seconds, woken, times = self._times.quiet, True, self._times
        while not self._stop.is_set():
            began = time.monotonic()
            self._sweep()
            self._tell_state()
            busy = self._report is not None and bool(self._report.waiting) and not self._trouble
            settle = min(rule.settle for rule in self._post.registry.policy.drop_folders)
            seconds = pace(settle, seconds, times, busy=busy, woken=woken)
            # Where sweeps take long, as with very many files, they must not follow on each other.
            gather = min(times.busy, max(times.debounce, time.monotonic() - began))
            woken = self._wait(seconds, gather)

    def _sweep(self) -> None:
        try:
            self._report = self._post.sweep(self.on_sighting, self._stop)
        except ModelshelfError as error:
            self._failed(str(error))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is may be gone in a minute
            name = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
            self._failed(f"{name}{getattr(error, 'strerror', None) or error}")
            return
        if self._trouble:
            self._trouble = ""
            self._log("the drop folders can be looked into again")
        self._taken += len(self._report.taken)
        self.on_report(self._report)

    def _failed(self, why: str) -> None:
        trouble = safe(f"could not look into the drop folders: {why}", _LINE_MOST)
        if trouble != self._trouble:  # the same every minute would fill the log
            self._trouble = trouble
            self._log(trouble)

    def _wait(self, seconds: float, gather: float) -> bool:
        """Wait for the next sweep and look after everything meanwhile; return true when woken."""
        until = time.monotonic() + seconds
        woken = False
        while not woken and not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            woken = self._waker.wait(min(left, self._times.check), self._stop, gather)
            if not self._stop.is_set():
                self._post.supervisor.check()
                self._follow_policy()
                self._tell_state()
        return woken

    def _follow_policy(self) -> None:
        """Open the registry again when its policy has changed; keep the former if it is broken."""
        try:
            if not self._post.outdated():
                return
            newer = Post(self._opening, self._waker, self._log, self._times)
        except ModelshelfError as error:
            line = f"the policy has changed and cannot be used, the former one goes on: {error}"
            self._log(safe(line, _LINE_MOST))
            return
        self._log("the policy has changed and is followed from now on")
        self._restarts += self._post.supervisor.restarts
        self._post.close()
        self._post = newer
        problem = newer.begin()
        if problem is not None:
            self._log(safe(f"no drop folder can be watched: {problem}", _LINE_MOST))
        self._waker.wake()

    def _tell_state(self) -> None:
        report, supervisor = self._report, self._post.supervisor
        state = WatchState(
            supervisor.states,
            self._trouble,
            self._taken,
            len(report.waiting) if report else 0,
            len(report.refused) if report else 0,
            self._restarts + supervisor.restarts,
        )
        if state != self._state:
            self._state = state
            self.on_state(state)


def happening(seen: Sighting) -> str:
    """Return what happened to one dropped file or folder, as one harmless line."""
    match seen.state:
        case "taken":
            line = f"{seen.path}: taken in as {seen.reference}"
        case "same":
            line = f"{seen.path}: {seen.reason}"
        case _:
            line = f"{seen.path}: {seen.state}, {seen.reason}"
    return safe(line, _LINE_MOST)


def _tell(log: Log, seen: Sighting) -> None:
    log(happening(seen))
