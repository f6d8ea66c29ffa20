"""The reviews of what is in quarantine: making a version of it after all, closing it for good."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Label, Static

from modelshelf.domain.intake import Sighting
from modelshelf.domain.models import Registration
from modelshelf.domain.names import MODEL_NAME_MOST
from modelshelf.domain.quarantine import Quarantined
from modelshelf.tui import sightings, store
from modelshelf.tui.actions import bindings
from modelshelf.tui.facts import Facts
from modelshelf.tui.giving import because
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import line, styled
from modelshelf.tui.store import Dropped
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.suggesting import ModelSuggester, typeable

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

_RISK = (
    "Loading this file can run code, with all the rights of whoever loads it. Releasing makes it a"
    " version like any other; what the scan said stays with it, and the gates see that."
)
_CLOSING = (
    "It can never become a version from here any more. Its bytes are put away, not deleted; the"
    " same file dropped again is looked at anew."
)


class Deciding(Review):
    """What was found above, the reason below; a subclass says what is done."""

    noted = True
    AUTO_FOCUS = "#found"
    DEFAULT_CSS = """
    Deciding {
        #risk { height: auto; padding: 0 1; color: $warning; }
        #found { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
    }
    """

    def __init__(self, seen: Sighting, kept: Quarantined) -> None:
        """Review what is to become of ``kept``, which the line ``seen`` is about."""
        super().__init__()
        self._seen = seen
        self._kept = kept

    def body(self) -> Iterable[Widget]:
        """Yield what would be done, what was found, and the reason."""
        yield Rule(self.heading())
        yield from self.risk()
        yield Rule(styled(("what was found", "strong")))
        yield VerticalScroll(Paragraphs(), id="found")
        yield from self.reason_fields()

    def heading(self) -> Content:
        """Return what is reviewed, in a few words."""
        return styled((self._kept.reference, "accent"), "  ", (self._kept.path, "dim"))

    def risk(self) -> Iterable[Widget]:
        """Yield what it means."""
        return ()

    def opened(self, facts: Facts) -> None:
        """Look once more."""
        del facts
        self.changed()
        self.query_one("#script", Static).update(self.script())

    def changed(self) -> None:
        """Look again: somebody else may have decided."""
        if not self._doing:
            self.ask("look", lambda r: store.dropped(r, self._seen), self._show)

    def _show(self, found: Dropped) -> None:
        kept = self._kept = found.kept or self._kept
        rows = [("path", line(kept.path)), ("reason", styled((kept.reason, "warn")))]
        self.query_one("#found Paragraphs", Paragraphs).show([*rows, *sightings.quarantined(kept)])
        if problem := self.obstacle():
            self.complain(problem)

    def obstacle(self) -> str:
        """Return that somebody else decided already."""
        kept = self._kept
        return "" if kept.state == "held" else f"{kept.reference} was {kept.state} meanwhile."


class ReleaseScreen(Deciding):
    """Makes a version of what is in quarantine."""

    where = "release"
    verb = "releasing"
    BINDINGS = bindings("release")

    def heading(self) -> Content:
        """Return what is released."""
        return styled(("Release ", "strong")) + super().heading()

    def risk(self) -> Iterable[Widget]:
        """Yield what it means, and the model."""
        yield Static(_RISK, id="risk", markup=False)
        wanted = self._seen.model or self._kept.model
        model = Input(
            typeable(wanted),
            id="model",
            compact=True,
            max_length=MODEL_NAME_MOST,
            select_on_focus=False,
            suggester=ModelSuggester(self.shelf.store),
        )
        yield Horizontal(Label("model"), model, classes="field")

    @property
    def _model(self) -> str:
        return self.query_one("#model", Input).value.strip()

    def obstacle(self) -> str:
        """Return that no model is named."""
        return super().obstacle() or ("" if self._model else "Say which model: press m.")

    def carry_out(self) -> None:
        """Release it."""
        which, model, reason = self._kept.reference, self._model, self.reason
        self.ask("do", lambda r: r.inbox.release(which, reason=reason, model=model), self._released)

    def _released(self, made: Registration) -> None:
        version = made.version
        self.done(f"{version.reference} was released; its verdict stays {version.verdict}")

    def subject(self, action: str) -> str:
        """Return the model it becomes a version of."""
        return self._model if action == "release.confirm" else ""

    def command(self) -> str:
        """Return the release as a command."""
        model = f" --model {shlex.quote(self._model)}" if self._model != self._kept.model else ""
        return f"modelshelf inbox release {self._kept.reference}{model} {because(self.reason)}"

    def action_model(self) -> None:
        """Go to the model."""
        self.set_focus(self.query_one("#model", Input))

    @on(Input.Submitted, "#model")
    def _model_entered(self) -> None:
        self.action_reason()


class DiscardScreen(Deciding):
    """Closes what is in quarantine for good."""

    where = "discard"
    verb = "discarding"
    BINDINGS = bindings("discard")

    def heading(self) -> Content:
        """Return what is discarded."""
        return styled(("Discard ", "strong")) + super().heading()

    def risk(self) -> Iterable[Widget]:
        """Yield what it means."""
        yield Static(_CLOSING, id="risk", markup=False)

    def carry_out(self) -> None:
        """Discard it."""
        which, reason = self._kept.reference, self.reason
        self.ask("do", lambda r: r.inbox.discard(which, reason=reason), self._discarded)

    def _discarded(self, kept: Quarantined) -> None:
        self.done(f"{kept.reference} is discarded; its bytes lie at {kept.place}")

    def command(self) -> str:
        """Return the discard as a command."""
        return f"modelshelf inbox discard {self._kept.reference} {because(self.reason)}"
