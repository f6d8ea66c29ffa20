"""A program in a pseudo-terminal: what it writes, and how long after a key it has painted."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_QUIET = 0.03
"""Seconds without a byte after which the screen counts as painted; keys repeat about so fast."""

_PATIENCE = 60.0
_LONGEST = 10.0
_ASKED = {
    # What Textual asks a terminal, and what one without special abilities answers.
    b"\x1b[?2026$p": b"\x1b[?2026;0$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
}


class Terminal:
    """A program that believes it is at a terminal of its own.

    Attributes:
        written: Everything it has written.
        started: The moment before it was started, by :func:`time.perf_counter`.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (120, 40)
    ) -> None:
        """Start the program.

        Args:
            command: The program and its arguments.
            env: Its whole environment.
            size: Columns and rows.
        """
        leader, follower = pty.openpty()
        columns, rows = size
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.written = bytearray()
        self._leader = leader
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=follower, stdout=follower, stderr=follower, env=dict(env),
            start_new_session=True,
        )  # fmt: skip
        os.close(follower)

    def until(self, wanted: bytes, since: int = 0) -> float:
        """Return the seconds since the start after which ``wanted`` was written.

        Args:
            wanted: Bytes that stand together in what it writes.
            since: Where in what it has written to begin looking.

        Raises:
            TimeoutError: It does not write them within a minute.
        """
        end = time.perf_counter() + _PATIENCE
        while time.perf_counter() < end:
            if wanted in self.written[since:]:
                return time.perf_counter() - self.started
            self._read(0.05)
        raise TimeoutError(f"{wanted!r} was not written")

    def press(self, keys: bytes, quiet: float = _QUIET) -> float:
        """Press keys at once and return the seconds until the last byte of what they paint.

        However long the first byte takes, it is waited for: what paints late is not done early.
        """
        begin = time.perf_counter()
        os.write(self._leader, keys)
        end = last = begin + _LONGEST
        while (now := time.perf_counter()) < end:
            if self._read(min(quiet, end - now) if last < end else end - now):
                last = time.perf_counter()
            else:
                break
        return last - begin

    def told(self, keys: bytes, sign: bytes, quiet: float = 1.2) -> tuple[float, float]:
        """Press keys at once and return after how many seconds ``sign`` was painted.

        A cursor that blinks meanwhile counts for nothing.

        Args:
            keys: What to press.
            sign: Bytes that stand together in what is waited for.
            quiet: Seconds without ``sign`` after which it is not painted any more.

        Returns:
            The first time and the last; both are the longest wait if it never came.
        """
        begin = time.perf_counter()
        os.write(self._leader, keys)
        times: list[float] = []
        place, end = len(self.written), begin + _LONGEST
        while (now := time.perf_counter()) < min(end, (times or [end])[-1] + quiet):
            self._read(min(0.05, end - now))
            found = self.written.rfind(sign, place)
            if found >= 0:
                times.append(time.perf_counter())
                place = found + len(sign)
        times = times or [end]
        return times[0] - begin, times[-1] - begin

    def rest(self, quiet: float = 0.3) -> None:
        """Wait until it has written nothing for a while; shorter than a cursor blinks."""
        end = time.perf_counter() + _LONGEST
        while self._read(quiet) and time.perf_counter() < end:
            pass

    def busy(self, seconds: float) -> float:
        """Return the share of one processor that it takes while nobody presses a key."""
        before, begin = self.processor(), time.perf_counter()
        end = begin + seconds
        while time.perf_counter() < end:
            self._read(min(0.5, max(0.01, end - time.perf_counter())))
        return (self.processor() - before) / (time.perf_counter() - begin)

    def processor(self) -> float:
        """Return the seconds of processor time that it has taken; on Linux only."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text("ascii", "replace")
        fields = told.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        end = time.perf_counter() + 5.0
        while self.process.poll() is None and time.perf_counter() < end:
            self._read(0.05)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._leader)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], seconds)
        if not ready:
            return False
        try:
            part = os.read(self._leader, 1 << 16)
        except OSError:  # the other end is closed
            time.sleep(seconds)
            return False
        self.written += part
        for asked, answer in _ASKED.items():
            if asked in part:
                os.write(self._leader, answer)
        return bool(part)
