"""The watcher: wakes the intake when something happens in a drop folder, and now and then anyway.

Events about files get lost, so an event never says what to do; it only says that a sweep is due.
Everything that is decided is decided by the sweep.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.domain.errors import Conflict, ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.registry import open_registry

if TYPE_CHECKING:
    from modelshelf.domain.intake import Sighting, SweepReport
    from modelshelf.domain.policy import Policy
    from modelshelf.registry import Registry

Log = Callable[[str], object]

QUIET_S = 60.0
BUSY_S = 5.0
_DEBOUNCE_S = 0.25
_LOOK_AT_STOP_S = 0.25
_POLL_S = 5.0
_WATCHDOG = "watchdog"
_DEATHS_MOST = 3  # a drop folder that is removed and made again ends the listening too
_REFUSED, _UNFINISHED = 5, 7  # the exit codes of Refused and Unavailable


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
        Conflict: Another process watches one of the drop folders already.
        ModelshelfError: The registry cannot be opened, or a rule cannot be followed.
    """
    with open_registry(registry_path) as registry:
        if once:
            report = registry.intake.sweep(
                until_still=True, progress=partial(_tell, log), pause=stop.wait
            )
            return _REFUSED if report.refused else _UNFINISHED if report.waiting else 0
        watch(registry, log=log, stop=stop)
    return 0


def watch(
    registry: Registry,
    *,
    log: Log,
    stop: threading.Event,
    on_report: Callable[[SweepReport], object] = lambda _report: None,
    on_sighting: Callable[[Sighting], object] | None = None,
    waker: Waker | None = None,
) -> None:
    """Sweep at once, when something happens, and at intervals, until ``stop`` is set.

    Args:
        registry: The registry, used in this thread.
        log: Is handed one harmless line for each thing that happens.
        stop: Set by whoever wants an end.
        on_report: Is handed the report of every sweep.
        on_sighting: Is handed what happens to one file, instead of a line to ``log``.
        waker: What brings sweeps forward; a new one by default.

    Raises:
        Conflict: Another process watches one of the drop folders already.
        ModelshelfError: A rule cannot be followed, or a drop folder cannot be watched.
    """
    folders = registry.intake.folders()
    waker = waker or Waker()
    with registry.intake.watching():
        events = Events([Path(folder) for folder in folders], waker, log)
        try:
            log(safe(f"watching {', '.join(folders)}", 1_000))
            woken, interval = True, QUIET_S
            while not stop.is_set():
                report = _sweep(registry, log, on_sighting or partial(_tell, log), stop)
                if report is not None:
                    on_report(report)
                busy = report is not None and bool(report.waiting)
                interval = _pace(registry.policy, interval, busy=busy, woken=woken)
                woken = waker.wait(interval, stop)
                events.check()
        finally:
            events.close()
    log("watching ended")


def _sweep(
    registry: Registry, log: Log, tell: Callable[[Sighting], object], stop: threading.Event
) -> SweepReport | None:
    try:
        return registry.intake.sweep(progress=tell, pause=stop.wait)
    except ModelshelfError as error:
        log(safe(f"could not look into the drop folders: {error}", 1_000))
    except OSError as error:
        log(safe(f"could not look into the drop folders: {error.strerror or error}", 1_000))
    return None


def _pace(policy: Policy, before: float, *, busy: bool, woken: bool) -> float:
    """Return the seconds to the next sweep: few while something settles, more when it does not."""
    if not busy:
        return QUIET_S
    if not woken and before < QUIET_S:
        return min(BUSY_S, before * 2)
    settle = min(rule.settle for rule in policy.drop_folders)
    return min(BUSY_S, max(_DEBOUNCE_S, settle + 0.05))


def _tell(log: Log, seen: Sighting) -> None:
    match seen.state:
        case "taken":
            line = f"{seen.path}: taken in as {seen.reference}"
        case "same":
            line = f"{seen.path}: {seen.reason}"
        case _:
            line = f"{seen.path}: {seen.state}, {seen.reason}"
    log(safe(line, 1_000))


class Waker:
    """Brings the next sweep forward; may be used from any thread."""

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._due: queue.Queue[None] = queue.Queue(maxsize=1)

    def wake(self) -> None:
        """Ask for a sweep soon; asking ten times is asking once."""
        with suppress(queue.Full):
            self._due.put_nowait(None)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait for ``seconds`` or until ``stop`` is set; return early, and true, when woken."""
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            try:
                self._due.get(timeout=min(left, _LOOK_AT_STOP_S))
            except queue.Empty:
                continue
            stop.wait(_DEBOUNCE_S)  # a copy makes many events; one sweep serves them all
            with suppress(queue.Empty):
                self._due.get_nowait()
            return True
        return False


class Events:
    """The operating system's events about some folders, or a poll where it has none to give."""

    def __init__(self, folders: Sequence[Path], waker: Waker, log: Log) -> None:
        """Listen to ``folders`` and wake ``waker``; says in one ``log`` line if it has to poll."""
        self._folders = folders
        self._waker = waker
        self._log = log
        self._ear = _Ear(waker)
        logging.getLogger(_WATCHDOG).addHandler(self._ear)
        self._places = self._identities()
        self._observer: Any = None
        self._polling = False
        self._deaths = 0
        self._start()

    def check(self) -> None:
        """Begin anew when the listening has died or a folder was replaced."""
        places = self._identities()
        alive = self._alive()
        if alive and places == self._places:
            return
        self._end()
        self._places = places
        self._deaths += not alive
        if self._polling or self._deaths > _DEATHS_MOST:
            self._poll("listening for them ended again and again")
        else:
            self._start()

    def close(self) -> None:
        """Stop listening."""
        self._end()
        logging.getLogger(_WATCHDOG).removeHandler(self._ear)

    def _end(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join(timeout=_POLL_S)

    def _alive(self) -> bool:
        observer = self._observer
        if observer is None or not observer.is_alive():
            return False
        return all(emitter.is_alive() for emitter in observer.emitters)

    def _start(self) -> None:
        from watchdog.observers import Observer

        try:
            self._observer = self._listen(Observer())
        except (OSError, RuntimeError) as error:
            self._poll(str(getattr(error, "strerror", None) or error))

    def _poll(self, why: str) -> None:
        from watchdog.observers.polling import PollingObserver

        if not self._polling:
            self._polling = True
            self._log(safe(f"watching by polling, because there are no file events: {why}", 1_000))
        with suppress(OSError, RuntimeError):  # the sweeps at intervals go on in any case
            self._observer = self._listen(PollingObserver(timeout=_POLL_S))

    def _listen(self, observer: Any) -> Any:  # noqa: ANN401 - either of watchdog's observers
        handler, wanted = _handler(self._waker), _wanted()
        # It warns when folders are made one in another faster than it follows: known, and harmless.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=_WATCHDOG)
        try:
            for folder in self._folders:
                if folder.is_dir():
                    observer.schedule(handler, str(folder), recursive=True, event_filter=wanted)
            observer.start()
        except BaseException:
            observer.unschedule_all()  # some of its threads may run already
            raise
        return observer

    def _identities(self) -> list[tuple[int, int] | None]:
        return [_identity(folder) for folder in self._folders]


class _Ear(logging.Handler):
    """Hears watchdog say that it lost events, which it tells nobody else, and wakes.

    It also keeps such lines off the terminal.
    """

    def __init__(self, waker: Waker) -> None:
        """Wake ``waker``."""
        super().__init__(logging.WARNING)
        self._waker = waker

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - what it says does not matter
        """Ask for a sweep."""
        self._waker.wake()


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _handler(waker: Waker) -> Any:  # noqa: ANN401 - watchdog's class, imported only here
    from watchdog.events import FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        """Wakes; an exception here would end watchdog's thread without a word."""

        def on_any_event(self, event: object) -> None:  # noqa: ARG002 - what it was does not matter
            """Ask for a sweep."""
            with suppress(BaseException):
                waker.wake()

    return Handler()


def _wanted() -> list[Any]:
    """Return the events worth waking for; our own reading makes none of them."""
    from watchdog import events

    return [
        events.FileCreatedEvent,
        events.FileClosedEvent,
        events.FileMovedEvent,
        events.FileModifiedEvent,
        events.FileDeletedEvent,
        events.DirCreatedEvent,
        events.DirMovedEvent,
        events.DirDeletedEvent,
    ]


class BackgroundWatcher(threading.Thread):
    """A watcher inside another program, such as the terminal app.

    It never raises into that program. While another process watches, it says so once and tries
    again every minute, so that it takes over when that one ends.
    """

    def __init__(
        self,
        registry_path: Path,
        *,
        actor: str | None = None,
        on_report: Callable[[SweepReport], object],
        on_notice: Log,
    ) -> None:
        """Prepare to watch; :meth:`start` begins. The callbacks run in the watcher's thread.

        Args:
            registry_path: The registry, opened again in the thread.
            actor: Who acts, for the audit log; by default as for ``open_registry``.
            on_report: Is handed the report of every sweep.
            on_notice: Is handed one harmless line when the watching itself begins, ends, meets
                trouble, or cannot begin because somebody else watches; files are in the reports.
        """
        super().__init__(name="modelshelf-watcher", daemon=True)
        self._path = registry_path
        self._actor = actor
        self._on_report = on_report
        self._on_notice = on_notice
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
                self._on_notice(safe(said, 1_000))
                told = said
            self._waker.wait(QUIET_S, self._stop_asked)

    def _watch(self) -> str:
        """Watch; return why that is not possible now."""
        try:
            with open_registry(self._path, actor=self._actor) as registry:
                watch(
                    registry,
                    log=self._on_notice,
                    stop=self._stop_asked,
                    on_report=self._on_report,
                    on_sighting=lambda _seen: None,
                    waker=self._waker,
                )
        except Conflict as error:
            return str(error)
        except ModelshelfError as error:
            return f"the drop folders are not watched: {error}"
        except Exception as error:  # noqa: BLE001 - the app goes on without a watcher
            return f"the drop folders are not watched: {type(error).__name__}: {error}"
        return ""
