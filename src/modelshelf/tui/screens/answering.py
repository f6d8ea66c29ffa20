"""The answers to a request: yes, no, taken back, done; each with a look first and its own key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll

from modelshelf.domain.stages import holders_in_words
from modelshelf.tui import giving, requests, reviewing, verdicts
from modelshelf.tui.actions import bindings
from modelshelf.tui.reviewing import Standing
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import line, styled
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.domain.requests import Request
    from modelshelf.domain.stages import Assignment
    from modelshelf.tui.facts import Facts


class Answering(Review):
    """The request above, one's own words below; a subclass says what is done."""

    AUTO_FOCUS = "#found"
    word: ClassVar[str] = ""
    told: ClassVar[str] = ""
    option: ClassVar[str] = "--reason"
    DEFAULT_CSS = """
    Answering {
        #found { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
    }
    """

    def __init__(self, found: Standing) -> None:
        """Answer the request that stands so."""
        super().__init__()
        self._found = found
        self._looked = False

    def body(self) -> Iterable[Widget]:
        """Yield what is asked, and the words."""
        asked = self._found.request
        yield Rule(
            styled(
                (f"{self.word} ", "strong"),
                (f"request {asked.id}", "accent"),
                f"  {asked.reference} → {asked.stage}",
            )
        )
        yield VerticalScroll(Paragraphs(), id="found")
        yield from self.reason_fields()

    def opened(self, facts: Facts) -> None:
        """Look once more."""
        del facts
        self.changed()
        self.query_one("#script").update(self.script())  # type: ignore[attr-defined]

    def changed(self) -> None:
        """Look again: somebody else may have answered, or a gate says otherwise."""
        if not self._doing:
            number = self._found.request.id
            self.ask("look", lambda r: reviewing.standing(r, number), self._show)

    def _show(self, found: Standing) -> None:
        self._found, self._looked = found, True
        now = self.shelf.clock()
        self.query_one("#found Paragraphs", Paragraphs).show(
            [*requests.about(found, now), ("", line("")), *requests.changing(found, now)]
        )
        self.ask_name()
        self.complain(self.obstacle())

    def obstacle(self) -> str:
        """Return that nothing is shown yet, or that somebody else decided meanwhile."""
        if not self._looked:
            return super().obstacle()
        state = self._found.request.state
        return "" if state == "open" else f"The request was {state} meanwhile."

    def command(self) -> str:
        """Return the answer as a command."""
        name = self.word.lower()
        if self.wordless and not self.reason.strip():
            return f"modelshelf request {name} {self._found.request.id}"
        why = giving.because(self.reason, self.option)
        return f"modelshelf request {name} {self._found.request.id} {why}"

    def subject(self, action: str) -> str:
        """Return the model the request is about."""
        return self._found.request.model if action.startswith(f"{self.where}.") else ""

    def _given(self, asked: Request) -> None:
        self.done(f"{self.told} request {asked.id}, {asked.reference} → {asked.stage}")


class ApproveScreen(Answering):
    """Says yes."""

    where = "approve"
    verb = "approving"
    word = "Approve"
    told = "approved"
    option = "--comment"
    wordless = True
    BINDINGS = bindings("approve")

    def carry_out(self) -> None:
        """Say it."""
        number, comment = self._found.request.id, self.reason
        self.ask("do", lambda r: r.requests.approve(number, comment=comment), self._given)


class RejectScreen(Answering):
    """Says no, and why."""

    where = "reject"
    verb = "rejecting"
    word = "Reject"
    told = "rejected"
    option = "--comment"
    BINDINGS = bindings("reject")

    def carry_out(self) -> None:
        """Say it."""
        number, comment = self._found.request.id, self.reason
        self.ask("do", lambda r: r.requests.reject(number, comment=comment), self._given)


class WithdrawScreen(Answering):
    """Takes a request back."""

    where = "withdraw"
    verb = "withdrawing"
    word = "Withdraw"
    told = "withdrew"
    BINDINGS = bindings("withdraw")

    def carry_out(self) -> None:
        """Take it back."""
        number, reason = self._found.request.id, self.reason
        self.ask("do", lambda r: r.requests.withdraw(number, reason=reason), self._given)


class ApplyScreen(Answering):
    """Gives the stage as it was asked for."""

    where = "apply"
    verb = "applying"
    word = "Apply"
    wordless = True
    naming = True
    undoable = True
    BINDINGS = bindings("apply")

    def obstacle(self) -> str:
        """Return what forbids it now."""
        plan = self._found.plan
        if self._found.trouble:
            return self._found.trouble
        if plan is not None and verdicts.lacks_approval(plan):
            return "It has not got the approvals yet that it takes."
        if plan is not None and (failing := verdicts.failing(plan)):
            return f"Apply is off: {'; '.join(failing)}."
        return super().obstacle()

    def named(self) -> str:
        """Return the model, where the highest stage is given."""
        facts, asked = self.shelf.facts, self._found.request
        if facts is None:
            return ""
        return asked.model if asked.stage == facts.policy.assignable[-1] else ""

    def command(self) -> str:
        """Return the same as a command, which does not ask."""
        return f"{super().command()} --yes"

    def carry_out(self) -> None:
        """Apply it; what must be measured is measured on the way."""
        number, reason = self._found.request.id, self.reason.strip() or None
        self.ask("do", lambda r: r.requests.apply(number, reason=reason), self._applied)

    def _applied(self, made: Assignment) -> None:
        held = holders_in_words(made.holders)
        self.done(f"{made.model}: {made.stage} is held by {held} now", made.id)


ANSWERS: Mapping[str, type[Answering]] = {
    "approve": ApproveScreen,
    "reject": RejectScreen,
    "withdraw": WithdrawScreen,
    "apply": ApplyScreen,
}
