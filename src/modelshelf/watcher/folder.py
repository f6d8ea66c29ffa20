"""One drop folder as it is watched: held, listened to, and begun anew when that breaks."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from modelshelf.domain.drop_rule import DropFolder
from modelshelf.domain.errors import Conflict, ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.registry.drops.drop_folder import drop_place
from modelshelf.watcher.coverage import folders_below, unwatched, watches_most
from modelshelf.watcher.listening import Listener
from modelshelf.watcher.state import FolderState, How
from modelshelf.watcher.waking import Times, Waker

Hold = Callable[[Collection[Path]], AbstractContextManager[object]]

FAILURES_MOST = 3
"""Failures of events within ``Times.forgive`` after which a folder is polled."""


class WatchedFolder:
    """One drop folder.

    Attributes:
        folder: Its absolute path.
        state: How it is watched.
        problem: Why it cannot be held; ``None`` if it is, or is only not there.
        restarts: How often listening had to begin anew.
        said: Why it did the last time.
    """

    def __init__(
        self, root: Path, rule: DropFolder, hold: Hold, waker: Waker, times: Times
    ) -> None:
        """Prepare to watch; :meth:`check` begins.

        Args:
            root: The registry's folder.
            rule: The rule.
            hold: Keeps other processes away from the drop folders it is given, while it is entered.
            waker: What to wake.
            times: Seconds.
        """
        self.folder = Path(os.path.abspath(root / rule.path))  # noqa: PTH100 - as drop_place does
        self.state = FolderState(str(self.folder), safe(rule.path, 80), "missing", "not yet looked")
        self.problem: ModelshelfError | None = None
        self.restarts = 0
        self.said = ""
        self._root, self._rule, self._hold = root, rule, hold
        self._waker, self._times = waker, times
        self._held = ExitStack()
        self._identity: tuple[int, int] | None = None
        self._network = ""
        self._listener: Listener | None = None
        self._failures: deque[float] = deque(maxlen=FAILURES_MOST)
        self._retry: float | None = None
        self._verify = 0.0
        self._bare: frozenset[str] = frozenset()

    def check(self, now: float) -> None:
        """Look whether it is still watched, and mend what is not.

        Args:
            now: Monotonic seconds.
        """
        if self._identity is None or self._identity != _identity(self.folder):
            self._begin(now)
        elif self._retry is not None and now >= self._retry:
            self._listen(now)
        elif trouble := self._trouble(now):
            self._mend(now, trouble)

    def doubt(self) -> None:
        """Look at the next check whether every folder below is listened to."""
        self._verify = 0.0

    def give_up(self, why: str) -> None:
        """Watch it no more until the next check."""
        self.close()
        self._say("missing", why)

    def close(self) -> None:
        """Watch it no more, and let others."""
        self._hush()
        self._identity = None
        self._held.close()

    def _begin(self, now: float) -> None:
        was = self._identity
        self.close()
        self.problem = None
        try:
            self._network = drop_place(self._root, self._rule).network
            self._held.enter_context(self._hold({self.folder}))
        except Conflict as error:
            self.problem = error
            self._say("waiting for another process", str(error.observed))
        except ModelshelfError as error:
            self.problem = error
            self._say("missing", f"{error.what}: {error.why}" if error.why else error.what)
        else:
            self._identity = _identity(self.folder)
            if self._identity is None:
                self._held.close()
                self._say("missing", "there is no such folder")
                return
            if was is not None:
                self._note("it is another folder than before")
            self._listen(now)
            self._waker.wake()

    def _listen(self, now: float) -> None:
        """Listen to events where that is wanted and possible, else poll."""
        self._hush()
        self._retry = None
        if self._rule.watch == "poll":
            self._poll("the policy says so")
        elif self._network and self._rule.watch != "events":
            self._poll(f"network folder, {self._network}")
        elif crowd := self._crowd():
            self._retry = now + self._times.forgive
            self._poll(crowd)
        else:
            heart = self._rule.keep == "move"
            try:
                self._listener = Listener(
                    self.folder, self._waker, self._times, polling=False, heart=heart
                )
            except (OSError, RuntimeError) as error:
                self._retry = now + self._times.forgive
                self._poll(f"no file events: {getattr(error, 'strerror', None) or error}")
                return
            self._verify, self._bare = 0.0, frozenset()
            self._say("events")

    def _poll(self, why: str) -> None:
        self._hush()
        self._say("polling", why)
        try:
            self._listener = Listener(
                self.folder, self._waker, self._times, polling=True, heart=False
            )
        except (OSError, RuntimeError):
            self._listener = None  # the sweeps go on in any case, and the next check tries again

    def _hush(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def _trouble(self, now: float) -> str:
        """Return why it is not listened to as it should be; empty while it is."""
        if self._listener is None:
            return "polling could not begin"
        if trouble := self._listener.trouble(now):
            return trouble
        if self.state.how == "polling" or now < self._verify:
            return ""
        bare = unwatched(self.folder, watches_most())
        missed = bare & self._bare  # one that was made just now is listened to in a moment
        self._bare = bare
        self._verify = now + (0 if bare else self._times.verify)
        return f"{len(missed):,} of its folders are not listened to" if missed else ""

    def _mend(self, now: float, trouble: str) -> None:
        self._waker.wake()  # what happened meanwhile was not heard
        if self.state.how == "polling":
            self._poll(self.state.why)
            return
        self._note(trouble)
        self._failures.append(now)
        first = self._failures[0]
        if len(self._failures) == FAILURES_MOST and now - first <= self._times.forgive:
            self._failures.clear()
            self._retry = now + self._times.forgive
            self._poll(f"events failed {FAILURES_MOST} times, {trouble}")
        else:
            self._listen(now)

    def _crowd(self) -> str:
        most = watches_most()
        if most is None or len(folders_below(self.folder, most)) <= most:
            return ""
        return f"it holds more than the {most:,} folders that the system would listen to"

    def _note(self, why: str) -> None:
        self.restarts += 1
        self.said = why

    def _say(self, how: How, why: str = "") -> None:
        self.state = FolderState(self.state.folder, self.state.label, how, safe(why, 300))


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None
