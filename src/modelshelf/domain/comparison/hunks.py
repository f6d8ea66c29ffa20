"""Unified diffs of texts whose ends are alike: only what lies between them is searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

_Code = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]


def ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many lines two texts begin with, and then end with, in common."""
    short = min(len(old), len(new))
    begin = next((n for n in range(short) if old[n] != new[n]), short)
    end = next((n for n in range(short - begin) if old[-1 - n] != new[-1 - n]), short - begin)
    return begin, end


class _Whole(SequenceMatcher[str]):
    """What becomes of all lines, of which only those between the ends are searched."""

    def __init__(self, old: Sequence[str], new: Sequence[str], most: int) -> None:
        self._begin, end = ends(old, new)
        self._sizes = len(old), len(new)
        self._stops = len(old) - end, len(new) - end
        self._searched = max(self._stops) - self._begin <= most
        middle = [
            each[self._begin : stop] for each, stop in zip((old, new), self._stops, strict=True)
        ]
        super().__init__(None, *(middle if self._searched else ("", "")))

    def get_opcodes(self) -> list[_Code]:
        """Return the steps from one text to the other, in places of the whole texts."""
        begin, (left, right), (old, new) = self._begin, self._stops, self._sizes
        changes: list[_Code] = [("replace", begin, left, begin, right)]
        if self._searched:
            found = super().get_opcodes()
            changes = [(t, begin + a, begin + b, begin + c, begin + d) for t, a, b, c, d in found]
        return [("equal", 0, begin, 0, begin), *changes, ("equal", left, old, right, new)]


def hunks(old: Sequence[str], new: Sequence[str], *, context: int, most: int) -> Iterator[str]:
    """Yield the lines of a unified diff, without the two that name the texts.

    Args:
        old: Lines without their ends.
        new: Likewise.
        context: How many equal lines stand around what differs.
        most: Lines between the ends in which equal ones are looked for, which takes time with their
            square; of more, all count as changed.
    """
    if old == new:
        return
    for group in _Whole(old, new, most).get_grouped_opcodes(context):
        (_, left, _, right, _), (_, _, left_end, _, right_end) = group[0], group[-1]
        yield f"@@ -{_range(left, left_end)} +{_range(right, right_end)} @@"
        for tag, *places in group:
            yield from _lines(tag, old[places[0] : places[1]], new[places[2] : places[3]])


def _lines(tag: str, gone: Sequence[str], come: Sequence[str]) -> Iterator[str]:
    if tag == "equal":
        yield from (f" {each}" for each in gone)
        return
    yield from (f"-{each}" for each in gone)
    yield from (f"+{each}" for each in come)


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + 1}" if length == 1 else f"{start + bool(length)},{length}"
