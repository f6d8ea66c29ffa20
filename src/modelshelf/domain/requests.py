"""Requests and approvals: may these versions hold that stage, who said so, and is it enough?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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
        counted: Whose count.
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
