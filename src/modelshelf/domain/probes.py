"""Behaviour: what versions answer to the same pinned examples, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
        return bool(self.truth) and self.answer == self.truth != self.baseline

    @property
    def broken(self) -> bool:
        """Whether the other is wrong where the baseline was right."""
        return bool(self.truth) and self.baseline == self.truth != self.answer


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
