"""A row of numbers as a line of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content

from modelshelf.tui.show import STYLES

_BLOCKS = "▁▂▃▄▅▆▇█"
_GAP = "·"


def blocks(values: Sequence[float | None]) -> str:
    """Return a block for each number, by its height between the lowest and the highest.

    What is unknown or no finite number is a dot; where all are equal they stand in the middle.
    """
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return _GAP * len(values)
    low, high = min(known), max(known)
    return "".join(
        _GAP if v is None or not math.isfinite(v) else _BLOCKS[_height(v, low, high)]
        for v in values
    )


def _height(value: float, low: float, high: float) -> int:
    # Halved before they are subtracted: the distance of two great numbers may be no number.
    span = high / 2 - low / 2
    if not span:
        return len(_BLOCKS) // 2 - 1
    return round((value / 2 - low / 2) / span * (len(_BLOCKS) - 1))


def spark(values: Sequence[float | None], here: int) -> Content:
    """Return the line of blocks with the point ``here`` between signs, so that it needs no hue."""
    drawn = blocks(values)
    return Content.assemble(
        (drawn[:here], STYLES["dim"]),
        (f"▸{drawn[here]}◂", STYLES["accent"]),
        (drawn[here + 1 :], STYLES["dim"]),
    )
