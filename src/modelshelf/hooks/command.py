"""Run a command of the policy's: no shell, a fixed environment, limits of time and of output.

The command and whatever it starts are one group of processes, and none of it is left when this
returns: when the command ended, when its time was up, and when the caller was interrupted. Only a
process that leaves the group on purpose (``setsid``) gets away.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelshelf.domain.text import safe

OUTPUT_MOST = 256 * 1024
_GRACE = 2.0  # seconds between asking a group to end and ending it
_WATCHED_EVERY = 0.05  # seconds
_CHUNK = 64 * 1024
_BASE = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    # What programs on Windows do not start without.
    "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE",
    "USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command.

    Attributes:
        exit_code: What it ended with, negative for the signal that ended it; ``None`` when it was
            not started, or was stopped.
        output: What it wrote, standard output and error as they came; where the first went to a
            file, the second alone. Of more than is kept, the
            first and the last half, with a line between them that says how much is left out.
        cut: Whether it wrote more than was kept; the rest was read and thrown away.
        seconds: How long it took.
        why: What hindered it, as a clause: ``there is no program 'smoke'``, ``stopped after
            120 s``, ``ended by SIGSEGV``; empty when it ended by itself.
    """

    exit_code: int | None
    output: bytes
    cut: bool
    seconds: float
    why: str

    @property
    def passed(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.exit_code == 0 and not self.why


def run_command(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout: float,
    output_most: int = OUTPUT_MOST,
    env: Mapping[str, str],
    cwd: Path,
    stdout: IO[bytes] | None = None,
    stopping: Callable[[], bool] | None = None,
) -> Ran:
    """Run a program with its arguments and wait for it; whatever goes wrong is in the answer.

    Args:
        argv: The program and its arguments. A program named by a relative path is looked for below
            ``cwd``, one without a slash on the ``PATH``.
        stdin: What it reads; then the end of the file.
        timeout: Seconds until it is asked to end, and two seconds later ended.
        output_most: The most bytes of its output to keep.
        env: What its environment has besides the base (see :func:`environment`).
        cwd: Where it runs.
        stdout: A file that takes its standard output, without limit; then only its standard error
            is kept.
        stopping: Is asked now and then, in this thread; when it says true, the command is stopped.
    """
    started = time.monotonic()
    try:
        child = _start(argv, env, cwd, stdout)
    except (OSError, ValueError) as error:
        return Ran(None, b"", cut=False, seconds=0.0, why=_not_started(argv, cwd, error))
    kept = _Kept(output_most)
    reader = _thread(lambda: _drain(child.stdout or child.stderr, kept))
    _thread(lambda: _feed(child.stdin, stdin))
    why = ""
    try:
        why = _watch(child, reader, started + timeout, timeout, stopping)
    finally:  # also when the caller was interrupted
        if why or not _ended(child):
            _ask_to_end(child)
        _end(child)
    reader.join(_GRACE)
    if child.returncode is None:
        why = f"{why}, and could not be ended"
    code = None if why else child.returncode
    if code is not None and code < 0:
        why = f"ended by {_signal(-code)}"
    return Ran(code, kept.bytes(), kept.cut, time.monotonic() - started, why)


def environment(names: Iterable[str] = ()) -> dict[str, str]:
    """Return what a command's environment begins with: a fixed base, and the variables named.

    The folder of our own interpreter stands last on the ``PATH``, so that ``python`` is found where
    the system has none.
    """
    found = {name: os.environ[name] for name in (*_BASE, *names) if name in os.environ}
    own = str(Path(sys.executable).parent)
    places = [p for p in found.get("PATH", os.defpath).split(os.pathsep) if p]
    found["PATH"] = os.pathsep.join([*places, own])
    return found


def _start(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path, stdout: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    if not argv:
        raise ValueError("no program is named")
    return subprocess.Popen(  # noqa: S603 - the policy's own words, and no shell reads them
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.STDOUT if stdout is None else subprocess.PIPE,
        bufsize=0,
        cwd=cwd,
        env={**environment(), **env},
        start_new_session=sys.platform != "win32",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _not_started(argv: Sequence[str], cwd: Path, error: OSError | ValueError) -> str:
    program = safe(argv[0], 80) if argv else ""
    if not cwd.is_dir():
        return f"there is no folder {safe(cwd)!r} to run it in"
    if isinstance(error, FileNotFoundError):
        return f"there is no program {program!r}, or none of the name in its first line"
    if isinstance(error, PermissionError):
        return f"{program!r} may not be run"
    reason = getattr(error, "strerror", None) or str(error)
    return f"{program!r} cannot be run: {safe(reason, 120)}"


def _watch(
    child: subprocess.Popen[bytes],
    reader: threading.Thread,
    deadline: float,
    timeout: float,
    stopping: Callable[[], bool] | None,
) -> str:
    """Return when it has ended, or why it must be stopped."""
    pause = 0.001
    while not _ended(child):
        left = deadline - time.monotonic()
        if left <= 0:
            return f"stopped after {timeout:g} s"
        if stopping is not None and stopping():
            return "stopped, as was asked"
        pause = min(pause * 2, _WATCHED_EVERY)
        # Its output ends when it does, as a rule; waiting for that wakes us at once.
        if reader.is_alive():
            reader.join(min(pause, left))
        else:
            time.sleep(min(pause, left))
    return ""


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether it ended; where the system can tell, its number is not given away by asking."""
    if sys.platform == "win32" or not hasattr(os, "waitid"):
        return child.poll() is not None
    if child.returncode is not None:
        return True
    with suppress(ChildProcessError):
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return True


def _ask_to_end(child: subprocess.Popen[bytes]) -> None:
    """Ask the group to end, and wait a moment for it."""
    _signal_group(child, "SIGTERM")
    until = time.monotonic() + _GRACE
    while not _ended(child) and time.monotonic() < until:
        time.sleep(min(_WATCHED_EVERY, _GRACE))


def _end(child: subprocess.Popen[bytes]) -> None:
    """End what is left of the group, and take note of how the command ended."""
    _signal_group(child, "SIGKILL")
    # One with other rights than ours, as sudo gives them, is not ended by us: we do not wait.
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _thread(child.wait)


def _signal_group(child: subprocess.Popen[bytes], name: str) -> None:
    if sys.platform == "win32":
        if child.poll() is None:  # there is no polite way, and the tree goes as a whole
            taskkill = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
            subprocess.run(taskkill, check=False, capture_output=True)  # noqa: S603
        return
    # A Mac says "not permitted" about a group in which only the dead are left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, getattr(signal, name))


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, name="modelshelf-command", daemon=True)
    thread.start()
    return thread


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    if pipe is None:
        return
    # A command need not read what it is given.
    with suppress(OSError, ValueError), pipe:
        rest = memoryview(data)
        while rest:
            rest = rest[pipe.write(rest) :]


def _drain(pipe: IO[bytes] | None, kept: _Kept) -> None:
    if pipe is None:
        return
    with suppress(OSError, ValueError), pipe:
        while chunk := pipe.read(_CHUNK):
            kept.take(chunk)


class _Kept:
    """The first and the last half of what may be kept of an output."""

    def __init__(self, most: int) -> None:
        self._most_head = most - most // 2
        self._most_tail = most // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._count = 0

    def take(self, chunk: bytes) -> None:
        """Take what came next."""
        self._count += len(chunk)
        room = self._most_head - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > self._most_tail + _CHUNK:  # now and then, so that it is cheap
            del self._tail[: len(self._tail) - self._most_tail]

    @property
    def cut(self) -> bool:
        """Whether there was more than is kept."""
        return self._count > self._most_head + self._most_tail

    def bytes(self) -> bytes:
        """Return what is kept, with a line that says what is missing."""
        if not self.cut:
            return bytes(self._head + self._tail)
        tail = self._tail[len(self._tail) - self._most_tail :]
        left_out = self._count - len(self._head) - len(tail)
        return bytes(self._head) + f"\n[{left_out:,} bytes left out]\n".encode() + bytes(tail)
