"""Linux: events below one folder, without what Modelshelf has put away there.

Watchdog's own observer listens to every folder below, and each artifact that is put away has one of
its own: over the weeks they would eat up the system's limit of watches.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import CallbackId, InotifyFD, Mask, WatchCallback, WatchDescriptor

from modelshelf.registry.drops.dropping import OURS

_OURS = frozenset(map(os.fsencode, OURS))
_END_S = 5.0


class _Reader(InotifyFD):
    """Reads the events of one inotify instance."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._skip = len(os.fsencode(root)) + 1

    def add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        """Listen to one folder; refuse what is ours, which the caller passes over."""
        if path[self._skip :].split(b"/", 1)[0] in _OURS:
            raise OSError(errno.EACCES, "it is not listened to")
        return super().add_callback(path, mask, callback, id_)


class InotifyObserver(BaseObserver):
    """Like watchdog's of that name, with a reader of our own."""

    def __init__(self, root: Path) -> None:
        """Prepare to listen to what happens below ``root``.

        Raises:
            OSError: The system gives no more inotify instances.
            RuntimeError: The system gives no more threads.
        """
        self.reader = _Reader(root)
        super().__init__(InotifyEmitter, inotify_fd=self.reader)
        self.reader.start()

    def on_thread_stop(self) -> None:
        """End the reading too."""
        super().on_thread_stop()
        self.reader.stop()
        self.reader.join(_END_S)
