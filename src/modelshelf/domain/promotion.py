"""What gates answer, and what a promotion or rollback would change, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.stages import Assignment, Holder

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.requests import Request, Tally

Outcome = Literal["pass", "fail", "pending"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's answer.

    Attributes:
        gate: Its name.
        outcome: ``pass``, ``fail``, or ``pending``: it must be measured or approved first.
        observed: What was found, as text.
        required: What the gate asks for, as text.
        message: A sentence for people.
        reference: The version it is about, where several are judged together; else empty.
    """

    gate: str
    outcome: Outcome
    observed: str
    required: str
    message: str
    reference: str = ""


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
