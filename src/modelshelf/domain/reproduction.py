"""Making a version again: its recipe, what of it is missing, and what came of the attempt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from modelshelf.domain.provenance import Code, Dataset, Environment

Outcome = Literal["identical", "same weights", "within tolerance", "different", "failed"]
REPRODUCED: tuple[Outcome, ...] = ("identical", "same weights", "within tolerance")
"""The outcomes that say that a version can be made again."""

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


def compare_metrics(
    recorded: Mapping[str, float], measured: Mapping[str, object], tolerance: float
) -> tuple[ComparedMetric, ...]:
    """Return every recorded metric beside what was measured, in order of name.

    The difference may be ``tolerance`` times the larger of the two. What is no finite number was
    not measured, and a metric that was measured and never recorded says nothing.
    """
    compared = []
    for name in sorted(recorded):
        found = _number(measured.get(name))
        within = found is not None and math.isclose(
            recorded[name], found, rel_tol=min(tolerance, 1.0)
        )
        compared.append(ComparedMetric(name, recorded[name], found, within))
    return tuple(compared)


def judge(
    *, same_bytes: bool, same_weights: bool, metrics: tuple[ComparedMetric, ...], tolerance: float
) -> tuple[Outcome, str]:
    """Return what an attempt that made something came to, and why, in a sentence.

    Bytes say more than weights, and weights more than metrics. Where nothing was measured to
    compare by, other bytes are ``different``.
    """
    outside = [m for m in metrics if not m.within]
    besides = f"; of the metrics {_said(outside)}" if outside else ""
    if same_bytes:
        return "identical", f"every byte is what was registered{besides}"
    if same_weights:
        return "same weights", f"other bytes, and every tensor is what was registered{besides}"
    if metrics and not outside:
        count = "the recorded metric" if len(metrics) == 1 else f"all {len(metrics)} metrics"
        return "within tolerance", f"other bytes, and {count} within {tolerance:g}"
    return "different", f"other bytes, and {_said(outside) or 'no metric was recorded to compare'}"


_NAMED_MOST = 3


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _said(outside: list[ComparedMetric]) -> str:
    shown = [
        f"{m.name} was not measured" if m.measured is None
        else f"{m.name} is {m.measured:g} instead of {m.recorded:g}"
        for m in outside[:_NAMED_MOST]
    ]  # fmt: skip
    more = len(outside) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more > 0 else [])])
