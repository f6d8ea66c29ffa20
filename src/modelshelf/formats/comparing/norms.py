"""What comparing pieces of tensors adds up to; sums of squares that neither overflow nor vanish."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True, slots=True)
class Norm:
    """An L2 norm as ``scale * sqrt(total)``, which can be added to others."""

    scale: float = 1.0
    total: float = 0.0

    def with_(self, other: Norm) -> Norm:
        """Return the norm of both vectors as one."""
        if not other.total:
            return self
        if not self.total or self.scale == other.scale:
            return Norm(other.scale, self.total + other.total)
        large, small = (self, other) if self.scale > other.scale else (other, self)
        return Norm(large.scale, large.total + small.total * (small.scale / large.scale) ** 2)

    def over(self, base: Norm) -> float:
        """Return how many times as long it is as ``base``; infinite where that has no length."""
        if not self.total:
            return 0.0
        if not base.total:
            return math.inf
        # Roots first: the quotient of two squares may be more than a number can be.
        return self.scale / base.scale * (math.sqrt(self.total) / math.sqrt(base.total))


@dataclass(frozen=True, slots=True)
class Part:
    """What comparing one piece found.

    Attributes:
        base: The norm of the baseline's values, without those that are not numbers or infinite.
        diff: The norm of the differences.
        changed: How many elements differ.
        largest: The largest difference.
        numbers: Whether every difference is a number.
    """

    base: Norm = Norm()
    diff: Norm = Norm()
    changed: int = 0
    largest: float = 0.0
    numbers: bool = True

    def with_(self, other: Part) -> Part:
        """Return what both pieces are together."""
        largest = max(self.largest, other.largest)
        if math.isnan(self.largest) or math.isnan(other.largest):
            largest = math.nan
        return Part(
            self.base.with_(other.base),
            self.diff.with_(other.diff),
            self.changed + other.changed,
            largest,
            self.numbers and other.numbers,
        )

    @property
    def relative(self) -> float:
        """The difference as a share of the baseline; not a number where values are not."""
        return self.diff.over(self.base) if self.numbers else math.nan


def together(parts: Iterable[Part]) -> Part:
    """Return what pieces are in all, added in the order given."""
    return reduce(Part.with_, parts, Part())
