"""Plans of promotions and rollbacks: what would change, and what the gates say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen, Tone
from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.domain.stages import holders_in_words

if TYPE_CHECKING:
    from modelshelf.domain.promotion import PromotionPlan, RollbackPlan, Verdict

_OUTCOMES: dict[str, Tone] = {"pass": "", "fail": "bold", "pending": "dim"}


def promotion(screen: Screen, plan: PromotionPlan) -> Iterator[str]:
    """Yield who holds the stage now, who would, and each gate's answer."""
    pairs: list[tuple[str, str | Cell]] = [
        ("promote", Cell(f"{plan.reference} to {plan.stage}", "bold")),
        ("now", holders_in_words(plan.holders_now)),
        ("then", Cell(holders_in_words(plan.holders_after), "accent")),
        ("archived", ", ".join(plan.archived)),
        ("used by", wording.users(plan.consumers)),
        ("request", _request(plan)),
        ("approvals", plan.approvals.words if plan.approvals is not None else ""),
        ("allowed", "yes" if plan.allowed else _no(plan)),
    ]
    yield from facts(screen, pairs)
    yield ""
    yield from verdicts(screen, plan.verdicts)


def _request(plan: PromotionPlan) -> str:
    asked = plan.request
    return "" if asked is None else f"{asked.id}, asked for by {asked.actor}"


def _no(plan: PromotionPlan) -> str:
    return "no, and you may set that aside: --bypass" if plan.may_bypass else "no"


def rollback(screen: Screen, plan: RollbackPlan) -> Iterator[str]:
    """Yield who holds the stage now and who gets it back."""
    back = plan.returns_to
    pairs: list[tuple[str, str | Cell]] = [
        ("roll back", Cell(f"{plan.stage} of {plan.model}", "bold")),
        ("now", holders_in_words(plan.holders_now)),
        ("then", Cell(holders_in_words(back.holders), "accent")),
        ("as in", f"entry {back.id}, {wording.when(back.at)} UTC by {back.actor}"),
        ("archived", ", ".join(plan.archived)),
        ("restored", ", ".join(plan.unarchived)),
        ("used by", wording.users(plan.consumers)),
    ]
    yield from facts(screen, pairs)


def verdicts(screen: Screen, judged: Sequence[Verdict]) -> Iterator[str]:
    """Yield a table of the gates' answers."""
    columns = (Column("gate"), Column("answer"), Column("observed"), Column("required"), Column(""))
    rows = (
        (_gate(v), Cell(v.outcome, _OUTCOMES.get(v.outcome, "")), v.observed, v.required, v.message)
        for v in judged
    )
    yield from table(screen, columns, rows)


def _gate(verdict: Verdict) -> str:
    """Return the gate's name, with the version where several were judged together."""
    return f"{verdict.gate} of {verdict.reference}" if verdict.reference else verdict.gate
