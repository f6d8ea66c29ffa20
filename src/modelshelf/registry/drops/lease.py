"""Whether somebody still has a file open for writing; only Linux can say.

A file that lies still may have a writer who is only slow, or who writes through a memory map, which
moves no time stamp. Linux refuses a read lease while any descriptor could write, so asking for one
and giving it back at once finds out. Elsewhere, and on file systems without leases, the answer is
"not known", and stillness has to do.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path

from modelshelf.artifacts import syscalls

if sys.platform == "linux":
    import fcntl


def has_writer(path: Path) -> bool:
    """Whether the regular file at ``path`` is open for writing, as far as the system can say.

    Raises:
        OSError: It cannot be opened.
    """
    if sys.platform != "linux":
        return False
    descriptor = syscalls.open_file(path, syscalls.READ)
    try:
        return not _lease(descriptor)
    finally:
        os.close(descriptor)


def _lease(descriptor: int) -> bool:
    """Take and give back a read lease; False when a writer stands against it."""
    if sys.platform != "linux":
        return True
    try:
        # A writer who comes while the lease is held makes the kernel signal this process. The
        # default, SIGIO, would end it; SIGURG is ignored by default, in whatever thread this runs.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True
