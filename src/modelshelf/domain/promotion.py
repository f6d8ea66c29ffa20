"""May these versions hold that stage? The one pure function that every promotion asks.

Gates and approvals of the policy are named in the verdicts and marked ``unjudged`` until they are
judged here; what is judged today: the ladder, the number of holders, yanked or freed versions, and
what the scan found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.stages import Assignment, Holder
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.policy import Stage
    from modelshelf.domain.requests import Request, Tally

Outcome = Literal["pass", "fail", "pending"]
_SCAN = "scan"  # the gate that every stage has, whether the policy names it or not


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's answer.

    Attributes:
        gate: Its name.
        outcome: ``pass``, ``fail``, or ``pending``: it must be measured or approved first.
        observed: What was found, as text.
        required: What the gate asks for, as text.
        message: A sentence for people.
    """

    gate: str
    outcome: Outcome
    observed: str
    required: str
    message: str


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """What a promotion would change.

    Attributes:
        reference: The version asked for.
        model: Its model.
        stage: The stage asked for.
        holders_now: Who holds it now.
        holders_after: Who would.
        verdicts: The gates' answers.
        allowed: Whether all of them passed.
        archived: References of the versions that would be put away.
        comparison: The first present holder against the version, when they differ.
        approvals: What the approvals come to, where the stage takes any.
        request: The open request for just this, if there is one.
        may_bypass: Whether the actor may set gates and approvals aside.
        consumers: Who uses the present holders.
    """

    reference: str
    model: str
    stage: str
    holders_now: tuple[Holder, ...]
    holders_after: tuple[Holder, ...]
    verdicts: tuple[Verdict, ...]
    allowed: bool
    archived: tuple[str, ...]
    comparison: Comparison | None
    approvals: Tally | None = None
    request: Request | None = None
    may_bypass: bool = False
    consumers: tuple[Consumer, ...] = ()


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback would change.

    Attributes:
        model: The model.
        stage: The stage.
        holders_now: Who holds it now.
        returns_to: The earlier assignment.
        archived: References of the versions that would be put away.
        unarchived: References of the versions that would come out of the archive.
        comparison: The first present holder against the first earlier one.
        consumers: Who uses the present holders.
    """

    model: str
    stage: str
    holders_now: tuple[Holder, ...]
    returns_to: Assignment
    archived: tuple[str, ...]
    unarchived: tuple[str, ...]
    comparison: Comparison | None
    consumers: tuple[Consumer, ...] = ()


def judge(stage: Stage, candidates: Sequence[ModelVersion]) -> tuple[Verdict, ...]:
    """Return the verdicts on ``candidates`` holding ``stage`` together; any ``fail`` forbids it."""
    many = len(candidates) > 1
    verdicts = [
        Verdict(
            "holders",
            "fail" if many and stage.holders == "one" else "pass",
            f"{len(candidates)} versions" if many else "1 version",
            "one version" if stage.holders == "one" else "one or several versions",
            f"{stage.name} is held by one version at a time"
            if many and stage.holders == "one"
            else f"{stage.name} may be held so",
        )
    ]
    verdicts += [_usable(version) for version in candidates]
    verdicts += [_scanned(version) for version in candidates]
    verdicts += [_unjudged(gate) for gate in stage.gates if gate != _SCAN]
    if stage.approvals:
        verdicts.append(_unjudged(f"approvals ({stage.approvals})"))
    return tuple(verdicts)


def _usable(version: ModelVersion) -> Verdict:
    if version.freed:
        state, message = "fail", f"the bytes of {version.reference} were freed"
    elif version.yanked is not None:
        state, message = "fail", f"{version.reference} is yanked: {safe(version.yanked)}"
    else:
        state, message = "pass", f"{version.reference} may be used"
    observed = "freed" if version.freed else "yanked" if version.yanked is not None else "in use"
    return Verdict("usable", "pass" if state == "pass" else "fail", observed, "in use", message)


def _scanned(version: ModelVersion) -> Verdict:
    """Judge what the scan found: unsafe bytes, and code that nobody has vouched for."""
    name, required = version.reference, "nothing unsafe, and no code that nobody vouched for"
    if version.verdict in ("dangerous", "incomplete") and not version.released:
        message = f"the scan of {name} says {version.verdict}"
    elif version.unvouched:
        message = (
            f"loading {name} uses code that nobody has vouched for:"
            f" look at it with modelshelf show {name}, then modelshelf vouch {name}"
        )
    elif version.released:
        message = f"the scan of {name} says {version.verdict}, and it was released with a reason"
        return Verdict(_SCAN, "pass", version.verdict, required, message)
    else:
        return Verdict(_SCAN, "pass", version.verdict, required, f"the scan of {name} stands")
    observed = "unknown globals" if version.unvouched else version.verdict
    return Verdict(_SCAN, "fail", observed, required, message)


def _unjudged(gate: str) -> Verdict:
    return Verdict(
        gate,
        "pending",
        "not judged",
        "named by the policy",
        f"the policy names {gate}; this release records it and does not judge it",
    )
