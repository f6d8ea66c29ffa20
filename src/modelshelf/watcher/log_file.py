"""The log of a watcher: a file of lines with their times, which never grows large."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from modelshelf.domain.errors import Unavailable
from modelshelf.domain.text import safe

BYTES_MOST = 1 << 20
"""Bytes from which on a log is put aside."""

FILES_MOST = 5
"""How many files there are at most: ``watch.log`` and ``watch.log.1`` to ``watch.log.4``."""

_LINE_MOST = 4_000


class LogFile:
    """A log that is opened for each line: whoever moves or removes it gets a new one."""

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Log to ``file``; its folder is made.

        Args:
            file: The newest lines.
            now: Tells the time, UTC.

        Raises:
            Unavailable: It cannot be written.
        """
        self._file = file
        self._now = now
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._append(b"")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise Unavailable(
                f"the log file {safe(file)} cannot be written",
                why=getattr(error, "strerror", None) or str(error),
                hint="Name a file in a folder of your own.",
                subject=str(file),
            ) from error

    def write(self, line: str) -> None:
        """Append one line with the time; a disk that is full loses it and ends nothing."""
        data = f"{self._now():%Y-%m-%dT%H:%M:%SZ} {safe(line, _LINE_MOST)}\n".encode()
        with suppress(OSError):
            self._rotate(len(data))
        with suppress(OSError):
            self._append(data)

    def _append(self, data: bytes) -> None:
        with self._file.open("ab", buffering=0) as file:
            file.write(data)

    def _rotate(self, more: int) -> None:
        if not self._file.is_file() or self._file.stat().st_size + more <= BYTES_MOST:
            return
        for number in range(FILES_MOST - 1, 0, -1):
            with suppress(FileNotFoundError):
                os.replace(self._nth(number - 1), self._nth(number))  # noqa: PTH105 - by either name

    def _nth(self, number: int) -> Path:
        return self._file.with_name(f"{self._file.name}.{number}") if number else self._file
