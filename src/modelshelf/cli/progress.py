"""How far a long piece of work is: one line on a terminal, from the first second on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO

from modelshelf.cli.screen import look
from modelshelf.cli.table import cells, cut
from modelshelf.cli.wording import duration, size
from modelshelf.domain.text import safe

_QUIET_SECONDS = 1.0
_EVERY_SECONDS = 0.1


class Progress:
    """Shows bytes done, rate and time left; says what is left undone when the work is stopped.

    It is itself the function that a registry calls with the bytes done, the bytes to do and the
    file at work.
    """

    def __init__(
        self,
        doing: str,
        stream: IO[str] | None,
        *,
        undone: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Get ready; ``stream`` is ``None`` where nobody watches, ``clock`` counts seconds."""
        self._doing = doing
        self._stream = stream
        self._undone = undone
        self._clock = clock
        self._start = clock()
        self._shown = 0.0
        self._drawn = False

    def __enter__(self) -> Progress:
        self._start = self._clock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()
        if kind is not None and issubclass(kind, KeyboardInterrupt) and self._undone:
            sys.stderr.write(f"\nStopped; {self._undone}.\n")

    def __call__(self, done: int, total: int, name: str = "", /) -> None:
        """Take note of ``done`` of ``total`` bytes, now at the file ``name``."""
        now = self._clock()
        if self._stream is None or now - self._start < _QUIET_SECONDS:
            return
        if now - self._shown < _EVERY_SECONDS and done < total:
            return
        self._shown = now
        self._draw(self._line(done, total, name, now - self._start))

    def _line(self, done: int, total: int, name: str, seconds: float) -> str:
        rate = done / seconds if seconds > 0 else 0.0
        parts = [f"{self._doing} {name}".strip(), size(done)]
        if total > 0:
            parts[-1] += f" of {size(total)} ({min(done * 100 // total, 100)} %)"
        parts.append(f"{size(int(rate))}/s")
        if rate > 0 and total > done:
            parts.append(f"{duration((total - done) / rate)} left")
        return "  ".join(parts)

    def _draw(self, line: str) -> None:
        if self._stream is None:
            return
        room = (look(self._stream, plain=True).width or 80) - 1
        text = cut(safe(line), room)
        self._stream.write(f"\r{text}{' ' * max(room - cells(text), 0)}")
        self._stream.flush()
        self._drawn = True

    def _clear(self) -> None:
        if self._drawn and self._stream is not None:
            room = (look(self._stream, plain=True).width or 80) - 1
            self._stream.write(f"\r{' ' * room}\r")
            self._stream.flush()
            self._drawn = False
