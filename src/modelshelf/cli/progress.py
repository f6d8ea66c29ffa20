"""How far a long piece of work is: one line on a terminal, from the first second on."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self

from modelshelf.cli.screen import look
from modelshelf.cli.table import cells, cut
from modelshelf.cli.wording import duration
from modelshelf.domain.text import safe, size_text

_QUIET_SECONDS = 1.0
_EVERY_SECONDS = 0.1


class Progress:
    """Shows bytes done, rate and time left; says what is left undone when the work is stopped.

    It is itself the function that a registry calls with how much is done, how much there is, and
    the file at work, or the kind of things that are counted.
    """

    def __init__(
        self,
        doing: str,
        stream: IO[str] | None,
        *,
        undone: str = "",
        counted: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Get ready.

        Args:
            doing: What is done, such as ``storing``.
            stream: Where to show it; ``None`` where nobody watches.
            undone: What is left undone when the work is stopped half way.
            counted: Whether things are counted and not bytes.
            clock: Counts seconds.
        """
        self._doing = doing
        self._stream = stream
        self._undone = undone
        self._counted = counted
        self._clock = clock
        self._start = clock()
        self._shown = 0.0
        self._drawn = False

    def __enter__(self) -> Self:
        self._start = self._clock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()
        if isinstance(exc, KeyboardInterrupt) and self._undone:
            exc.args = (self._undone,)  # said by whoever ends the program

    def __call__(self, done: int, total: int, name: str = "", /) -> None:
        """Take note of ``done`` of ``total``, now at ``name``."""
        now = self._clock()
        if self._stream is None or now - self._start < _QUIET_SECONDS:
            return
        if now - self._shown < _EVERY_SECONDS and done < total:
            return
        self._shown = now
        self._draw(self._line(done, total, name, now - self._start))

    def _line(self, done: int, total: int, name: str, seconds: float) -> str:
        rate = done / seconds if seconds > 0 else 0.0
        say = "{:,}".format if self._counted else size_text
        parts = [f"{self._doing} {name}".strip(), say(done)]
        if total > 0:
            parts[-1] += f" of {say(total)} ({min(done * 100 // total, 100)} %)"
        parts.append(f"{say(int(rate))}/s")
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
