"""How gates, approvals and people look on the screens that decide about a stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.promotion import PromotionPlan, Verdict
from modelshelf.domain.requests import Answer, Tally
from modelshelf.domain.text import safe
from modelshelf.tui.show import Look, ago, line, styled

if TYPE_CHECKING:
    from textual.content import Content

    from modelshelf.tui.widgets.paragraphs import Paragraph

_SIGNS: dict[str, tuple[str, Look]] = {
    "pass": ("✓", "plain"),
    "fail": ("✗", "warn"),
    "pending": ("…", "accent"),
}
_FIRST = {"fail": 1, "pending": 2, "pass": 3}
APPROVALS = "approvals"
"""The name of the verdict that counts people; every other one is a gate's."""


def rows(found: Iterable[Verdict], check: str | None = None) -> Iterator[Paragraph]:
    """Yield what each verdict says, what stands in the way first, and what can be done about it.

    Args:
        found: The verdicts.
        check: What is checked, as the command takes it: ``churn:v3 production``; empty where no
            command says it shortly, ``None`` where nothing is said of what to do.
    """
    for verdict in sorted(found, key=lambda one: _FIRST.get(one.outcome, 0)):
        sign, look = _SIGNS.get(verdict.outcome, ("?", "dim"))
        said = (safe(verdict.message, 500), look)
        yield f"{sign} {safe(verdict.gate, 40)}", styled(said, (_beside(verdict), "dim"))
        if check is not None and verdict.gate != APPROVALS and verdict.outcome != "pass":
            yield " ", _way(verdict, check)


def _way(verdict: Verdict, check: str) -> Content:
    """Return what can be done about a verdict, as a key and as a command."""
    key = "f runs it" if verdict.outcome == "pending" else "f looks again"
    known = not check or "modelshelf check" in verdict.message
    command = "" if known else f" · modelshelf check {check} --run"
    return styled(("→ ", "accent"), key, (command, "dim"))


def _beside(verdict: Verdict) -> str:
    """Return what was found and asked for, where the sentence does not say it."""
    told = [
        f"{word} {safe(value, 120)}"
        for word, value in (("found", verdict.observed), ("takes", verdict.required))
        if value and value not in verdict.message
    ]
    return f"  {', '.join(told)}" if told and verdict.outcome == "fail" else ""


def failing(plan: PromotionPlan) -> tuple[str, ...]:
    """Return what the gates say that failed."""
    return tuple(v.message for v in plan.verdicts if v.outcome == "fail")


def unmeasured(plan: PromotionPlan) -> tuple[str, ...]:
    """Return the gates that must be run first."""
    return tuple(v.gate for v in plan.verdicts if v.outcome == "pending" and v.gate != APPROVALS)


def lacks_approval(plan: PromotionPlan) -> bool:
    """Whether it takes people who have not said yes yet."""
    return plan.approvals is not None and plan.approvals.missing > 0


def people(tally: Tally, now: datetime) -> Iterator[Content]:
    """Yield who has agreed, who is missing, and whose word does not count."""
    have = f"{len(tally.counted)} of {tally.needed}"
    yield styled((have, "strong" if tally.missing else "plain"), " approvals")
    if tally.counted:
        yield styled(("yes       ", "dim"), ", ".join(safe(who, 60) for who in tally.counted))
    if tally.missing:
        yield styled(("missing   ", "dim"), f"{tally.missing} of ", (tally.whose, "accent"))
    if tally.counts_from is not None and tally.counts_from > now:
        yield line(f"an approval of one's own counts from {tally.counts_from:%Y-%m-%d %H:%M} UTC")
    for why in tally.ignored:
        yield styled((why, "dim"))


def answers(given: Iterable[Answer], now: datetime) -> Iterator[Content]:
    """Yield a line for each answer."""
    for one in given:
        yes = one.answer == "approve"
        word = "yes" if yes else "no"
        look: Look = "plain" if yes else "warn"
        said = f": “{safe(one.comment)}”" if one.comment else ""
        yield styled(
            (f"{word:<4}", look), safe(one.actor, 60), said, (f"  {ago(now, one.at)}", "dim")
        )
