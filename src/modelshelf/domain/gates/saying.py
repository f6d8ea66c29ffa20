"""How a gate answers: an outcome, what was found, what was asked for, and a clause for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from modelshelf.domain.policy.values import DEFAULT_SETTINGS
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Gate
    from modelshelf.domain.promotion import Outcome

_NAMED = 12  # of a long list, so many are named
_STEPS = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one gate says of one version.

    Attributes:
        outcome: ``pass``, ``fail``, or ``pending``: it must be measured first.
        observed: What was found, as text.
        required: What the gate asks for, as text.
        said: A clause that names the version and says how it stands.
    """

    outcome: Outcome
    observed: str
    required: str
    said: str


def told(gate: Gate, key: str) -> Any:  # noqa: ANN401 - each setting has its own type
    """Return what a built-in gate is told under ``key``, or its default."""
    return gate.settings.get(key, DEFAULT_SETTINGS[gate.use][key])


def worst(answers: Sequence[Answer], empty: Answer) -> Answer:
    """Return several answers as one: it passes when all do, and says why not when one does not."""
    if not answers:
        return empty
    against = [answer for answer in answers if answer.outcome != "pass"]
    outcomes = {answer.outcome for answer in answers}
    return Answer(
        next(each for each in ("fail", "pending", "pass") if each in outcomes),
        ", ".join(answer.observed for answer in answers),
        ", ".join(answer.required for answer in answers),
        "; ".join(answer.said for answer in against or answers),
    )


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Return ``a, b and c``; of very many the first and how many more there are."""
    shown = [safe(word, 120) for word in words[:_NAMED]]
    if len(words) > _NAMED:
        shown.append(f"{len(words) - _NAMED:,} more")
    if len(shown) < 2:  # noqa: PLR2004 - one needs no joint
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {joint} {shown[-1]}"


def span(seconds: float) -> str:
    """Return a span of time as people say it, in its largest whole unit: ``30 days``."""
    for size, word in _STEPS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count:,} {word}{'' if count == 1 else 's'}"
    return "0 seconds"


def age(elapsed: timedelta) -> str:
    """Return how long ago something was, as people say it."""
    return f"{span(elapsed.total_seconds())} ago" if elapsed.total_seconds() >= 1 else "just now"
