"""How requests look: their line in the list, the title above, and everything about one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from textual.content import Content

from modelshelf.domain.requests import Request
from modelshelf.domain.text import safe
from modelshelf.tui import differences, verdicts
from modelshelf.tui.columns import Clock
from modelshelf.tui.reviewing import STATES, Standing
from modelshelf.tui.show import STYLES, Cell, Look, age, ago, holders, line, moment, styled
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.paragraphs import Paragraph

_SIGNS: dict[str, tuple[str, Look]] = {
    "open": ("○", "accent"),
    "applied": ("✓", "plain"),
    "rejected": ("✗", "warn"),
    "withdrawn": ("–", "dim"),
    "expired": ("–", "dim"),
}
_LONG = 1_000
TEACHING = (
    "Nobody asks for anything. A stage that takes approvals is asked for from the promote screen,",
    "or with modelshelf request open; which stages do, the policy says: modelshelf policy show",
)


def layout(clock: Clock) -> Layout[Request]:
    """Return how requests are listed."""

    def cells(asked: Request) -> tuple[Cell, ...]:
        sign, look = _SIGNS[asked.state]
        yes = sum(answer.answer == "approve" for answer in asked.answers)
        return (
            Cell(str(asked.id), "dim"),
            Cell(f"{sign} {asked.state}", look),
            Cell(f"{safe(asked.reference)} → {safe(asked.stage, 40)}", "strong"),
            Cell(str(yes) if yes else "–", "plain" if yes else "dim"),
            Cell(safe(asked.actor, 40)),
            Cell(age(clock(), asked.at), "dim"),
            Cell(safe(asked.reason)),
        )

    return Layout(
        (
            Column("no.", 5, right=True),
            Column("state", 11),
            Column("asked for", 22, grow=True),
            Column("yes", 3, right=True),
            Column("by", 8),
            Column("age", 5, right=True, rank=1),
            Column("because", 14, grow=True, begins=True, rank=2),
        ),
        cells,
        lambda asked: asked.id,
    )


def title(state: str, count: int) -> Content:
    """Return the title of the list: which state is shown, and how many there are of it."""
    parts = [styled(("reviews", "strong"), (f" {count:,}", "dim"))]
    for one in STATES:
        shown = STYLES["accent"] + " reverse" if one == state else STYLES["dim"]
        parts.append(Content.assemble((one or "all", shown)))
    return Content("  ").join(parts)


def request_title(found: Standing | None) -> Content:
    """Return the title of the pane about one request."""
    if found is None:
        return Content("")
    asked = found.request
    return styled(
        (f"request {asked.id}", "strong"),
        (f"  {asked.reference} → {asked.stage}  {asked.state}", "dim"),
    )


def about(found: Standing, now: datetime) -> list[Paragraph]:
    """Return everything that is known of one request."""
    asked, plan = found.request, found.plan
    rows: list[Paragraph] = [
        (
            "asked",
            styled((asked.actor, "strong"), f", {ago(now, asked.at)} · {moment(asked.at)} UTC"),
        ),
        ("because", line(asked.reason, _LONG)),
        ("to hold", styled((holders(asked.holders), "accent"))),
    ]
    if asked.expires_at is not None and asked.state == "open":
        rows.append(("lapses", line(f"{moment(asked.expires_at)} UTC")))
    if asked.closed_at is not None:
        rows.append((asked.state, line(_closing(asked), _LONG)))
    if found.trouble:
        rows.append(("trouble", styled((found.trouble, "warn"))))
    rows += _below("answers", verdicts.answers(asked.answers, now))
    if plan is not None:
        rows.append(("now", line(holders(plan.holders_now))))
        if plan.approvals is not None:
            rows += _below("people", verdicts.people(plan.approvals, now))
        rows += [("", Content("")), ("", styled(("gates", "strong")))]
        rows += verdicts.rows(plan.verdicts)
        rows += [("used by", line(f"{c.name} ({c.reference})")) for c in plan.consumers[:5]]
    if found.comparison is not None:
        rows += [("", Content("")), ("", styled(("what changes", "strong")))]
        rows.append(("", differences.brief(found.comparison)))
    return rows


def _asked(asked: Request, now: datetime) -> Content:
    return styled((asked.actor, "strong"), f", {ago(now, asked.at)} · {moment(asked.at)} UTC")


def _closing(asked: Request) -> str:
    when = moment(asked.closed_at) if asked.closed_at is not None else ""
    made = f" as entry {asked.assignment_id}" if asked.assignment_id is not None else ""
    return f"by {asked.closed_by}, {when} UTC{made}: {asked.closed_reason}"


def _below(name: str, values: Iterable[Content]) -> Iterator[Paragraph]:
    """Yield values below each other beside one name."""
    for value in values:
        yield name, value
        name = " "
