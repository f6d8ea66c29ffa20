"""The tab with what the gates of the rungs above say now; nothing is run for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.stages import holders_in_words
from modelshelf.tui import verdicts
from modelshelf.tui.show import sentence, styled
from modelshelf.tui.tabs import Telling, Told, heading, plainly

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_TOP = "It holds the highest stage there is; the evidence tab says by which decision."
_RUNGLESS = "The policy has no stage that can be given."


@dataclass(frozen=True, slots=True)
class _Rung:
    """A stage and what giving it would take, or why that cannot be told."""

    stage: str
    plan: PromotionPlan | None
    trouble: str = ""


def look(registry: Registry, reference: str) -> Telling:
    """Judge a version by the gates of every stage above the highest that it holds."""
    version, ladder = registry.versions.get(reference), registry.policy.assignable
    held = [place for place, stage in enumerate(ladder) if stage in version.stages]
    above = ladder[max(held, default=-1) + 1 :]
    rungs = [_judged(registry, reference, stage) for stage in above]
    return partial(_tell, rungs, _TOP if ladder else _RUNGLESS)


def _judged(registry: Registry, reference: str, stage: str) -> _Rung:
    try:
        return _Rung(stage, registry.promotions.plan(reference, stage))
    except ModelshelfError as error:
        return _Rung(stage, None, sentence(error))


def _tell(rungs: Sequence[_Rung], nothing: str, now: datetime) -> Told:
    if not rungs:
        return Told([plainly(nothing)])
    rows: list[Paragraph] = []
    for rung in rungs:
        rows += [*_rung(rung, now), plainly("")]
    return Told([*rows, plainly("p opens the promotion of this version.")])


def _rung(rung: _Rung, now: datetime) -> Iterator[Paragraph]:
    plan = rung.plan
    if plan is None:
        yield heading(f"→ {rung.stage}")
        yield "", styled((rung.trouble, "warn"))
        return
    state = "may be given now" if plan.allowed else "not yet"
    yield heading(f"→ {rung.stage}", f"{state}, held by {holders_in_words(plan.holders_now)}")
    # The count of people is told below, with names.
    said = [v for v in plan.verdicts if v.gate != verdicts.APPROVALS or plan.approvals is None]
    yield from verdicts.rows(said)
    if not said and plan.approvals is None:
        yield plainly("This stage has no gates.")
    if unmeasured := verdicts.unmeasured(plan):
        yield "", styled((f"{', '.join(unmeasured)} must be run first: p, then f.", "accent"))
    if plan.approvals is not None:
        for person in verdicts.people(plan.approvals, now):
            yield "", person
