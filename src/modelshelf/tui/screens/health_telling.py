"""The reviews before something is sent: a delivery told again, a hook tried out."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Static

from modelshelf.domain.deliveries import Delivery, HookStanding, Outcome
from modelshelf.tui import hooking
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import line, styled
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

    from modelshelf.tui.facts import Facts

_AGAIN = (
    "It is put back among those that wait and told by the next run: the app, the watcher, or d."
    " The receiver may get the same id a second time."
)
_TRIAL = (
    "A test event is sent now, once. It is in no log, and says that it is a test; whatever the"
    " hook does with it, it does for real."
)


class TellingScreen(Review):
    """What would be sent where; ctrl+s sends it."""

    where = "telling"
    reasoned = False
    BINDINGS = bindings("telling")
    AUTO_FOCUS = "#what"
    DEFAULT_CSS = """
    TellingScreen {
        #meaning { height: auto; padding: 0 1; color: $warning; }
        #what { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
    }
    """

    def __init__(self, hook: HookStanding) -> None:
        """Review telling something to ``hook``."""
        super().__init__()
        self._hook = hook

    def body(self) -> Iterable[Widget]:
        """Yield what is sent, where, and what that means."""
        yield Rule(self.heading())
        yield Static(self.meaning(), id="meaning", markup=False)
        yield Rule(styled(("what is sent where", "strong")))
        yield VerticalScroll(Paragraphs(), id="what")
        yield from self.reason_fields()

    def heading(self) -> Content:
        """Return what is reviewed, in a few words."""
        raise NotImplementedError

    def meaning(self) -> str:
        """Return what it means."""
        raise NotImplementedError

    def sent(self) -> Sequence[Paragraph]:
        """Return what is sent, and where."""
        about = hooking.about_hook(self._hook, self.shelf.clock())
        return [row for row in about if row[0] != "do"]

    def opened(self, facts: Facts) -> None:
        """Show it."""
        del facts
        self.query_one("#what Paragraphs", Paragraphs).show(self.sent())
        self.query_one("#script", Static).update(self.script())

    def obstacle(self) -> str:
        """Return that the key is off, and why."""
        found = self.shelf.facts
        if found is None:
            return super().obstacle()
        from modelshelf.tui import reasons

        return reasons.against(found, "admin", whole=True)


class ReplayScreen(TellingScreen):
    """Has a delivery told again."""

    verb = "putting it back"
    BINDINGS = bindings("telling")

    def __init__(self, hook: HookStanding, delivery: Delivery) -> None:
        """Review telling ``delivery`` again."""
        super().__init__(hook)
        self._delivery = delivery

    def heading(self) -> Content:
        """Return what is told again."""
        one = self._delivery
        return styled(("Replay ", "strong"), (f"delivery {one.id}", "accent"), f"  to {one.hook}")

    def meaning(self) -> str:
        """Return what it means."""
        return _AGAIN

    def sent(self) -> Sequence[Paragraph]:
        """Return the delivery, and the hook."""
        now = self.shelf.clock()
        about = [row for row in hooking.about(self._delivery, self._hook, now) if row[0] != "do"]
        return [*about, ("", line("")), *super().sent()]

    def carry_out(self) -> None:
        """Put it back."""
        number = self._delivery.id
        self.ask("do", lambda r: r.hooks.replay(number), self._put_back)

    def _put_back(self, _count: int) -> None:
        self.done(f"delivery {self._delivery.id} waits again; d tells it now")

    def command(self) -> str:
        """Return the replay as a command."""
        return f"modelshelf hooks replay {self._delivery.id}"


class TrialScreen(TellingScreen):
    """Sends a hook a test event."""

    verb = "sending"
    BINDINGS = bindings("telling")

    def heading(self) -> Content:
        """Return what is tried out."""
        return styled(("Test ", "strong"), (self._hook.key, "accent"))

    def meaning(self) -> str:
        """Return what it means."""
        return _TRIAL

    def carry_out(self) -> None:
        """Send it."""
        key = self._hook.key
        self.ask("do", lambda r: r.hooks.test(key), self._tried)

    def _tried(self, came: Outcome) -> None:
        self._doing = False
        if came.delivered:
            self.done(f"{self._hook.key} took the test: {came.said}")
        else:
            self.complain(f"The hook did not take it: {came.said}")

    def command(self) -> str:
        """Return the test as a command."""
        return f"modelshelf hooks test {shlex.quote(self._hook.key)}"
