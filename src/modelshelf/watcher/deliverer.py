"""Telling the hooks beside other work: a thread that delivers whenever something was recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Self

from modelshelf.domain.deliveries import when_due
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.settings import POLICY_FILE

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from modelshelf.domain.deliveries import Delivery
    from modelshelf.registry import Registry

Opening = Callable[[], "AbstractContextManager[Registry]"]
Log = Callable[[str], object]

CHECK_S = 1.0
"""Seconds between two looks whether something was recorded."""
_LINE_MOST = 1_000


class Deliverer(threading.Thread):
    """Tells the hooks of a registry of what happens, in a thread of its own.

    It never raises into its program. While another process delivers it does nothing but try to take
    over, and a policy that has changed is followed. Several in one process do no harm.
    """

    def __init__(
        self,
        opening: Opening,
        log: Log,
        *,
        on_delivery: Callable[[Delivery], object] | None = None,
        check: float = CHECK_S,
    ) -> None:
        """Prepare to deliver; :meth:`start` begins. The callbacks run in other threads.

        Args:
            opening: Opens the registry; called in the thread, and again when the policy changed.
            log: Is handed one harmless line for each thing that happens.
            on_delivery: Is handed every delivery that was tried, instead of a line to ``log``.
            check: Seconds between two looks.
        """
        super().__init__(name="modelshelf-deliverer", daemon=True)
        self._opening = opening
        self._log = log
        self._on_delivery = on_delivery or (lambda delivery: log(told(delivery)))
        self._check = check
        self._stop_asked = threading.Event()
        self._woken = threading.Event()
        self._trouble = ""

    def wake(self) -> None:
        """Look now whether there is something to deliver."""
        self._woken.set()

    def stop(self, timeout: float = 10.0) -> None:
        """End; a command at work is stopped and told again next time.

        Args:
            timeout: Seconds to wait for it at most.
        """
        self._stop_asked.set()
        self._woken.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join(timeout)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def run(self) -> None:
        """Deliver until :meth:`stop`; called by :meth:`start`."""
        self._wait()  # whatever is wrong with the registry, its program finds out by itself
        while not self._stop_asked.is_set():
            try:
                with self._opening() as registry:
                    self._serve(registry)
            except ModelshelfError as error:
                self._failed(str(error))
            except Exception as error:  # noqa: BLE001 - its program goes on without hooks
                self._failed(f"{type(error).__name__}: {error}")

    def _serve(self, registry: Registry) -> None:
        """Deliver until the policy is another one."""
        from modelshelf.registry.hooks import CHANGED

        seen: int | None = None
        due: datetime | None = None
        while not self._stop_asked.is_set():
            counter = registry.change_counter()
            now = registry.now()
            if counter != seen or (due is not None and when_due(due, 1, now) <= now):
                report = registry.hooks.deliver(
                    stop=self._stop_asked.is_set, progress=self._on_delivery
                )
                self._recovered()
                seen, due = None if report.note else counter, report.next_due
                if report.note == CHANGED:
                    self._wait_until_written(registry.path / POLICY_FILE)
                    return
            self._wait()

    def _wait_until_written(self, file: Path) -> None:
        """Wait until nobody is writing the policy: half of one may lack a hook."""
        looks: object = None
        while not self._stop_asked.is_set():
            before, looks = looks, _looks(file)
            if looks == before:
                return
            self._wait()

    def _wait(self) -> None:
        self._woken.wait(self._check)
        if not self._stop_asked.is_set():
            self._woken.clear()

    def _failed(self, why: str) -> None:
        if why != self._trouble:  # the same every second would fill the log
            self._trouble = why
            self._log(safe(f"hooks are not told: {why}", _LINE_MOST))
        self._wait()

    def _recovered(self) -> None:
        if self._trouble:
            self._trouble = ""
            self._log("hooks are told again")


def told(delivery: Delivery) -> str:
    """Return what came of one attempt, as one harmless line."""
    what = f"{delivery.event} (entry {delivery.seq})"
    match delivery.state:
        case "delivered":
            words = f"was told {what}"
        case "failed":
            words = f"was not told {what}, given up after {delivery.attempts} attempts"
        case _:
            words = f"was not told {what}, again at {delivery.due:%Y-%m-%dT%H:%M:%SZ}"
    said = f": {delivery.said}" if delivery.state != "delivered" else ""
    return safe(f"hook {delivery.hook} {words}{said}", _LINE_MOST)


def _looks(file: Path) -> object:
    try:
        status = file.stat()
    except OSError as error:
        return error.errno
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
