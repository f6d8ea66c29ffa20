"""Bars and curves of block characters, as plain text for whatever room there is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_FULL, _HALF, _SPAN = "█", "▌", "░"
_STEPS = "▁▂▃▄▅▆▇█"
_WIDEST = 4  # cells for one version of a short curve
_CLOSE = 0.5  # of the greatest: where all are above this, bars from nought would look alike


def begins_at(values: Sequence[float | None]) -> float:
    """Return the value at which bars begin: nought, or a little below values that lie close."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if low == high or 0 <= low < high * _CLOSE:
        return min(0.0, low)
    first = low - (high / 4 - low / 4)
    return first if math.isfinite(first) else low


def bars(values: Sequence[float | None], room: int) -> tuple[str, ...]:
    """Return a bar for each value, ``room`` cells for the greatest; none where there is no value.

    What is not the least value is longer than it by what it is more, and no value is invisible.
    """
    first = begins_at(values)
    most = max((value for value in values if value is not None), default=0.0)
    return tuple(_bar(value, first, most, room) for value in values)


def _bar(value: float | None, first: float, most: float, room: int) -> str:
    if value is None:
        return ""
    halves = max(1, round(_share(value, first, most) * room * 2))
    return _FULL * (halves // 2) + _HALF * (halves % 2)


@dataclass(frozen=True, slots=True)
class Curve:
    """Values in their order, drawn in blocks.

    Attributes:
        rows: The lines, the highest first.
        low: The least value, which the lowest block stands for.
        high: The greatest.
        columns: In which column each value stands.
        packed: Whether columns stand for several values: solid up to the least of them, in grey
            up to the greatest.
    """

    rows: tuple[str, ...]
    low: float
    high: float
    columns: tuple[int, ...]
    packed: bool


def curve(values: Sequence[float], width: int, height: int) -> Curve:
    """Return values as a curve of blocks.

    Args:
        values: At least one, finite.
        width: Cells there are.
        height: Lines there are.
    """
    count, width = len(values), max(1, width)
    wide = max(1, min(_WIDEST, width // count))
    packed = count > width
    columns = tuple(n * width // count if packed else n * wide for n in range(count))
    low, high = min(values), max(values)
    spans: list[tuple[float, float]] = []
    for value, column in zip(values, columns, strict=True):
        if spans and packed and column == len(spans) - 1:
            spans[-1] = (min(spans[-1][0], value), max(spans[-1][1], value))
        else:
            spans.append((value, value))
    levels = [(_level(a, low, high, height), _level(b, low, high, height)) for a, b in spans]
    rows = tuple(
        "".join(_block(*level, row) * (1 if packed else wide) for level in levels)
        for row in reversed(range(height))
    )
    return Curve(rows, low, high, columns, packed)


def _level(value: float, low: float, high: float, height: int) -> int:
    """Return how many eighths of a line a value is high; at least one."""
    steps = height * len(_STEPS)
    if high == low:
        return steps // 2
    return 1 + round(_share(value, low, high) * (steps - 1))


def _block(low: int, high: int, row: int) -> str:
    """Return the cell of a line of a column that is solid up to ``low``, grey up to ``high``."""
    base = row * len(_STEPS)
    solid = min(len(_STEPS), low - base)
    if solid > 0:
        return _STEPS[solid - 1]
    return _SPAN if high > base else " "


def _share(value: float, low: float, high: float) -> float:
    """Return where a value is between two others, from 0 to 1."""
    # Halved first: the distance of two finite numbers may be none.
    span = high / 2 - low / 2
    return min(1.0, max(0.0, (value / 2 - low / 2) / span)) if span > 0 else 1.0
