"""Which data files a program opens: heard through one audit hook of the process.

The hook cannot be taken away again, so there is one, which does nothing while nobody listens. It
hears what Python itself opens, in every thread, and not what a library opens in C.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

OPENED_MOST = 10_000

_ENDINGS = (
    ".csv", ".tsv", ".parquet", ".jsonl", ".npy", ".npz", ".arrow", ".feather", ".h5",
    ".csv.gz", ".tsv.gz", ".jsonl.gz",
)  # fmt: skip
_PACKAGES = ("site-packages", "dist-packages")
_WRITES = frozenset("wax+")
_listening: tuple[Heard, ...] = ()
_guard = threading.Lock()
_deaf = threading.local()
_installed = False


class Heard:
    """What was opened while somebody listened."""

    def __init__(self) -> None:
        self._read: dict[str, None] = {}
        self._written: set[str] = set()

    @property
    def read(self) -> tuple[str, ...]:
        """Absolute paths of files that were read and not written first, in order."""
        return tuple(path for path in tuple(self._read) if path not in self._written)

    def note(self, path: str, *, writes: bool) -> None:
        """Remember that a file was opened."""
        if path in self._read or path in self._written:
            return
        if len(self._read) + len(self._written) < OPENED_MOST:
            if writes:
                self._written.add(path)
            else:
                self._read[path] = None


def listen() -> Heard:
    """Begin to listen, and return what will be heard."""
    global _listening, _installed  # noqa: PLW0603 - the hook belongs to the process
    heard = Heard()
    with _guard:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True
        _listening = (*_listening, heard)
    return heard


def leave(heard: Heard) -> None:
    """Stop listening."""
    global _listening  # noqa: PLW0603 - as above
    with _guard:
        _listening = tuple(one for one in _listening if one is not heard)


@contextmanager
def unheard() -> Iterator[None]:
    """Keep what this thread opens in the block from being heard."""
    former = getattr(_deaf, "now", False)
    _deaf.now = True
    try:
        yield
    finally:
        _deaf.now = former


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _listening or event != "open":
        return
    with suppress(Exception):  # an error here would be one of whoever opens the file
        _hear(*args)


def _hear(path: object, mode: object, flags: object) -> None:
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str) or not path.lower().endswith(_ENDINGS):
        return
    if getattr(_deaf, "now", False):
        return
    whole = os.path.abspath(path)  # noqa: PTH100 - of a text, and without following links
    if _is_ours(whole):
        return
    writes = isinstance(mode, str) and not _WRITES.isdisjoint(mode)
    if mode is None and isinstance(flags, int):
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
    for heard in _listening:
        heard.note(whole, writes=writes)


def _is_ours(path: str) -> bool:
    """Whether a file belongs to Python or to an installed package."""
    if any(f"{os.sep}{name}{os.sep}" in path for name in _PACKAGES):
        return True
    inside = (sys.prefix, sys.base_prefix)
    return any(p not in ("/", "/usr") and path.startswith(p + os.sep) for p in inside)
