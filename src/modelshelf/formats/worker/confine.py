"""What the operating system takes away from the child before it reads a single foreign byte.

Only the child imports this. Each step stands alone: a system that lacks one still has the others,
and ``doctor`` is told which are missing.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import sys
from collections.abc import Callable

from modelshelf.formats.worker.setup import Setup

_OPEN_FILES = 32
_NOBODY = 65534
_UNKNOWN_SIZE = 512 * 1024 * 1024  # of an idle child, where the system does not say

_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # the same on every architecture
_LANDLOCK_EVERY_ACCESS = (1 << 13) - 1  # linux/landlock.h, as of its first version


def confine(setup: Setup) -> tuple[str, ...]:
    """Apply all limits to this process for good; return in words those that cannot be had."""
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("no core dumps", lambda: _limit("RLIMIT_CORE", 0)),
        ("no written files", lambda: _limit("RLIMIT_FSIZE", 0)),
        ("few open files", lambda: _limit("RLIMIT_NOFILE", _OPEN_FILES)),
        ("a limit on memory", lambda: _limit("RLIMIT_AS", _size() + setup.memory)),
        ("no rights of root", _no_rights_of_root),
        ("no new rights", _no_new_rights),
        ("no network", _no_network),
        ("no opened paths", _no_paths),
        ("no child processes", lambda: _limit("RLIMIT_NPROC", 0)),  # last: a namespace counts
    )
    missing: list[str] = []
    for words, step in steps:
        try:
            step()
        except (OSError, ValueError, AttributeError):
            missing.append(words)
    return tuple(missing)


class Meter:
    """Processor time and memory of this process."""

    def __init__(self) -> None:
        """Remember how large the process is at its smallest."""
        self._idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def allow(self, seconds: int) -> None:
        """Let the process live for so many more seconds of processor time."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))

    def grown(self) -> int:
        """Return how much larger the process has been than at first, in the system's units."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._idle


def _limit(name: str, most: int) -> None:
    kind = getattr(resource, name)
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))


def _size() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib is slow to import
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return _UNKNOWN_SIZE


def _no_rights_of_root() -> None:
    """Become nobody; some limits do not count for root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)


def _no_new_rights() -> None:
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _no_network() -> None:
    _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)


def _no_paths() -> None:
    """Have the kernel refuse every opening by path (Landlock: a rule set without a rule)."""
    handled = ctypes.c_uint64(_LANDLOCK_EVERY_ACCESS)
    rules = _call("syscall", _LANDLOCK_CREATE_RULESET, ctypes.byref(handled), 8, 0)
    try:
        _call("syscall", _LANDLOCK_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _call(name: str, *arguments: object) -> int:
    """Call a function of Linux; raises OSError or AttributeError when there is none.

    Elsewhere the same numbers mean other things.
    """
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long
    longs = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    result = int(function(*longs))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
