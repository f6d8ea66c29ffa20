"""Requests and approvals: may these versions hold that stage, who said so, and is it enough?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from unicodedata import category, normalize

from modelshelf.domain.roles import has_role
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Policy, Stage
    from modelshelf.domain.stages import Holder

RequestState = Literal["open", "applied", "rejected", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to a request.

    Attributes:
        actor: Who.
        answer: ``approve`` or ``reject``.
        comment: What they said.
        at: When, UTC.
    """

    actor: str
    answer: str
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """The question whether versions may hold a stage.

    Attributes:
        id: The number of the audit entry that opened it.
        model: The model's name.
        stage: The stage.
        reference: The version asked for.
        holders: Who is to hold the stage, in sum 100 percent.
        state: open, applied, rejected, withdrawn or expired.
        reason: Why it is asked.
        actor: Who asks.
        at: When, UTC.
        seen: The assignment that held then; ``None`` when nobody did.
        expires_at: When it lapses, UTC; ``None``: never.
        answers: In the order they were given; one for each person.
        closed_at: When it was decided, UTC.
        closed_by: Who decided.
        closed_reason: Why.
        assignment_id: The assignment that came of it.
    """

    id: int
    model: str
    stage: str
    reference: str
    holders: tuple[Holder, ...]
    state: RequestState
    reason: str
    actor: str
    at: datetime
    seen: int | None = None
    expires_at: datetime | None = None
    answers: tuple[Answer, ...] = ()
    closed_at: datetime | None = None
    closed_by: str | None = None
    closed_reason: str | None = None
    assignment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What the approvals of a request come to.

    Attributes:
        needed: How many it takes.
        counted: Whose count, in the order they were given.
        ignored: Whose do not count, and why, one sentence each.
        whose: Whose would count, in words: ``reviewer, not ana``.
        counts_from: When an approval that must cool off will count, UTC.
    """

    needed: int
    counted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    whose: str = ""
    counts_from: datetime | None = None

    @property
    def missing(self) -> int:
        """How many are missing still."""
        return max(0, self.needed - len(self.counted))

    @property
    def words(self) -> str:
        """It in words: ``1 of 2 approvals; missing: 1 of reviewer, not ana``."""
        said = f"{len(self.counted)} of {self.needed} approvals"
        return f"{said}; missing: {self.missing} of {self.whose}" if self.missing else said


def by_the_clock(request: Request, now: datetime) -> Request:
    """Return ``request`` as it stands at ``now``: an open one whose time is over has expired."""
    over = request.expires_at is not None and now >= request.expires_at
    return replace(request, state="expired") if request.state == "open" and over else request


def takes_approvals(stage: Stage, present: Sequence[Holder], holders: Sequence[Holder]) -> bool:
    """Whether it takes approvals that ``holders`` hold ``stage`` after ``present`` did.

    A change of weights among those that hold it already takes none, unless the stage says
    ``ramp = "approved"``.
    """
    held = {h.version_id for h in present}
    newcomers = any(h.version_id not in held for h in holders)
    return stage.approvals > 0 and (newcomers or stage.ramp == "approved")


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: letters' case, spaces and hidden signs do not count.

    It is asked where somebody may not count twice. Who *has* a role goes by the exact name.
    """
    return one == other or _folded(one) == _folded(other)


def _folded(name: str) -> str:
    plain = normalize("NFKC", name).casefold()
    return "".join(c for c in normalize("NFKC", plain) if category(c)[0] not in "CZ")


def is_among(names: Sequence[str], policy: Policy, actor: str, model: str) -> bool:
    """Whether ``actor`` is meant by ``names``: a name as it is, ``role:x`` for all who have it."""
    return any(
        has_role(policy, actor, name.removeprefix("role:"), model)
        if name.startswith("role:")
        else name == actor
        for name in names
    )


def never_counts(
    stage: Stage, policy: Policy, actor: str, *, model: str, requester: str
) -> str | None:
    """Return why an approval by ``actor`` of what ``requester`` asks can never count, or ``None``.

    A sentence without its full stop. Cooling off passes, so it is no such reason.
    """
    if stage.approvers and not is_among(stage.approvers, policy, actor, model):
        return f"{safe(actor, 60)} is none of those whose approvals count: {_either(stage)}"
    if stage.four_eyes and same_person(actor, requester):
        return f"{safe(actor, 60)} asked for it, and {stage.name} takes four eyes"
    return None


def tally(stage: Stage, policy: Policy, request: Request, now: datetime) -> Tally:
    """Count the approvals of ``request`` by the rules of ``stage``.

    Args:
        stage: The stage, as the policy has it for this model.
        policy: Who has which role.
        request: The request with its answers.
        now: The present moment, UTC.
    """
    counted: list[str] = []
    ignored: list[str] = []
    cool: datetime | None = None
    for answer in request.answers:
        if answer.answer != "approve":
            ignored.append(f"{safe(answer.actor, 60)} rejected it")
            continue
        why = never_counts(
            stage, policy, answer.actor, model=request.model, requester=request.actor
        )
        twice = next((who for who in counted if same_person(who, answer.actor)), None)
        if why is None and twice is not None:
            why = f"{safe(answer.actor, 60)} counts as {safe(twice, 60)}, who approved it already"
        if why is None and same_person(answer.actor, request.actor):
            cool = _counts_from(stage, request)
            if now >= cool:
                cool = None
            else:
                why = (
                    f"{safe(answer.actor, 60)} asked for it, and counts from"
                    f" {cool:%Y-%m-%d %H:%M} UTC on"
                )
        if why is None:
            counted.append(answer.actor)
        else:
            ignored.append(why)
    whose = whose_count(stage, policy, model=request.model, requester=request.actor)
    return Tally(stage.approvals, tuple(counted), tuple(ignored), whose, cool)


def _counts_from(stage: Stage, request: Request) -> datetime:
    try:
        return request.at + timedelta(seconds=stage.cooling_off)
    except OverflowError:  # further off than there are years
        return datetime.max.replace(tzinfo=request.at.tzinfo)


def whose_count(stage: Stage, policy: Policy, *, model: str, requester: str) -> str:
    """Return whose approvals count, in words: ``reviewer, not ana``."""
    words = _either(stage)
    if not stage.four_eyes:
        return words
    own = not stage.approvers or is_among(stage.approvers, policy, requester, model)
    return f"{words}, not {safe(requester, 60)}" if own else words


def _either(stage: Stage) -> str:
    names = [safe(name.removeprefix("role:"), 60) for name in stage.approvers]
    return " or ".join(names) or "anybody"
