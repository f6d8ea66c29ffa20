"""How requests look: their line in the list, the title above, and everything about one."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.style import Style

from modelshelf.domain.requests import Request
from modelshelf.domain.stages import holders_in_words
from modelshelf.domain.text import safe
from modelshelf.tui import giving, verdicts
from modelshelf.tui.columns import Clock
from modelshelf.tui.reviewing import STATES, Standing
from modelshelf.tui.show import STYLES, Cell, Look, age, ago, line, moment, styled
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
_TEACHING = (
    "Nobody asks for anything. A stage that takes approvals is asked for from the promote screen,",
    "or with modelshelf request open; which stages do, the policy says: modelshelf policy show",
)


def teach() -> list[Paragraph]:
    """Return what is said where nobody asks for anything."""
    return [("", line(text)) for text in _TEACHING]


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
            Column("age", 6, right=True, rank=1),
            Column("because", 14, grow=True, begins=True, rank=2),
        ),
        cells,
        lambda asked: asked.id,
    )


def title(state: str, count: int) -> Content:
    """Return the title of the list: its state and number; a click on a word shows that state."""
    parts = [styled(("reviews", "strong"), (f" {count:,}", "dim"))]
    for one in STATES:
        shown = STYLES["accent"] + " reverse" if one == state else STYLES["dim"]
        word = Content.assemble((one or "all", shown))
        parts.append(word.stylize(Style.from_meta({"@click": f"screen.show_state('{one}')"})))
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


def about(found: Standing, now: datetime, *, runs: bool = False) -> list[Paragraph]:
    """Return what is asked and by whom, who has answered what, and what the gates say.

    Args:
        found: The request as it stands.
        now: The present moment.
        runs: Whether the screen has a key that runs the gates.
    """
    asked, plan = found.request, found.plan
    rows: list[Paragraph] = [
        (
            "asked",
            styled((asked.actor, "strong"), f", {ago(now, asked.at)} · {moment(asked.at)} UTC"),
        ),
        ("because", line(asked.reason, _LONG)),
        ("to hold", styled((holders_in_words(asked.holders), "accent"))),
    ]
    if asked.expires_at is not None and asked.state == "open":
        rows.append(("lapses", line(f"{moment(asked.expires_at)} UTC")))
    if asked.closed_at is not None:
        rows.append((asked.state, line(_closing(asked), _LONG)))
    if found.trouble:
        rows.append(("trouble", styled((found.trouble, "warn"))))
    rows += giving.below("answers", verdicts.answers(asked.answers, now))
    if plan is not None:
        rows.append(("now", line(holders_in_words(plan.holders_now))))
        if plan.approvals is not None:
            rows += giving.below("people", verdicts.people(plan.approvals, now))
        rows += [("", Content("")), ("", styled(("gates", "strong")))]
        alone = len(asked.holders) == 1
        check = f"{safe(asked.reference)} {safe(asked.stage)}" if alone else ""
        rows += verdicts.rows(plan.verdicts, check if runs else None)
    return rows


def changing(found: Standing, now: datetime) -> list[Paragraph]:
    """Return what would change: the shares, who uses the holders of now, what differs."""
    plan, rows = found.plan, list[Paragraph]()
    if plan is None:
        return rows
    rows.append(("", styled(("what changes", "strong"))))
    rows += [("", told) for told in giving.shares(plan.holders_now, plan.holders_after)]
    rows += giving.below("used by", giving.users(plan.consumers, now))
    if found.comparison is not None:
        rows.append(("", giving.changes(found.comparison)))
    elif not plan.holders_now:
        rows.append(("", styled(("Nobody holds the stage now.", "dim"))))
    return rows


def _closing(asked: Request) -> str:
    when = moment(asked.closed_at) if asked.closed_at is not None else ""
    made = f" as entry {asked.assignment_id}" if asked.assignment_id is not None else ""
    return f"by {asked.closed_by}, {when} UTC{made}: {asked.closed_reason}"
