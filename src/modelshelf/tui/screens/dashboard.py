"""The dashboard: what serves, what waits, what happened, what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from textual import on
from textual.containers import Container, Vertical

from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.glancing import Glancing
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.sections import Row, layout
from modelshelf.tui.show import styled
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.section import Section
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.domain.models import ModelVersion
    from modelshelf.tui.screens.frame import Frame

_AGEING = 30.0
_TITLES = {
    "serving": "serving now",
    "waits": "waits for you",
    "folders": "drop folders",
    "month": "this month",
}


class DashboardScreen(Glancing):
    """Four quarters of sections; below each other where the terminal is narrow.

    What the sections show and how it is asked for is in :class:`Glancing`; here are the keys.
    """

    where = "dashboard"
    BINDINGS = bindings("dashboard")
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    DashboardScreen {
        #board { layout: grid; grid-size: 2 2; grid-columns: 3fr 2fr; height: 1fr; }
        #board > Vertical { height: 100%; }
        #teach-rule, #teach { display: none; }
        #teach { padding: 1 2; height: auto; }
        &.-bare #serving { display: none; }
        &.-bare #teach-rule, &.-bare #teach { display: block; }
        &.-narrow #board { layout: vertical; overflow-y: auto; scrollbar-size-vertical: 1; }
        &.-narrow #board > Vertical { height: auto; }
        &.-narrow Section { scrollbar-size-vertical: 0; }
    }
    """

    def body(self) -> Iterable[Widget]:
        """Yield the four quarters."""
        yield Container(
            Vertical(
                self._section("serving"),
                Rule(styled(("to begin", "strong")), id="teach-rule"),
                Paragraphs(id="teach"),
            ),
            Vertical(
                self._section("waits", "┬"),
                self._section("folders", "├"),
                self._section("hooks", "├"),
            ),
            Vertical(self._section("lately")),
            Vertical(self._section("month", "┼"), self._section("untouched", "├")),
            id="board",
        )

    def _section(self, name: str, join: str = "─") -> Section[Row]:
        title = _TITLES.get(name, name)
        return Section(layout(name, self.shelf.clock), title=title, join=join, id=name)

    def on_mount(self) -> None:
        """Let ages grow."""
        self.set_interval(_AGEING, self._redraw_ages)

    def _redraw_ages(self) -> None:
        for section in self.query(Section):
            section.redraw()

    # --- what a key may do now --------------------------------------------------------------------

    def subject(self, action: str) -> str:
        """Return the model of the row under the cursor."""
        row = self.row
        return row.model if row is not None and action.startswith("dashboard.") else ""

    def reason_against(self, action: str) -> str:
        """Return why an action is of no use on the row under the cursor."""
        row = self.row
        if action == "dashboard.open" and row is None:
            return "There is nothing under the cursor yet."
        of_model = row is not None and row.opens == "version"
        if action in ("dashboard.promote", "dashboard.rollback") and not of_model:
            return "There is no model under the cursor: go to one that serves, or rests."
        if action == "dashboard.promote" and row is not None and not row.version:
            return "The model under the cursor has no version yet."
        return ""

    @on(VTable.Moved)
    def _moved(self) -> None:
        self.say()
        self.refresh_keys()

    def on_descendant_focus(self) -> None:
        """Another section has the cursor."""
        self.refresh_keys()

    # --- keys -------------------------------------------------------------------------------------

    @on(VTable.Opened)
    def action_open(self) -> None:
        """Go to what is under the cursor, with Enter or a second click."""
        row = self.row
        if row is None:
            return
        match row.opens:
            case "version":
                self._arrive("models", lambda _f: self._to_model(row))
            case "request":
                self._arrive("reviews", lambda f: _call(f, "go_to_request", row.number))
            case "entry":
                self._arrive("audit", lambda f: _call(f, "go_to_entry", row.number))
            case "inbox":
                self._arrive("inbox", lambda f: _call(f, "ask_for", row.state, ""))
            case other:
                self.shelf.at_mode(other)

    def _to_model(self, row: Row) -> None:
        self.shelf.go_to_model(row.model, row.version or None)

    def _arrive(self, mode: str, then: Callable[[Frame], object]) -> None:
        """Go to a mode, and do something there once it is laid out."""
        frame = self.shelf.at_mode(mode)
        frame.call_after_refresh(lambda: then(frame))

    def action_promote(self) -> None:
        """Open the review of a promotion."""
        row = self.row
        if row is None:
            return
        if row.held is not None:
            self._promote(row.held)
        else:
            reference = f"{row.model}:v{row.version}"
            self.ask("promote", lambda r: r.versions.get(reference), self._promote)

    def _promote(self, version: ModelVersion) -> None:
        self.app.push_screen(PromoteScreen(version))

    def action_rollback(self) -> None:
        """Open the review of a rollback."""
        if self.row is not None:
            self.app.push_screen(RollbackScreen(self.row.model))

    def action_filter(self) -> None:
        """Open the filter of the models screen."""
        self._arrive("models", lambda f: _call(f, "action_filter"))

    def action_refresh(self) -> None:
        """Ask again."""
        self.say()
        self.load()

    def action_back(self) -> None:
        """Go back to the part one came from."""
        self.say()
        self.shelf.leave_mode()


def _call(frame: Frame, name: str, *given: Any) -> None:  # noqa: ANN401 - what the method takes
    """Call a method of a screen, if it has it."""
    method = getattr(frame, name, None)
    if method is not None:
        method(*given)
