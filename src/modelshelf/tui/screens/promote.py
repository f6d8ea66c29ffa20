"""The review of a promotion: what would change, who says what, and why it is done."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Label, Static

from modelshelf.domain.comparison import Comparison
from modelshelf.domain.errors import Conflict
from modelshelf.domain.models import ModelVersion
from modelshelf.domain.promotion import PromotionPlan
from modelshelf.domain.stages import WHOLE, Assignment, Holder
from modelshelf.tui import differences
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import Look, holders, line, lines, styled
from modelshelf.tui.store import Facts, contrast
from modelshelf.tui.widgets.choice import Choice
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

    from modelshelf.registry import Registry

_TYPING = 0.08
_SIGNS: dict[str, tuple[str, Look]] = {
    "pass": ("✓", "plain"),
    "fail": ("✗", "warn"),
    "unjudged": ("?", "dim"),
}


@dataclass(frozen=True, slots=True)
class _Reviewed:
    """A promotion and what it changes."""

    plan: PromotionPlan
    comparison: Comparison | None


class PromoteScreen(Review):
    """Gives a stage to a version, alone or beside those that hold it."""

    where = "promote"
    verb = "promoting"
    BINDINGS = bindings("promote")
    AUTO_FOCUS = "#stage"
    DEFAULT_CSS = """
    PromoteScreen {
        #weight { max-width: 8; }
        #sides { height: 1fr; }
        #gates { width: 2fr; height: 1fr; }
        #changes { width: 3fr; height: 1fr; }
        #gates VerticalScroll, #changes VerticalScroll { padding: 0 1; scrollbar-size-vertical: 1; }
        #changes VerticalScroll { border-left: solid $rule; }
        &.-narrow #sides { layout: vertical; }
        &.-narrow #gates, &.-narrow #changes { width: 1fr; }
        &.-narrow #changes VerticalScroll { border-left: none; }
        Static { height: auto; }
    }
    """

    def __init__(self, version: ModelVersion) -> None:
        """Review giving a stage to ``version``."""
        super().__init__()
        self._version = version
        self._plan: PromotionPlan | None = None

    def body(self) -> Iterable[Widget]:
        """Yield stage and weight, gates beside changes, and the reason."""
        yield Rule(id="promote-rule")
        yield Horizontal(Label("stage"), Choice(id="stage"), classes="field")
        weight = Input(
            id="weight", compact=True, max_length=3, restrict=r"\d*", placeholder=str(WHOLE)
        )
        yield Horizontal(Label("weight %"), weight, classes="field")
        yield Static(id="holders", markup=False)
        gates = Static(id="verdicts", markup=False)
        changes = Static(id="differing", markup=False)
        yield Horizontal(
            Vertical(Rule(styled(("gates", "strong"))), VerticalScroll(gates), id="gates"),
            Vertical(
                Rule(styled(("what changes", "strong")), join="┬"),
                VerticalScroll(changes),
                id="changes",
            ),
            id="sides",
        )
        yield from self.reason_fields()

    # --- looking ------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Offer the ladder, with the rung above the version's own chosen."""
        rungs = [stage for stage in facts.stages if stage not in ("draft", "archived")]
        held = [n for n, stage in enumerate(rungs) if stage in self._version.stages]
        above = min(max(held, default=-1) + 1, len(rungs) - 1)
        self.query_one(Choice).offer(rungs, rungs[above] if rungs else "")
        self._look()

    def changed(self) -> None:
        """Look again; a promotion that was reviewed must be the one that is made."""
        if not self._doing:
            self._look()

    @property
    def _stage(self) -> str:
        return self.query_one(Choice).word

    @property
    def _weight(self) -> int | None:
        text = self.query_one("#weight", Input).value
        return int(text) if text else None

    def _look(self) -> None:
        reference, stage, weight = self._version.reference, self._stage, self._weight
        self._plan, self._stuck = None, ""
        self._title()
        self.ask("plan", lambda r: _review(r, reference, stage, weight), self._show)

    def _title(self) -> None:
        self.query_one("#promote-rule", Rule).title = styled(
            ("Promote ", "strong"),
            (self._version.reference, "accent"),
            "  →  ",
            (self._stage, "strong"),
        )
        self.query_one("#script", Static).update(self.script())

    def _show(self, reviewed: _Reviewed) -> None:
        plan = self._plan = reviewed.plan
        self.complain(self.obstacle())
        self.query_one("#holders", Static).update(_holders(plan))
        self.query_one("#verdicts", Static).update(_verdicts(plan))
        self.query_one("#differing", Static).update(
            differences.brief(reviewed.comparison)
            if reviewed.comparison is not None
            else styled(("Nobody holds the stage now, so there is nothing to compare.", "dim"))
            if not plan.holders_now
            else styled(("The same version.", "dim"))
        )

    # --- doing --------------------------------------------------------------------------------

    def obstacle(self) -> str:
        """Return what forbids the promotion."""
        plan = self._plan
        if plan is None:
            return super().obstacle()
        failed = [verdict.message for verdict in plan.verdicts if verdict.outcome == "fail"]
        if failed:
            return f"Promote is off: {'; '.join(failed)}."
        if _shares(plan.holders_now) == _shares(plan.holders_after):
            return f"{plan.stage} is held exactly so already."
        return ""

    def carry_out(self) -> None:
        """Promote exactly as reviewed."""
        plan, reason = self._plan, self.reason
        if plan is not None:
            self.ask("do", lambda r: _promote(r, plan, self._weight, reason), self._promoted)

    def _promoted(self, made: Assignment) -> None:
        self.done(f"{made.model}: {made.stage} is held by {holders(made.holders)} now")

    def command(self) -> str:
        """Return the promotion as a command."""
        weight = f" --weight {self._weight}" if self._weight not in (None, WHOLE) else ""
        reason = shlex.quote(self.reason) if self.reason else "…"
        return (
            f"modelshelf promote {self._version.reference} {self._stage}{weight} --reason {reason}"
        )

    # --- keys ---------------------------------------------------------------------------------

    @on(Choice.Changed)
    def _stage_chosen(self) -> None:
        self._look()

    @on(Input.Changed, "#weight")
    def _weight_typed(self) -> None:
        self._plan, self._stuck = None, ""
        self.soon("plan", _TYPING, self._look)

    @on(Input.Submitted, "#weight")
    def _weight_entered(self) -> None:
        self.set_focus(self.query_one("#reason", Input))

    def action_weight(self) -> None:
        """Go to the weight."""
        self.set_focus(self.query_one("#weight", Input))

    def action_stage(self, by: int) -> None:
        """Choose another stage."""
        self.query_one(Choice).step(by)


def _review(registry: Registry, reference: str, stage: str, weight: int | None) -> _Reviewed:
    """Return what a promotion changes."""
    plan = registry.promotions.plan(reference, stage, weight=weight)
    return _Reviewed(plan, contrast(registry, plan.holders_now, plan.holders_after))


def _promote(
    registry: Registry, reviewed: PromotionPlan, weight: int | None, reason: str
) -> Assignment:
    """Promote if the stage is still held as it was when it was reviewed.

    Raises:
        Conflict: Somebody changed it meanwhile.
    """
    now = registry.promotions.plan(reviewed.reference, reviewed.stage, weight=weight)
    if now.holders_now != reviewed.holders_now or now.holders_after != reviewed.holders_after:
        raise Conflict(
            f"{reviewed.stage} changed hands while you were reading",
            why=f"it is held by {holders(now.holders_now)} now",
            hint="Look again, then confirm.",
        )
    return registry.promotions.promote(
        reviewed.reference, reviewed.stage, weight=weight, reason=reason
    )


def _shares(who: Iterable[Holder]) -> dict[int, int]:
    return {holder.version_id: holder.weight for holder in who}


def _holders(plan: PromotionPlan) -> Content:
    now, after = holders(plan.holders_now), holders(plan.holders_after)
    away = f"   {', '.join(plan.archived)} goes to the archive" if plan.archived else ""
    return styled(
        ("now       ", "dim"), (now, "strong"), ("   after  ", "dim"), (after, "accent"), away
    )


def _verdicts(plan: PromotionPlan) -> Content:
    rows = []
    for verdict in plan.verdicts:
        sign, look = _SIGNS[verdict.outcome]
        rows.append(styled((f"{sign} ", look), (f"{verdict.gate:<12}", look), " ", verdict.message))
    return lines(rows) if rows else line("This stage has no gates.")
