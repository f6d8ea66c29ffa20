"""The review of a promotion: what would change, who says what, and why it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Label, Static

from modelshelf.domain.comparison import Comparison
from modelshelf.domain.models import ModelVersion
from modelshelf.domain.promotion import PromotionPlan
from modelshelf.domain.stages import WHOLE, Assignment, Holder, holders_in_words
from modelshelf.domain.text import safe
from modelshelf.tui import giving, verdicts
from modelshelf.tui.actions import bindings, by_id
from modelshelf.tui.facts import Facts
from modelshelf.tui.screens.review import Review, reason_title
from modelshelf.tui.show import line, styled
from modelshelf.tui.store import contrast
from modelshelf.tui.tasks import Task
from modelshelf.tui.widgets.choice import Choice
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content
    from textual.widget import Widget

    from modelshelf.domain.requests import Request
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_TYPING = 0.08
_NOBODY = "The policy lets nobody of your name set gates and approvals aside."


@dataclass(frozen=True, slots=True)
class _Reviewed:
    """A promotion and what it changes."""

    plan: PromotionPlan
    comparison: Comparison | None


class Promoting(Review):
    """Knows what is reviewed, what stands against it, and how it is said as a command."""

    def __init__(self, version: ModelVersion) -> None:
        """Review giving a stage to ``version``."""
        super().__init__()
        self._version = version
        self._plan: PromotionPlan | None = None
        self._aside = False

    # --- what is chosen -----------------------------------------------------------------------

    @property
    def _stage(self) -> str:
        return self.query_one(Choice).word

    @property
    def _weight(self) -> int | None:
        text = self.query_one("#weight", Input).value
        return int(text) if text else None

    # --- what stands against it ---------------------------------------------------------------

    @property
    def _asking(self) -> bool:
        """Whether other people must be asked before the stage can be given."""
        return self._plan is not None and verdicts.lacks_approval(self._plan) and not self._aside

    def named(self) -> str:
        """Return the model, where the highest stage is given and not only asked for."""
        facts, plan = self.shelf.facts, self._plan
        if facts is None or plan is None or self._asking:
            return ""
        return plan.model if plan.stage == facts.policy.assignable[-1] else ""

    def subject(self, action: str) -> str:
        """Return the model of the version."""
        return self._version.model if action.startswith("promote.") else ""

    def reason_against(self, action: str) -> str:
        """Return why rules cannot be set aside."""
        if action == "promote.bypass" and self._plan is not None and not self._plan.may_bypass:
            return _NOBODY
        return super().reason_against(action)

    def typed(self) -> str:
        """Return what was typed besides the reason."""
        return super().typed() or ("the weight you typed" if self._weight is not None else "")

    def obstacle(self) -> str:
        """Return what forbids the promotion."""
        plan = self._plan
        if plan is None:
            return super().obstacle()
        if _shares(plan.holders_now) == _shares(plan.holders_after):
            return f"{plan.stage} is held exactly so already."
        return "" if self._aside else self._missing(plan)

    @staticmethod
    def _missing(plan: PromotionPlan) -> str:
        """Return what gates and people lack."""
        if failing := verdicts.failing(plan):
            return f"Promote is off: {'; '.join(failing)}."
        if unmeasured := verdicts.unmeasured(plan):
            return f"Promote is off until {', '.join(unmeasured)} has been run: press f."
        if verdicts.lacks_approval(plan) and plan.request is not None:
            return f"Request {plan.request.id} asks for this already: see reviews, key 4."
        return ""

    def command(self) -> str:
        """Return the promotion as a command."""
        return giving.promoting(
            self._version.reference,
            self._stage,
            weight=self._weight,
            reason=self.reason,
            aside=self._aside,
            asking=self._asking,
        )


class PromoteScreen(Promoting):
    """Gives a stage to a version, alone or beside those that hold it."""

    where = "promote"
    verb = "promoting"
    naming = True
    undoable = True
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
        #sides { layout: horizontal; }
        &.-narrow #sides { layout: vertical; }
        &.-narrow #gates, &.-narrow #changes { width: 1fr; height: auto; }
        &.-narrow #sides VerticalScroll { border-left: none; height: auto; }
        Static { height: auto; }
    }
    """

    def body(self) -> Iterable[Widget]:
        """Yield stage and weight, gates beside changes, and the reason."""
        yield Rule(id="promote-rule")
        yield Horizontal(Label("stage"), Choice(id="stage"), classes="field")
        weight = Input(
            id="weight", compact=True, max_length=3, restrict=r"\d*", placeholder=str(WHOLE)
        )
        yield Horizontal(Label("weight %"), weight, classes="field")
        yield Static(id="holders", markup=False)
        gates = Paragraphs(id="verdicts")
        changes = Static(id="differing", markup=False)
        yield VerticalScroll(
            Vertical(Rule(styled(("gates", "strong"))), VerticalScroll(gates), id="gates"),
            Vertical(
                Rule(styled(("what changes", "strong")), join="┬"),
                VerticalScroll(changes),
                id="changes",
            ),
            id="sides",
            can_focus=False,
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
        asking = verdicts.lacks_approval(plan) and plan.request is None and not self._aside
        self.complain(self.obstacle() or ("ctrl+s asks for approval." if asking else ""))
        self.query_one("#script", Static).update(self.script())
        self.query_one("#holders", Static).update(_holders(plan))
        self.ask_name()
        undo = "" if asking else self.shelf.shown_key(by_id("app.undo"))
        self.query_one("#reason-rule", Rule).title = reason_title(required=True, undo=undo)
        told = _verdicts(plan, self.shelf.clock(), self._weight, aside=self._aside)
        self.query_one("#verdicts", Paragraphs).show(told)
        self.query_one("#differing", Static).update(
            giving.changes(reviewed.comparison)
            if reviewed.comparison is not None
            else styled(("Nobody holds the stage now, so there is nothing to compare.", "dim"))
            if not plan.holders_now
            else styled(("The same version.", "dim"))
        )

    # --- doing --------------------------------------------------------------------------------

    def carry_out(self) -> None:
        """Promote exactly as reviewed, or ask for it where it takes other people."""
        plan, reason, weight = self._plan, self.reason, self._weight
        if plan is None:
            return
        if self._asking:
            self.ask("do", lambda r: _request(r, plan, weight, reason), self._asked)
        else:
            aside = self._aside
            self.ask("do", lambda r: _promote(r, plan, weight, reason, aside), self._promoted)

    def _asked(self, request: Request) -> None:
        told = f"request {request.id} asks for {request.stage} of {request.model}"
        self.done(f"{told}; in the reviews, w withdraws it")

    def _promoted(self, made: Assignment) -> None:
        held = holders_in_words(made.holders)
        self.done(f"{made.model}: {made.stage} is held by {held} now", made.id)

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

    def action_run(self) -> None:
        """Run the gates that must be measured, then look again."""
        reference, stage, weight = self._version.reference, self._stage, self._weight
        task = Task("running the gates", "bytes")
        self.begin(
            task,
            lambda r: r.gates.check(
                reference, stage, weight=weight, run=True, progress=task.progress
            ),
            lambda _plan: self._look(),
        )

    def action_scroll(self, by: int) -> None:
        """Read on, or back, in what is shown."""
        for pane in self.query("#sides, #sides VerticalScroll").results(VerticalScroll):
            pane.scroll_relative(y=by * max(1, pane.size.height // 2), animate=False)

    def action_bypass(self) -> None:
        """Set gates and approvals aside, or no more."""
        plan = self._plan
        if plan is None or not plan.may_bypass:
            self.complain(_NOBODY)
            return
        self._aside = not self._aside
        self._look()


def _review(registry: Registry, reference: str, stage: str, weight: int | None) -> _Reviewed:
    """Return what a promotion changes."""
    plan = registry.promotions.plan(reference, stage, weight=weight)
    return _Reviewed(plan, contrast(registry, plan.holders_now, plan.holders_after))


def _request(
    registry: Registry, reviewed: PromotionPlan, weight: int | None, reason: str
) -> Request:
    """Ask for what was reviewed."""
    return registry.requests.open(reviewed.reference, reviewed.stage, weight=weight, reason=reason)


def _promote(
    registry: Registry,
    reviewed: PromotionPlan,
    weight: int | None,
    reason: str,
    aside: bool,  # noqa: FBT001 - called above, with a word
) -> Assignment:
    """Promote if the stage is still held as it was when it was reviewed."""
    return registry.promotions.promote(
        reviewed.reference,
        reviewed.stage,
        weight=weight,
        reason=reason,
        bypass=aside,
        seen=reviewed.holders_now,
    )


def _shares(who: Iterable[Holder]) -> dict[int, int]:
    return {holder.version_id: holder.weight for holder in who}


def _holders(plan: PromotionPlan) -> Content:
    now, after = holders_in_words(plan.holders_now), holders_in_words(plan.holders_after)
    away = f"   {', '.join(plan.archived)} goes to the archive" if plan.archived else ""
    return styled(
        ("now       ", "dim"), (now, "strong"), ("   after  ", "dim"), (after, "accent"), away
    )


def _verdicts(
    plan: PromotionPlan, now: datetime, weight: int | None, *, aside: bool
) -> list[Paragraph]:
    rows: list[Paragraph] = []
    if aside:
        told = "bypass: what fails is set aside, and that stays on record"
        rows += [("", styled((told, "warn"))), ("", line(""))]
    share = f" --weight {weight}" if weight not in (None, WHOLE) else ""
    rows += verdicts.rows(plan.verdicts, f"{safe(plan.reference)} {safe(plan.stage)}{share}")
    if not plan.verdicts:
        rows.append(("", styled(("This stage has no gates.", "dim"))))
    if plan.approvals is not None:
        rows += [("", line("")), ("", styled(("people", "strong")))]
        rows += [("", told) for told in verdicts.people(plan.approvals, now)]
        rows += [("", told) for told in giving.asked(plan, now)]
        if plan.request is not None:
            rows += [("", told) for told in verdicts.answers(plan.request.answers, now)]
    if split := giving.shares(plan.holders_now, plan.holders_after):
        rows += [("", line("")), ("", styled(("shares", "strong")))]
        rows += [("", told) for told in split]
    if plan.consumers:
        rows += [("", line("")), *giving.below("used by", giving.users(plan.consumers, now))]
    return rows
