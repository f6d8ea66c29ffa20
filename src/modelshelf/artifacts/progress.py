"""How a long piece of work says how far it is, and how it is asked to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from modelshelf.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

# About 300 reports a second at full speed; more would cost time and nobody could see them.
_REPORT_EVERY = 4 * 1024 * 1024


class Progress(Protocol):
    """Is called while bytes are read, in the caller's thread."""

    def __call__(self, done: int, total: int, name: str, /) -> None:
        """Take note.

        Args:
            done: Bytes finished so far, of all files together.
            total: Bytes to do, of all files together.
            name: The file now at work, relative to the artifact.
        """


class Cancelled(Unavailable):
    """The work was asked to stop, and stopped; nothing is left but what can be gone on with."""


class Watch:
    """Counts the bytes of one piece of work, reports them and asks whether to go on.

    Attributes:
        done: Bytes finished so far.
        total: Bytes to do.
    """

    def __init__(
        self,
        total: int,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Start at 0 of ``total`` bytes."""
        self.done = 0
        self.total = total
        self._progress = progress
        self._cancelled = cancelled
        self._name = ""
        self._reported = 0

    def begin(self, name: str) -> None:
        """Say that the file ``name`` is next."""
        self._name = name
        self.check()
        self._report()

    def advance(self, count: int) -> None:
        """Say that ``count`` more bytes are finished.

        Raises:
            Cancelled: The caller wants no more.
        """
        self.done += count
        if self.done - self._reported >= _REPORT_EVERY or self.done >= self.total:
            self.check()
            self._report()

    def check(self) -> None:
        """Raise if the work shall stop.

        Raises:
            Cancelled: The caller wants no more.
        """
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("the work was cancelled", why="it was asked to stop")

    def _report(self) -> None:
        self._reported = self.done
        if self._progress is not None:
            self._progress(self.done, self.total, self._name)
