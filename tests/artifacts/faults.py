"""Makes single calls into the operating system fail, and records all of them.

Every call of the artifact store goes through ``modelshelf.artifacts.syscalls``; a :class:`Machine`
stands in front of that module. Which calls there are, and how often, it finds out by itself from a
run without a fault.
"""

# Stands for functions of every signature:
# ruff: noqa: ANN401

from __future__ import annotations

import errno
import inspect
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from modelshelf.artifacts import syscalls

How = Literal["kill", "EIO", "ENOSPC", "short", "late"]

CALLS = tuple(
    name
    for name, call in inspect.getmembers(syscalls, inspect.isfunction)
    if call.__module__ == syscalls.__name__
)
# What may take less than it was given, and which argument holds how much.
_SHORT: dict[str, Callable[..., tuple[Any, ...]]] = {
    "write": lambda descriptor, data: (descriptor, data[: max(1, len(data) // 2)]),
    "read_into": lambda descriptor, buffer: (descriptor, buffer[: max(1, len(buffer) // 2)]),
    "sendfile": lambda target, source, at, count: (target, source, at, max(1, count // 2)),
}
# What may have happened although an error was reported, as on a network drive.
_LATE = frozenset({"link", "rename", "mkdir", "unlink", "chmod", "chmod_open", "exchange", "fsync"})
# A failing close has closed all the same; not doing it would leak descriptors into the test.
_CLOSES = frozenset({"close", "close_folder"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: the ``nth`` call of one name, counted from 0."""

    call: str
    nth: int
    how: How

    def __str__(self) -> str:
        """Name the fault in a failing test."""
        return f"{self.how} at {self.call}[{self.nth}]"


@dataclass(frozen=True, slots=True)
class Done:
    """A call that was made: its name, arguments and result."""

    call: str
    args: tuple[Any, ...]
    result: Any


@dataclass
class Machine:
    """Stands in front of the calls; makes one fail if asked to."""

    fault: Fault | None = None
    without: frozenset[str] = frozenset()
    trace: list[Done] = field(default_factory=list)
    happened: bool = False
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=threading.Lock)

    def call(self, name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make a call, or fail."""
        with self._lock:
            nth = self._counts[name]
            self._counts[name] += 1
        fault = self.fault
        hit = fault is not None and (fault.call, fault.nth) == (name, nth)
        self.happened = self.happened or hit
        if hit and fault is not None:
            result = self._fail(fault.how, name, real, args, kwargs)
        elif name in self.without:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        else:
            result = real(*args, **kwargs)
        with self._lock:
            self.trace.append(Done(name, args, result))
        return result

    def counts(self) -> dict[str, int]:
        """Return how often each call was made."""
        return dict(self._counts)

    def _fail(self, how: How, name: str, real: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if how == "short":
            return real(*_SHORT[name](*args), **kwargs)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "late" or name in _CLOSES:
            real(*args, **kwargs)
        number = errno.ENOSPC if how == "ENOSPC" else errno.EIO
        raise OSError(number, os.strerror(number))


def faults_of(counts: dict[str, int], *hows: How) -> Iterator[Fault]:
    """Yield every fault that can befall a run with these calls."""
    for name, times in sorted(counts.items()):
        for nth in range(times):
            for how in hows:
                if (how == "short" and name not in _SHORT) or (how == "late" and name not in _LATE):
                    continue
                yield Fault(name, nth, how)


@contextmanager
def machine(fault: Fault | None = None, without: frozenset[str] = frozenset()) -> Iterator[Machine]:
    """Put a machine in front of the calls for the time of the block.

    Args:
        fault: What goes wrong; ``None`` for a run without a fault.
        without: Calls that this machine does not have at all.
    """
    stands = Machine(fault, without)
    real = {name: getattr(syscalls, name) for name in CALLS}

    def through(name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: stands.call(name, real[name], *args, **kwargs)

    for name in CALLS:
        setattr(syscalls, name, through(name))
    try:
        yield stands
    finally:
        for name in CALLS:
            setattr(syscalls, name, real[name])
