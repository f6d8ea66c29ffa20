"""A registry that is open and watched, under one reading of its policy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.settings import POLICY_FILE, read_policy
from modelshelf.watcher.supervisor import Supervisor
from modelshelf.watcher.waking import Log, Times, Waker

if TYPE_CHECKING:
    import threading

    from modelshelf.domain.intake import Sighting, SweepReport
    from modelshelf.registry import Registry

Opening = Callable[[], "AbstractContextManager[Registry]"]


class Post:
    """An open registry with its supervisor and its lane for big files."""

    def __init__(self, opening: Opening, waker: Waker, log: Log, times: Times) -> None:
        """Open the registry; :meth:`begin` begins to watch.

        Raises:
            ModelshelfError: It cannot be opened, or a rule of its policy cannot be followed.
        """
        self._waker = waker
        with ExitStack() as stack:
            self.registry = stack.enter_context(opening())
            self.registry.intake.folders()
            self.supervisor = Supervisor(self.registry, waker, log, times)
            stack.callback(self.supervisor.close)
            self._lane = stack.enter_context(self.registry.intake.lane(waker.wake))
            self._stack = stack.pop_all()
        self._file = self.registry.path / POLICY_FILE
        self._mark: object = None
        self._last: object = None

    def begin(self) -> ModelshelfError | None:
        """Begin to watch; return why not, when no drop folder at all can be held."""
        return self.supervisor.begin()

    def sweep(self, tell: Callable[[Sighting], object], stop: threading.Event) -> SweepReport:
        """Look into the drop folders that are watched.

        Raises:
            ModelshelfError: They cannot be looked into.
        """
        return self.registry.intake.sweep(
            progress=tell,
            pause=stop.wait,
            renamed=self._waker.begin_sweep(),
            lane=self._lane,
            only=self.supervisor.watched,
        )

    def outdated(self) -> bool:
        """Whether the policy file says something else by now.

        Raises:
            ModelshelfError: It was changed and is no policy any more; raised once for each change.
        """
        mark = self._looks()
        still, self._last = mark == self._last, mark  # else somebody may be writing it right now
        if not still or mark == self._mark:
            return False
        self._mark = mark
        return read_policy(self.registry.path)[0] != self.registry.policy

    def close(self) -> None:
        """Give up what is in the lane, watch no more and close the registry."""
        self._stack.close()

    def _looks(self) -> object:
        try:
            status = self._file.stat()
        except OSError as error:
            return error.errno
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
