"""Going back to a moment: which stages move, to whom, and which cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.stages import Holder


@dataclass(frozen=True, slots=True)
class ReturnMove:
    """One stage of one model that would go back to who held it then.

    Attributes:
        model: The model's name.
        stage: The stage.
        holders_now: Who holds it now.
        holders_then: Who held it then; empty when nobody did.
        restores: Id of the assignment it goes back to; ``None`` when nobody held it.
        refused: Why it cannot go back, a sentence; ``None`` when it can.
        archived: References of the versions that would be put away.
        unarchived: References of the versions that would come out of the archive.
        comparison: The first holder now against the first one then, when they differ.
        consumers: Who uses the present holders.
    """

    model: str
    stage: str
    holders_now: tuple[Holder, ...]
    holders_then: tuple[Holder, ...]
    restores: int | None
    refused: str | None = None
    archived: tuple[str, ...] = ()
    unarchived: tuple[str, ...] = ()
    comparison: Comparison | None = None
    consumers: tuple[Consumer, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A stage of a model that has moved since and stays as it is, and why."""

    model: str
    stage: str
    why: str


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """What going back to a moment would change.

    Attributes:
        entry: The last entry that counts.
        at: When it was written, UTC.
        newest: The newest entry now: going back to it later is the way back.
        moves: The stages that would move, by model and stage; also those that cannot.
        left_alone: The stages that have moved since and are not touched.
    """

    entry: int
    at: datetime
    newest: int
    moves: tuple[ReturnMove, ...]
    left_alone: tuple[LeftAlone, ...]

    @property
    def refused(self) -> tuple[ReturnMove, ...]:
        """The moves that cannot be made."""
        return tuple(move for move in self.moves if move.refused is not None)


@dataclass(frozen=True, slots=True)
class Shift:
    """A stage of one model that goes from some holders to others.

    Attributes:
        stage: The stage.
        now: Who holds it.
        then: Who shall hold it.
        archives: Whether who leaves it and holds nothing more is put away.
    """

    stage: str
    now: tuple[Holder, ...]
    then: tuple[Holder, ...]
    archives: bool


Sides = tuple[tuple[int, ...], tuple[int, ...]]


def refusal(then: Sequence[Holder], versions: Mapping[int, ModelVersion]) -> str | None:
    """Return why these versions cannot hold a stage again, or ``None``."""
    for holder in then:
        version = versions[holder.version_id]
        if version.freed:
            return f"the bytes of {version.reference} were freed"
        if version.yanked is not None:
            return f"{version.reference} is yanked: {safe(version.yanked)}"
    return None


def sides(
    shifts: Sequence[Shift],
    held: Mapping[str, Sequence[Holder]],
    versions: Mapping[int, ModelVersion],
) -> tuple[Sides, ...]:
    """Return for each shift, made one after the other, who is put away and who comes out again.

    Args:
        shifts: All shifts of one model, in order.
        held: Who holds its stages now.
        versions: The versions concerned, by id.
    """
    holding = {stage: {h.version_id for h in holders} for stage, holders in held.items()}
    at_last = {**holding, **{s.stage: {h.version_id for h in s.then} for s in shifts}}
    stays = set().union(*at_last.values()) if at_last else set[int]()
    away = {ident for ident, version in versions.items() if version.archived}
    found: list[Sides] = []
    for shift in shifts:
        coming = [h.version_id for h in shift.then]
        holding[shift.stage] = set(coming)
        leaving = [h.version_id for h in shift.now if h.version_id not in coming]
        archived = tuple(
            v
            for v in leaving
            if shift.archives
            and v not in away
            and v not in stays
            and not any(v in holders for holders in holding.values())
        )
        unarchived = tuple(v for v in coming if v in away)
        away = (away | set(archived)) - set(unarchived)
        found.append((archived, unarchived))
    return tuple(found)
