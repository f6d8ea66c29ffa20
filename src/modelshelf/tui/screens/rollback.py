"""The review of a rollback: every earlier assignment of a stage, and what going back changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Label, Static

from modelshelf.domain.comparison import Comparison
from modelshelf.domain.errors import NotFound
from modelshelf.domain.promotion import RollbackPlan
from modelshelf.domain.stages import Assignment, holders_in_words
from modelshelf.tui import giving
from modelshelf.tui.actions import bindings
from modelshelf.tui.facts import Facts
from modelshelf.tui.giving import Earlier
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import lines, styled
from modelshelf.tui.store import contrast
from modelshelf.tui.widgets.choice import Choice
from modelshelf.tui.widgets.rows import Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

    from modelshelf.registry import Registry

_EARLIER_MOST = 200
_MOVING = 0.03


@dataclass(frozen=True, slots=True)
class _Past:
    """The stages of a model that were ever held, and the assignments of one of them."""

    stages: tuple[str, ...]
    stage: str
    earlier: tuple[Earlier, ...]
    to: int


@dataclass(frozen=True, slots=True)
class _Reviewed:
    """A rollback and what it changes."""

    plan: RollbackPlan
    comparison: Comparison | None


class RollbackScreen(Review):
    """Gives a stage back to those who held it before."""

    where = "rollback"
    verb = "rolling back"
    naming = True
    undoable = True
    BINDINGS = bindings("rollback")
    AUTO_FOCUS = "#earlier"
    DEFAULT_CSS = """
    RollbackScreen {
        #earlier { height: 2fr; }
        #changes { height: 3fr; padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
        #changes:focus { background-tint: $foreground 3%; }
        Static { height: auto; }
    }
    """

    def __init__(self, model: str) -> None:
        """Review going back with ``model``."""
        super().__init__()
        self._model = model
        self._past: _Past | None = None
        self._plan: RollbackPlan | None = None

    def body(self) -> Iterable[Widget]:
        """Yield the stage, earlier assignments, what changes, and the reason."""
        yield Rule(styled(("Roll back ", "strong"), (self._model, "accent")))
        yield Horizontal(Label("stage"), Choice(id="stage"), classes="field")
        yield Static(id="holders", markup=False)
        yield Rule(styled(("go back to", "strong"), (" one of these", "dim")))
        yield VTable(giving.layout(self.shelf.clock), empty="looking …", id="earlier")
        yield Rule(styled(("what changes", "strong")))
        yield VerticalScroll(Static(id="differing", markup=False), id="changes")
        yield from self.reason_fields()

    @property
    def earlier(self) -> VTable[Earlier]:
        """The list of earlier assignments."""
        return self.query_one("#earlier", VTable)

    # --- looking ------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Look at the past of the model."""
        del facts
        self._look()

    def changed(self) -> None:
        """Look again; a rollback that was reviewed must be the one that is made."""
        if not self._doing:
            self._look()

    def _look(self) -> None:
        model, stage = self._model, self.query_one(Choice).word
        self._plan, self._stuck = None, ""
        self.ask("past", lambda r: _look_back(r, model, stage), self._show_past)

    def _show_past(self, past: _Past) -> None:
        self._past = past
        self.query_one(Choice).offer(past.stages, past.stage)
        rows = Rows.all_of(past.earlier)
        kept = self.earlier.current
        place = rows.find(kept.id, lambda one: one.id) if kept is not None else None
        if place is None:
            place = rows.find(past.to, lambda one: one.id)
        self.earlier.show(rows, cursor=place)
        self._look_at_chosen()

    @on(VTable.Moved)
    def _moved(self) -> None:
        one = self.earlier.current
        if one is not None and (self._plan is None or self._plan.returns_to.id != one.id):
            self._plan, self._stuck = None, ""
            self.soon("plan", _MOVING, self._look_at_chosen)

    def _look_at_chosen(self) -> None:
        one, model = self.earlier.current, self._model
        if one is not None:
            stage, to = one.made.stage, one.id
            self.ask("plan", lambda r: _review(r, model, stage, to), self._show)

    def _show(self, reviewed: _Reviewed) -> None:
        plan = self._plan = reviewed.plan
        self.complain()
        self.query_one("#holders", Static).update(_holders(plan))
        self.ask_name()
        self.query_one("#differing", Static).update(lines(self._told(reviewed)))
        self.query_one("#script", Static).update(self.script())

    def _told(self, reviewed: _Reviewed) -> Iterator[Content]:
        """Yield what going back changes: what was, the shares, who uses it, what differs."""
        plan, now = reviewed.plan, self.shelf.clock()
        if (one := self.earlier.current) is not None:
            yield giving.about(one, now)
        yield from giving.shares(plan.holders_now, plan.returns_to.holders)
        for who in giving.users(plan.consumers, now):
            yield styled(("used by ", "dim")) + who
        if reviewed.comparison is not None:
            yield giving.changes(reviewed.comparison)
        else:
            yield styled(("The same version, with another share.", "dim"))

    # --- doing --------------------------------------------------------------------------------

    def obstacle(self) -> str:
        """Return what forbids the rollback."""
        return "" if self._plan is not None else super().obstacle()

    def named(self) -> str:
        """Return the model, where the highest stage is given back."""
        facts, plan = self.shelf.facts, self._plan
        if facts is None or plan is None:
            return ""
        return plan.model if plan.stage == facts.policy.assignable[-1] else ""

    def subject(self, action: str) -> str:
        """Return the model."""
        return self._model if action.startswith("rollback.") else ""

    def carry_out(self) -> None:
        """Go back exactly as reviewed."""
        plan, reason = self._plan, self.reason
        if plan is not None:
            self.ask("do", lambda r: _roll_back(r, plan, reason), self._rolled_back)

    def _rolled_back(self, made: Assignment) -> None:
        held = holders_in_words(made.holders)
        self.done(f"{made.model}: {made.stage} is held by {held} again", made.id)

    def command(self) -> str:
        """Return the rollback as a command."""
        to = self._plan.returns_to.id if self._plan is not None else None
        return giving.rolling_back(self._model, self.query_one(Choice).word, to, self.reason)

    @on(Choice.Changed)
    def _stage_chosen(self) -> None:
        self.earlier.show(Rows())
        self._look()

    def action_stage(self, by: int) -> None:
        """Choose another stage."""
        self.query_one(Choice).step(by)


def _look_back(registry: Registry, model: str, wanted: str) -> _Past:
    """Return the past of a stage; without ``wanted``, of the highest that can be rolled back.

    Raises:
        NotFound: Nothing can be.
    """
    every = registry.promotions.history(model, limit=_EARLIER_MOST)
    held = {one.stage for one in every}
    stages = tuple(stage for stage in registry.policy.assignable if stage in held)
    if not stages:
        raise NotFound(f"no stage of {model} was ever held", hint="Promote a version first.")
    for stage in [wanted] if wanted in stages else reversed(stages):
        history = [one for one in every if one.stage == stage]
        known = {holder.version_id for one in history for holder in one.holders}
        earlier = giving.earlier(history, registry.versions.by_ids(sorted(known)))
        if earlier:
            return _Past(stages, stage, earlier, _usual(registry, model, stage, earlier))
    raise NotFound(
        f"{wanted or stages[-1]} of {model} was never held by anybody else",
        hint="There is nothing to go back to.",
    )


def _usual(registry: Registry, model: str, stage: str, earlier: tuple[Earlier, ...]) -> int:
    """Return the assignment a rollback returns to by itself; the newest where there is none."""
    try:
        return registry.promotions.plan_rollback(model, stage).returns_to.id
    except NotFound:
        return earlier[0].id


def _review(registry: Registry, model: str, stage: str, to: int) -> _Reviewed:
    """Return what going back to an earlier assignment changes."""
    plan = registry.promotions.plan_rollback(model, stage, to=to)
    return _Reviewed(plan, contrast(registry, plan.holders_now, plan.returns_to.holders))


def _roll_back(registry: Registry, reviewed: RollbackPlan, reason: str) -> Assignment:
    """Roll back if the stage is still held as it was when it was reviewed."""
    return registry.promotions.rollback(
        reviewed.model,
        reviewed.stage,
        reason=reason,
        to=reviewed.returns_to.id,
        seen=reviewed.holders_now,
    )


def _holders(plan: RollbackPlan) -> Content:
    now, after = holders_in_words(plan.holders_now), holders_in_words(plan.returns_to.holders)
    away = f"   {', '.join(plan.archived)} goes to the archive" if plan.archived else ""
    back = f"   {', '.join(plan.unarchived)} comes out of it" if plan.unarchived else ""
    return styled(
        ("now       ", "dim"),
        (now, "strong"),
        ("   after  ", "dim"),
        (after, "accent"),
        away + back,
    )
