"""Watchdog's observers as they are used here: one for each drop folder, of events or of polls."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserverVFS

from modelshelf.registry.drops.dropping import OURS

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

Hear = Callable[[str, str], object]

_JOIN_S = 5.0
# What is worth waking for; our own reading makes none of these.
_WANTED: list[type[events.FileSystemEvent]] = [
    events.FileCreatedEvent,
    events.FileClosedEvent,
    events.FileMovedEvent,
    events.FileModifiedEvent,
    events.FileDeletedEvent,
    events.DirCreatedEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]


class Handler(events.FileSystemEventHandler):
    """Hands on where something happened; an exception would end watchdog's thread silently."""

    def __init__(self, hear: Hear) -> None:
        """Hand the source and the target of each event to ``hear``."""
        self._hear = hear

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        """Hand it on."""
        with suppress(BaseException):
            self._hear(os.fsdecode(event.src_path), os.fsdecode(event.dest_path or ""))


def listen(root: Path, hear: Hear) -> BaseObserver:
    """Return an observer that listens to the system's events below ``root``.

    Raises:
        OSError: The folder is gone, or the system gives no events.
        RuntimeError: The system gives no more threads.
    """
    return _started(_observer(root), root, hear)


def poll(root: Path, hear: Hear, seconds: float) -> BaseObserver:
    """Return an observer that looks every so many ``seconds`` for what is new below ``root``.

    Raises:
        OSError: The folder cannot be looked into.
        RuntimeError: The system gives no more threads.
    """
    # Not os.stat, which would follow links round and round.
    return _started(PollingObserverVFS(os.lstat, _entries, polling_interval=seconds), root, hear)


def alive(observer: BaseObserver) -> bool:
    """Whether all threads of an observer still run."""
    reader = getattr(observer, "reader", observer)
    return all(thread.is_alive() for thread in (observer, reader, *observer.emitters))


def end(observer: BaseObserver) -> None:
    """End an observer, also one whose thread never began or has died: it may hold others."""
    with suppress(Exception):
        observer.stop()
    with suppress(RuntimeError):  # it never began
        observer.join(_JOIN_S)


def _observer(root: Path) -> BaseObserver:
    if sys.platform == "linux":
        from modelshelf.watcher.inotify import InotifyObserver

        observer: BaseObserver = InotifyObserver(root)
    else:
        observer = Observer()
    return observer


def _started(observer: BaseObserver, root: Path, hear: Hear) -> BaseObserver:
    # It warns when folders are made one in another faster than it follows: known, and harmless.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="watchdog")
    try:
        observer.schedule(Handler(hear), str(root), recursive=True, event_filter=_WANTED)
        observer.start()
    except BaseException:
        end(observer)
        raise
    return observer


def _entries(folder: str | None) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if entry.name not in OURS)
