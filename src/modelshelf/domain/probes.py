"""Behaviour: what versions answer to the same pinned examples, and where they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

ROWS_MOST = 1_000_000
_NUMBER = re.compile(r"[+-]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LARGEST = Decimal("1e300")


class Answer(NamedTuple):
    """What was answered to one example.

    Attributes:
        answer: The answer, as text.
        truth: The right answer, where the probe set says it; empty where not.
    """

    answer: str
    truth: str = ""


Answers = Mapping[str, Answer]
"""Answers by the id of their example, in the order of the probe set."""


@dataclass(frozen=True, slots=True)
class ProbeAnswers:
    """What a version answered to a probe set.

    Attributes:
        reference: ``model:vN``.
        probe: What the policy calls the probe.
        definition: SHA-256 of the probe as the policy writes it.
        data: SHA-256 of the probe set.
        rows: How many examples were answered.
        output: Digest of the blob that holds the answers.
        at: UTC.
        actor: Who asked.
        id: Number of the entry in the audit log.
    """

    reference: str
    probe: str
    definition: str
    data: str
    rows: int
    output: str
    at: datetime
    actor: str
    id: int


@dataclass(frozen=True, slots=True)
class Flip:
    """An example that two versions answer differently.

    Attributes:
        example: Its id in the probe set.
        baseline: The answer of the baseline.
        answer: The answer of the other.
        truth: The right answer, where the probe set says it; empty where not.
    """

    example: str
    baseline: str
    answer: str
    truth: str = ""

    @property
    def mended(self) -> bool:
        """Whether the other is right where the baseline was wrong."""
        return self._right(self.answer) and not self._right(self.baseline)

    @property
    def broken(self) -> bool:
        """Whether the other is wrong where the baseline was right."""
        return self._right(self.baseline) and not self._right(self.answer)

    def _right(self, answer: str) -> bool:
        return bool(self.truth) and same(answer, self.truth)


@dataclass(frozen=True, slots=True)
class BehaviourComparison:
    """The answers of a version against those of a baseline, to the same probe set.

    Attributes:
        probe: The probe.
        baseline: Reference.
        reference: Reference of the other.
        examples: How many both answered.
        flips: Those they answer differently, in the order of the probe set.
        largest: The largest difference of answers that are numbers; ``None`` where they are not.
        only_one: Examples that only one of them answered.
    """

    probe: str
    baseline: str
    reference: str
    examples: int
    flips: tuple[Flip, ...]
    largest: float | None = None
    only_one: int = 0

    @property
    def mended(self) -> int:
        """How many examples the other answers rightly and the baseline did not."""
        return sum(flip.mended for flip in self.flips)

    @property
    def broken(self) -> int:
        """How many examples the baseline answered rightly and the other does not."""
        return sum(flip.broken for flip in self.flips)


def same(first: str, second: str) -> bool:
    """Return whether two answers are the same: as numbers where both are, else as text.

    Exactly: ``1`` is ``1.0`` and ``1e0``, and ``0.1`` is not ``0.10000000000000001``.
    """
    if first == second:
        return True
    one, other = number(first), number(second)
    return one is not None and one == other


def number(text: str) -> Decimal | None:
    """Return the number that an answer is, exactly; ``None`` where it is none, or is beyond 1e300.

    ``nan`` and ``inf`` are text: nothing can be said about how far they are from others.
    """
    if not _NUMBER.fullmatch(text):
        return None
    found = Decimal(text)
    return found if -_LARGEST < found < _LARGEST else None


def compare_answers(
    probe: str, baseline: tuple[str, Answers], other: tuple[str, Answers]
) -> BehaviourComparison:
    """Return where two versions answer differently.

    Args:
        probe: What the policy calls the probe.
        baseline: Reference and answers of the version that the other is held against.
        other: Reference and answers of the other.
    """
    before, after = baseline[1], other[1]
    both = [(example, old, after[example]) for example, old in before.items() if example in after]
    flips = tuple(
        Flip(example, old.answer, new.answer, _truth(old, new))
        for example, old, new in both
        if not same(old.answer, new.answer)
    )
    return BehaviourComparison(
        probe,
        baseline[0],
        other[0],
        examples=len(both),
        flips=flips,
        largest=_largest([(old.answer, new.answer) for _, old, new in both]),
        only_one=len(before) + len(after) - 2 * len(both),
    )


def _truth(old: Answer, new: Answer) -> str:
    """Return the right answer; where two runs tell different ones, nobody knows it."""
    if old.truth and new.truth and not same(old.truth, new.truth):
        return ""
    return old.truth or new.truth


def _largest(pairs: list[tuple[str, str]]) -> float | None:
    """Return the largest difference, where all answers are numbers."""
    largest = Decimal(0)
    for old, new in pairs:
        one, other = number(old), number(new)
        if one is None or other is None:
            return None
        largest = max(largest, abs(one - other))
    return float(largest) if pairs else None
