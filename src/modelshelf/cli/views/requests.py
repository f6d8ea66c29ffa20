"""Requests: as a list, and one by one with their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.domain.stages import holders_in_words

if TYPE_CHECKING:
    from modelshelf.cli.screen import Screen, Tone
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.requests import Request, Tally

_STATES: dict[str, Tone] = {"open": "accent", "applied": "", "rejected": "bold"}


def requests(screen: Screen, found: Sequence[Request]) -> Iterator[str]:
    """Yield a table of requests."""
    if not found:
        return
    columns = (
        Column("no.", right=True, keep=True),
        Column("state", keep=True),
        Column("stage"),
        Column("for"),
        Column("said yes", spare=2),
        Column("by", spare=3),
        Column("asked (UTC)", keep=True, spare=1),
        Column("reason", begins=True, spare=4),
    )
    rows = (
        (
            Cell(str(r.id), "bold"),
            Cell(r.state, _STATES.get(r.state, "dim")),
            f"{r.stage} of {r.model}",
            Cell(holders_in_words(r.holders), "accent"),
            ", ".join(a.actor for a in r.answers if a.answer == "approve"),
            r.actor,
            wording.when(r.at),
            r.reason,
        )
        for r in found
    )
    yield from table(screen, columns, rows)


def request(
    screen: Screen, shown: Request, count: Tally | None, plan: PromotionPlan | None = None
) -> Iterator[str]:
    """Yield everything about one request; ``plan`` is what would come of it now."""
    pairs: list[tuple[str, str | Cell]] = [
        ("request", Cell(str(shown.id), "bold")),
        ("for", f"{shown.stage} of {shown.model} for {holders_in_words(shown.holders)}"),
        ("asked", f"{wording.when(shown.at)} UTC by {shown.actor}"),
        ("reason", shown.reason),
        ("state", Cell(_state(shown), _STATES.get(shown.state, "dim"))),
    ]
    for given in shown.answers:
        verb = "approved" if given.answer == "approve" else "rejected"
        said = f": {given.comment}" if given.comment else ""
        pairs.append((verb, f"{wording.when(given.at)} UTC by {given.actor}{said}"))
    if count is not None:
        pairs.append(("approvals", count.words))
        pairs += [("not counted", why) for why in count.ignored]
    yield from facts(screen, pairs)
    if plan is not None:
        from modelshelf.cli.views.stages import verdicts

        yield ""
        yield from verdicts(screen, plan.verdicts)


def _state(shown: Request) -> str:
    if shown.state == "open":
        until = shown.expires_at
        return f"open, until {wording.when(until)} UTC" if until is not None else "open"
    if shown.closed_at is None:
        return shown.state
    made = f" (entry {shown.assignment_id})" if shown.assignment_id is not None else ""
    return (
        f"{shown.state} {wording.when(shown.closed_at)} UTC by {shown.closed_by}{made}:"
        f" {shown.closed_reason}"
    )
