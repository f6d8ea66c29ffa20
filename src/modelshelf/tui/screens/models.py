"""The first screen: the models, the versions of one of them, and everything about one version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical

from modelshelf.domain.models import ModelVersion
from modelshelf.tui import columns, titles
from modelshelf.tui.actions import bindings, by_id
from modelshelf.tui.facts import Facts
from modelshelf.tui.screens.browsing import Browsing
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.show import ladder, line
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

COMPARED_LEAST = 2
COMPARED_MOST = 8
_AGEING = 30.0


class ModelsScreen(Browsing):
    """Three panes; on a narrow terminal one at a time, Enter goes in and Esc comes back.

    What the panes show and how it is asked for is in :class:`Browsing`; here are the keys.
    """

    where = "models"
    panes = ("models", "versions", "detail")
    BINDINGS = bindings("models")
    AUTO_FOCUS = "#models"
    DEFAULT_CSS = """
    ModelsScreen {
        #panes { height: 1fr; }
        #left { width: 31; }
        #right { width: 1fr; }
        #upper { height: 2fr; }
        #lower { height: 3fr; }
        #versions, #detail { border-left: solid $rule; }
        &.-narrow #versions, &.-narrow #detail { border-left: none; }
        &.-narrow #left { width: 1fr; }
        &.-narrow #left, &.-narrow #right { display: none; }
        &.-narrow #upper, &.-narrow #lower { display: none; }
        &.-narrow.-at-models #left { display: block; }
        &.-narrow.-at-versions #right, &.-narrow.-at-versions #upper { display: block; }
        &.-narrow.-at-detail #right, &.-narrow.-at-detail #lower { display: block; }
    }
    """

    def __init__(self) -> None:
        """Make the screen."""
        super().__init__()
        self._compared: dict[int, str] = {}

    def body(self) -> Iterable[Widget]:
        """Yield the filter and the three panes."""
        clock = self.shelf.clock
        opening = f"opening {self.shelf.path} …"
        yield Filter(titles.FILTER_EXAMPLES)
        models = VTable(columns.models({}, clock), empty=opening, id="models")
        versions = VTable(columns.versions({}, (), clock), id="versions")
        left = Vertical(Rule(line("models"), id="models-rule"), models, id="left")
        upper = Vertical(Rule(join="┬", id="versions-rule"), versions, id="upper")
        lower = Vertical(Rule(join="├", id="detail-rule"), DetailPane(id="detail"), id="lower")
        yield Horizontal(left, Vertical(upper, lower, id="right"), id="panes")

    def on_mount(self) -> None:
        """Let ages grow."""
        self.set_interval(_AGEING, self._redraw_ages)

    def _redraw_ages(self) -> None:
        for table in self.query(VTable):
            table.redraw()

    # --- the registry ---------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the models."""
        self.say()
        self.marks = ladder(facts.stages)
        self.models.lay(columns.models(self.marks, self.shelf.clock))
        self.load_models()

    def changed(self) -> None:
        """Ask again for what is shown; cursors stay on what they are on."""
        if self.found is not None:
            self.load_found(self.found.text)
        self.load_models()
        self.load_versions()

    # --- filter ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(Filter).open()

    @on(Filter.Typed)
    def _typed(self, event: Filter.Typed) -> None:
        self.soon("filter", titles.TYPING if event.text else 0.0, lambda: self._filter(event.text))

    def _filter(self, text: str) -> None:
        if text:
            self.load_found(text)
        else:
            self.leave_found()

    @on(Filter.Entered)
    def _submitted(self) -> None:
        self.go_to_pane("versions")

    def _clear_filter(self) -> None:
        self.query_one(Filter).close()
        self.leave_found()
        self.go_to_pane("versions" if self.pane == "versions" else "models")

    def find(self, text: str) -> None:
        """Filter by ``text`` as if it had been typed."""
        self.query_one(Filter).open(text)

    def select(self, name: str, number: int | None = None) -> None:
        """Put the cursor on a model, and on its version with this number.

        A model that is not in the list yet is searched for.
        """
        if self.found is not None:
            self._clear_filter()
        self.sought = None if number is None else (name, number)
        place = self.models.rows.find(name, lambda model: model.name)
        if place is None:
            self.find(f'model:"{name}"')
        else:
            self.models.move_to(place)
            self.go_to_pane("versions")
            self.load_versions()

    # --- panes ----------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Clear the filter, else go one pane back."""
        self.say()
        if self.query_one(Filter).is_open:
            self._clear_filter()
        else:
            self.go_out()

    def action_refresh(self) -> None:
        """Ask for everything again."""
        self.say()
        self.changed()

    # --- versions -------------------------------------------------------------------------------

    def subject(self, action: str) -> str:
        """Return the model of the version under the cursor."""
        if not action.startswith("models."):
            return ""
        version, model = self.chosen, self.models.current
        return version.model if version is not None else model.name if model is not None else ""

    def reason_against(self, action: str) -> str:
        """Return why an action that needs a version or model cannot have one."""
        version = self.chosen
        if (
            action in ("models.mark", "models.promote", "models.copy", "models.lineage")
            and version is None
        ):
            return "There is no version under the cursor yet."
        if action == "models.rollback" and version is None and self.models.current is None:
            return "There is no model under the cursor."
        if action == "models.unmark" and not self._compared:
            return "Nothing is marked."
        few = len(self._compared) < COMPARED_LEAST
        if action == "models.compare" and version is None and few:
            return "There is no version to compare."
        return ""

    def _allowed(self, action: str) -> bool:
        reason = self.why_not(by_id(f"models.{action}"))
        self.say(reason)
        return not reason

    def action_mark(self) -> None:
        """Mark the version under the cursor, or take its mark off."""
        version = self.chosen
        if not self._allowed("mark") or version is None:
            return
        if version.id in self._compared:
            del self._compared[version.id]
        elif len(self._compared) == COMPARED_MOST:
            self.say(f"{COMPARED_MOST} are marked, and no more can be compared. U takes marks off.")
            return
        else:
            self._compared[version.id] = version.reference
        self.versions.toggle_mark(version.id)
        self.marked = len(self._compared)
        self.versions.action_move(1)

    def action_unmark(self) -> None:
        """Take off all marks."""
        if self._allowed("unmark"):
            self._compared.clear()
            self.versions.clear_marks()
            self.marked = 0

    def action_compare(self) -> None:
        """Compare what is marked, or the version under the cursor with its rival."""
        version = self.chosen
        if not self._allowed("compare"):
            return
        if len(self._compared) >= COMPARED_LEAST:
            self.shelf.go_to_compare(tuple(self._compared.values()))
        elif version is not None:
            marked = dict(self._compared)
            self.ask("rival", lambda r: titles.rivals(r, version, marked), self._compare)

    def _compare(self, references: tuple[str, ...]) -> None:
        if len(references) < COMPARED_LEAST:
            self.say("There is nothing to compare it with yet. Space marks two of them.")
        else:
            self.shelf.go_to_compare(references)

    def action_promote(self) -> None:
        """Open the review of a promotion."""
        version: ModelVersion | None = self.chosen
        if self._allowed("promote") and version is not None:
            self.app.push_screen(PromoteScreen(version))

    def action_rollback(self) -> None:
        """Open the review of a rollback."""
        version, model = self.chosen, self.models.current
        if self._allowed("rollback"):
            name = version.model if version is not None else model.name if model else ""
            self.app.push_screen(RollbackScreen(name))

    def action_lineage(self) -> None:
        """Show the lineage of the version under the cursor."""
        version: ModelVersion | None = self.chosen
        if self._allowed("lineage") and version is not None:
            self.shelf.go_to_lineage(version.reference)
