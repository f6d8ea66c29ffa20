"""The supervisor: looks every few seconds whether each drop folder is still watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.watcher.folder import WatchedFolder
from modelshelf.watcher.listening import Ear
from modelshelf.watcher.state import FolderState
from modelshelf.watcher.waking import Log, Times, Waker

if TYPE_CHECKING:
    from modelshelf.registry import Registry

_LINE_MOST = 1_000


class Supervisor:
    """Watches the drop folders of one registry; one that is broken does not harm the others."""

    def __init__(
        self,
        registry: Registry,
        waker: Waker,
        log: Log,
        times: Times,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to watch; :meth:`begin` begins.

        Args:
            registry: The registry.
            waker: What to wake when something happens.
            log: Is handed one line when the watching of a folder changes.
            times: Seconds.
            clock: Monotonic seconds.
        """
        self._log = log
        self._clock = clock
        self._ear = Ear(waker)
        hold = registry.intake.watching
        self._folders = [
            WatchedFolder(registry.path, rule, hold, waker, times)
            for rule in registry.policy.drop_folders
        ]

    @property
    def states(self) -> tuple[FolderState, ...]:
        """How each folder is watched."""
        return tuple(folder.state for folder in self._folders)

    @property
    def watched(self) -> frozenset[Path]:
        """The folders that are held and may be looked into."""
        return frozenset(folder.folder for folder in self._folders if folder.state.watched)

    @property
    def restarts(self) -> int:
        """How often listening had to begin anew."""
        return sum(folder.restarts for folder in self._folders)

    def begin(self) -> ModelshelfError | None:
        """Begin to watch; return why not, when no folder at all can be held."""
        self._ear.begin()
        for folder in self._folders:
            self._look(folder)
        problems = [folder.problem for folder in self._folders]
        if any(problem is None for problem in problems):
            self._say(f"watching {', '.join(str(folder.folder) for folder in self._folders)}")
            for state in self.states:
                if state.how != "events":
                    self._say(str(state))
            return None
        return problems[0]

    def check(self) -> None:
        """Look whether each folder is still watched, mend what is not, and say what changed."""
        doubt, self._ear.doubt = self._ear.doubt, False
        for folder in self._folders:
            before, restarts = folder.state, folder.restarts
            if doubt:
                folder.doubt()
            self._look(folder)
            if folder.restarts != restarts:
                self._say(f"{folder.state.label}: watching began anew ({folder.said})")
            if folder.state != before:
                self._say(str(folder.state))

    def close(self) -> None:
        """Watch no more."""
        for folder in self._folders:
            folder.close()
        self._ear.end()

    def _look(self, folder: WatchedFolder) -> None:
        try:
            folder.check(self._clock())
        except Exception as error:  # noqa: BLE001 - whatever it is, the other folders go on
            folder.give_up(f"{type(error).__name__}: {error}")

    def _say(self, line: str) -> None:
        self._log(safe(line, _LINE_MOST))
