"""A/B tests: how the traffic of a stage was shared over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.stages import Assignment, Holder


@dataclass(frozen=True, slots=True)
class Split:
    """Who shared a stage, from when until when.

    Attributes:
        entry: Number of the entry that began it.
        holders: The versions with their shares, 100 in sum; empty when nobody held the stage.
        since: When it began, UTC.
        until: When the next one began, UTC; ``None`` while it stands.
        actor: Who.
        reason: Why.
    """

    entry: int
    holders: tuple[Holder, ...]
    since: datetime
    until: datetime | None
    actor: str
    reason: str

    @property
    def shared(self) -> bool:
        """Whether several versions shared the traffic."""
        return len(self.holders) > 1


def splits(history: Sequence[Assignment]) -> tuple[Split, ...]:
    """Return the splits that ``history`` tells, newest first.

    Args:
        history: Assignments of one stage of one model, newest first, without a gap.
    """
    ends = [None, *(a.at for a in history)]
    return tuple(
        Split(a.id, a.holders, a.at, until, a.actor, a.reason)
        for a, until in zip(history, ends, strict=False)
    )
