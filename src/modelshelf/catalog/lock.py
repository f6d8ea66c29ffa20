"""The write lock of a catalog: one writer at a time over all processes, in fair turn, with a name.

Two file locks make a turnstile. Whoever waits for the catalog holds the turnstile, so a writer that
has just finished cannot walk past the one that waits. The holder is written beside the lock, so a
waiting person is told who has it. Both locks are kernel locks where there are any: a killed process
holds nothing.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from modelshelf.domain.errors import Unavailable
from modelshelf.domain.text import safe

_POLL_S = 0.001
_DEADLINE_S = 30.0
_HOLDER_BYTES = 4_096
_WORDS = 200


class WriteLock:
    """The lock of one catalog, shared by the threads of a process."""

    def __init__(self, folder: Path) -> None:
        """Name the lock files ``catalog.lock`` and ``catalog.turn`` in ``folder``."""
        self._holder_path = folder / "catalog.holder"
        self._here = threading.Lock()
        self._turn = FileLock(folder / "catalog.turn", thread_local=False)
        self._lock = FileLock(folder / "catalog.lock", thread_local=False)

    @contextmanager
    def held(self, purpose: str, actor: str, deadline: float = _DEADLINE_S) -> Iterator[None]:
        """Hold the lock.

        Args:
            purpose: What for, told to those who wait.
            actor: Who.
            deadline: Seconds to wait at the most.

        Raises:
            Unavailable: Somebody else held it all that time; says who, and what for. Also when the
                folder cannot be written.
        """
        until = time.monotonic() + deadline
        if not self._here.acquire(timeout=deadline):
            raise self._busy(deadline)
        try:
            self._enter(until, deadline)
            try:
                self._sign(purpose, actor)
                yield
            finally:
                self._lock.release()
        finally:
            self._here.release()

    def holder(self) -> str:
        """Return who held the lock last, in words; empty when that is not known."""
        try:
            seen = json.loads(self._holder_path.read_text("utf-8"))
            return safe(f"process {seen['pid']} of {seen['actor']} ({seen['purpose']})")
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _enter(self, until: float, deadline: float) -> None:
        try:
            self._turn.acquire(timeout=max(0.0, until - time.monotonic()), poll_interval=_POLL_S)
            try:
                self._lock.acquire(
                    timeout=max(0.0, until - time.monotonic()), poll_interval=_POLL_S
                )
            finally:
                self._turn.release()
        except Timeout as exc:
            raise self._busy(deadline) from exc
        except OSError as exc:
            raise Unavailable(
                "the registry cannot be written",
                why=exc.strerror or str(exc),
                hint="Look at the rights of its folder, or open it for reading only.",
            ) from exc

    def _sign(self, purpose: str, actor: str) -> None:
        holder = {"pid": os.getpid(), "actor": actor[:_WORDS], "purpose": purpose[:_WORDS]}
        text = json.dumps(holder, ensure_ascii=False).encode("utf-8", "replace")
        # Written over at one length: ext4 waits for the disk when a file is cut and written anew,
        # which would cost as much as a commit.
        with suppress(OSError):
            descriptor = os.open(self._holder_path, os.O_WRONLY | os.O_CREAT, 0o666)
            try:
                os.write(descriptor, text.ljust(_HOLDER_BYTES))
            finally:
                os.close(descriptor)

    def _busy(self, deadline: float) -> Unavailable:
        who = self.holder() or "another process"
        return Unavailable(
            "the registry is being written by somebody else",
            why=f"{who} has held it for more than {deadline:g} seconds",
            observed=who,
            hint="Wait for it to finish and try again.",
        )
