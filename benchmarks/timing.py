"""Times pieces of work in turn, so that whatever disturbs the machine disturbs all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Work = Callable[[], object]


def interleaved(works: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each piece of work in each round; a round does each of them once."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def times(one: list[float], other: list[float]) -> float:
    """Return how many times as long ``one`` took as ``other``: the median over the rounds."""
    return median(a / b for a, b in zip(one, other, strict=True))
