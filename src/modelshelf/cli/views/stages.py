"""Plans of promotions and rollbacks: what would change, and what the gates say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen, Tone
from modelshelf.cli.table import Cell, Column, facts, table

if TYPE_CHECKING:
    from modelshelf.domain.promotion import PromotionPlan, RollbackPlan, Verdict

_OUTCOMES: dict[str, Tone] = {"pass": "", "fail": "bold", "unjudged": "dim"}


def promotion(screen: Screen, plan: PromotionPlan) -> Iterator[str]:
    """Yield who holds the stage now, who would, and each gate's answer."""
    pairs: list[tuple[str, str | Cell]] = [
        ("promote", Cell(f"{plan.reference} to {plan.stage}", "bold")),
        ("now", wording.holders(plan.holders_now) or "nobody"),
        ("then", Cell(wording.holders(plan.holders_after), "accent")),
        ("archived", ", ".join(plan.archived)),
        ("allowed", "yes" if plan.allowed else "no"),
    ]
    yield from facts(screen, pairs)
    yield ""
    yield from verdicts(screen, plan.verdicts)


def rollback(screen: Screen, plan: RollbackPlan) -> Iterator[str]:
    """Yield who holds the stage now and who gets it back."""
    back = plan.returns_to
    pairs: list[tuple[str, str | Cell]] = [
        ("roll back", Cell(f"{plan.stage} of {plan.model}", "bold")),
        ("now", wording.holders(plan.holders_now) or "nobody"),
        ("then", Cell(wording.holders(back.holders), "accent")),
        ("as in", f"entry {back.id}, {wording.when(back.at)} UTC by {back.actor}"),
        ("archived", ", ".join(plan.archived)),
        ("restored", ", ".join(plan.unarchived)),
    ]
    yield from facts(screen, pairs)


def verdicts(screen: Screen, judged: Sequence[Verdict]) -> Iterator[str]:
    """Yield a table of the gates' answers."""
    columns = (Column("gate"), Column("answer"), Column("observed"), Column("required"), Column(""))
    rows = (
        (v.gate, Cell(v.outcome, _OUTCOMES.get(v.outcome, "")), v.observed, v.required, v.message)
        for v in judged
    )
    yield from table(screen, columns, rows)
