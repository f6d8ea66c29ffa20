"""Making a version again: its recipe, what of it is missing, and what came of the attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from modelshelf.domain.provenance import Code, Dataset, Environment

Outcome = Literal["identical", "same weights", "within tolerance", "different", "failed"]
Ingredient = Literal["code", "data", "environment", "parameters", "command"]
State = Literal["there", "missing", "unknown", "unchecked", "changed"]


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that making a version again takes.

    Attributes:
        ingredient: ``code``, ``data``, ``environment``, ``parameters`` or ``command``.
        what: Which, in words: the name of a data set, a commit.
        state: ``there`` and as it was; ``missing`` although it is known which; ``unknown``, because
            nothing was recorded; ``changed`` since; ``unchecked`` where looking takes a network.
        why: A sentence: where it is, or what is wrong and what to do.
    """

    ingredient: Ingredient
    what: str
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a version would be made again.

    Attributes:
        reference: ``model:vN``.
        known: Everything it takes, and whether that is there.
        steps: What to do, a shell line each, to be read by people and copied.
        code: The source; ``None`` when nothing was recorded.
        datasets: The data sets.
        environment: Where it was trained.
        params: Parameters by name.
    """

    reference: str
    known: tuple[Known, ...]
    steps: tuple[str, ...]
    code: Code | None = None
    datasets: tuple[Dataset, ...] = ()
    environment: Environment | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[Known, ...]:
        """What stands in the way: missing, unknown or changed."""
        return tuple(k for k in self.known if k.state in ("missing", "unknown", "changed"))

    @property
    def complete(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class ComparedMetric:
    """A metric as it was recorded and as it came out again.

    Attributes:
        name: The metric.
        recorded: As registered.
        measured: As it came out; ``None`` when it did not.
        within: Whether the two are within the tolerance.
    """

    name: str
    recorded: float
    measured: float | None
    within: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What came of making a version again.

    Attributes:
        outcome: ``identical`` bytes; ``same weights`` in other bytes; ``within tolerance`` in all
            recorded metrics; ``different``; ``failed`` to make anything.
        why: A sentence.
        metrics: Recorded metrics against those that came out.
        tolerance: The relative difference that was allowed.
        digest: Of the artifact that came out; empty when none did.
        weights: Digest of its weights; empty when not known.
        python: Version of Python that ran it.
        differences: What of the environment was not as recorded, a sentence each.
        seconds: How long the command took.
    """

    outcome: Outcome
    why: str
    metrics: tuple[ComparedMetric, ...] = ()
    tolerance: float = 0.0
    digest: str = ""
    weights: str = ""
    python: str = ""
    differences: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A recorded attempt.

    Attributes:
        id: Number of its entry in the audit log.
        reference: ``model:vN``.
        report: What came of it.
        at: UTC.
        actor: Who.
        output: Digest of the blob with what the commands said; ``None`` when nothing was kept.
    """

    id: int
    reference: str
    report: Report
    at: datetime
    actor: str
    output: str | None = None
