"""How many tensors there are of each element type, in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

COUNTED = "parameters"
"""The key that says what the number of parameters counts, where an element holds several."""
_LISTED = 10


def counted_types(types: Iterable[str]) -> dict[str, str]:
    """Return ``{"dtypes": "3 × float32, 1 × int64"}``, the commonest first; empty without any."""
    counts = Counter(types).most_common(_LISTED)
    told = ", ".join(f"{count:,} × {dtype}" for dtype, count in counts)
    return {"dtypes": told} if told else {}
