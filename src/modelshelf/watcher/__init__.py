"""The watcher: wakes the intake when something happens in a drop folder, and now and then anyway.

Events about files get lost, so an event never says what to do; it only says that a sweep is due.
Everything that is decided is decided by the sweep. A supervisor looks every few seconds whether the
listening still works, and begins it anew or polls where it does not.
"""

from modelshelf.watcher.background import BackgroundWatcher
from modelshelf.watcher.deliverer import Deliverer, told
from modelshelf.watcher.log_file import LogFile
from modelshelf.watcher.state import FolderState, WatchState
from modelshelf.watcher.waking import Log, Times, Waker
from modelshelf.watcher.watching import happening, run, watch

__all__ = [
    "BackgroundWatcher",
    "Deliverer",
    "FolderState",
    "Log",
    "LogFile",
    "Times",
    "Waker",
    "WatchState",
    "happening",
    "run",
    "told",
    "watch",
]
