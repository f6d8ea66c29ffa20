"""Work that takes long: how far it is, what stops it, and what is said meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from modelshelf.domain.text import size_text

_BAR = 20
_BLOCKS = ("░", "█")


class Stopped(Exception):
    """Raised inside the work by :meth:`Task.progress` once somebody wants it to end."""


@dataclass(slots=True)
class Task:
    """How far a long piece of work is, between the thread that does it and the screen.

    Attributes:
        title: What is being done, such as ``verifying``.
        unit: What is counted; ``bytes`` are shown as sizes.
        stopped: Whether somebody wants it to end.
        done: How much is done.
        whole: How much there is to do; 0 while that is not known.
        what: What it is at.
    """

    title: str
    unit: str = ""
    stopped: bool = False
    done: int = 0
    whole: int = 0
    what: str = ""

    def progress(self, done: int, whole: int, what: str = "") -> None:
        """Note how far it is; called by the work, on its own thread.

        Raises:
            Stopped: Somebody wants it to end.
        """
        self.note(done, whole, what)
        if self.stopped:
            raise Stopped

    def note(self, done: int, whole: int, what: str = "") -> None:
        """Note how far it is, for work that asks by itself whether it is to end."""
        self.done, self.whole, self.what = done, whole, what

    @property
    def words(self) -> str:
        """How far it is, as one line; the key that stops it is named."""
        if self.stopped:
            return f"{self.title}: stopping …"
        if not self.whole:
            return f"{self.title} …   esc stops"
        share = min(1.0, self.done / self.whole)
        full = round(share * _BAR)
        bar = _BLOCKS[1] * full + _BLOCKS[0] * (_BAR - full)
        counted = self._count(self.done), self._count(self.whole)
        unit = f" {self.unit}" if self.unit not in ("", "bytes") else ""
        at = f" · {self.what}" if self.what else ""
        return (
            f"{self.title} {bar} {share:.0%} · {counted[0]} of {counted[1]}{unit}{at}   esc stops"
        )

    def _count(self, number: int) -> str:
        return size_text(number) if self.unit == "bytes" else f"{number:,}"
