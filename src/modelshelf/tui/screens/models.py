"""The first screen: the models, the versions of one of them, and everything about one version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical

from modelshelf.domain.models import ModelVersion
from modelshelf.tui import choosing, namespaces, titles
from modelshelf.tui.actions import bindings
from modelshelf.tui.facts import Facts
from modelshelf.tui.listing import Scope, Wish
from modelshelf.tui.memory import State, words
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.screens.sizing import Sizing
from modelshelf.tui.show import ladder, line
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.folding import Folding
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable
from modelshelf.tui.widgets.ways import Way, Ways

if TYPE_CHECKING:
    from textual.widget import Widget

_AGEING = 30.0
_OF_VERSION = ("models.mark", "models.mark_range", "models.promote", "models.lineage")


class ModelsScreen(Sizing):
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
        Ways { display: none; border-left: solid $rule; }
        &.-without-models Ways { display: block; }
        &.-without-models #versions, &.-without-models #lower { display: none; }
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

    def body(self) -> Iterable[Widget]:
        """Yield the filter and the three panes."""
        clock = self.shelf.clock
        opening = f"opening {self.shelf.path} …"
        yield Filter(titles.examples(""), completes="search")
        models = Folding(namespaces.layout({}, clock), empty=opening, id="models")
        versions = VTable(choosing.layout(choosing.Look({}, clock, ())), id="versions")
        left = Vertical(Rule(line("models"), id="models-rule"), models, id="left")
        upper = Vertical(Rule(join="┬", id="versions-rule"), versions, Ways(), id="upper")
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
        """Ask for the models and the versions."""
        self.say()
        self.marks = ladder(facts.stages)
        self.models.lay(namespaces.layout(self.marks, self.shelf.clock))
        self.list_anew()

    def changed(self) -> None:
        """Ask again for what is shown; cursors stay on what they are on."""
        self.load_models()
        self.reload()

    def recall(self, state: State) -> None:
        """Open the filter if there was one, and give the keys to the pane that had them."""
        super().recall(state)
        if self.wish.text:
            self.query_one(Filter).open(self.wish.text)
        pane = words(state, "pane")
        if pane in self.panes:
            self.go_to_pane(pane)

    # --- filter ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the filter; where one pane is seen at a time, over what it finds."""
        if self.has_class("-narrow"):
            self.pane = "versions"
        self.query_one(Filter).open()

    @on(Filter.Typed)
    def _typed(self, event: Filter.Typed) -> None:
        self.soon("filter", titles.TYPING if event.text else 0.0, lambda: self._filter(event.text))

    def _filter(self, text: str) -> None:
        if text != self.wish.text:
            self.wish_for(replace(self.wish, text=text), follow=not text)

    @on(Filter.Entered)
    def _submitted(self) -> None:
        if not self.find_everywhere():
            self.go_to_pane("versions")

    def _clear_filter(self) -> None:
        self.query_one(Filter).close()
        self._filter("")
        self.go_to_pane("versions" if self.pane == "versions" else "models")

    def select(self, name: str, number: int | None = None) -> None:
        """List the versions of a model, with the cursor on the one with this number."""
        self.query_one(Filter).close()
        sought = "" if number is None else f"{name}:v{number}"
        self.wish_for(Wish(Scope(name), sort=self.wish.sort), sought=sought)
        self.show_scope(name)
        self.go_to_pane("versions")

    # --- panes ----------------------------------------------------------------------------------

    def go_in(self) -> None:
        """Go one pane further in; a line that tells how to add a model is copied."""
        if isinstance(self.focused, Way):
            self.shelf.action_copy_text(self.focused.words)
        elif self.has_class("-without-models"):
            self.pane = "versions"
            self.query_one(Ways).begin()
        elif self.pane != "versions" or not self.find_everywhere():
            super().go_in()

    @on(Way.Copied)
    def _way_copied(self, event: Way.Copied) -> None:
        self.shelf.action_copy_text(event.words)

    def action_back(self) -> None:
        """Clear the filter, else go one pane back, else to the part one came from."""
        self.say()
        if self.stop_task():
            return
        if self.query_one(Filter).is_open:
            self._clear_filter()
        elif self.pane != self.panes[0]:
            self.go_out()
        else:
            self.shelf.leave_mode()

    def action_refresh(self) -> None:
        """Ask for everything again."""
        self.say()
        self.changed()

    # --- versions -------------------------------------------------------------------------------

    def subject(self, action: str) -> str:
        """Return the model of the version under the cursor."""
        if not action.startswith("models."):
            return ""
        version, row = self.chosen, self.models.current
        if version is not None:
            return version.model
        return row.name if row is not None and row.model is not None else ""

    def reason_against(self, action: str) -> str:
        """Return why an action that needs a version or model cannot have one."""
        version = self.chosen
        if version is None and action in _OF_VERSION:
            return "There is no version under the cursor yet."
        if action == "models.rollback" and not self.subject(action):
            return "There is no model under the cursor."
        return self.marks_against(action)

    def action_sort(self) -> None:
        """Choose the order of the versions."""
        from modelshelf.tui.screens.picking import SortPicker

        orders = choosing.orders(self.known)
        self.app.push_screen(SortPicker(orders, self.sort), lambda sort: self.sort_by(sort or ""))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.sort_by(choosing.reversed_order(self.sort))

    def action_columns(self) -> None:
        """Choose the columns of the versions."""
        from modelshelf.tui.screens.picking import ColumnPicker

        picker = ColumnPicker(choosing.offered(self.known), self.shown_columns, self.usual_columns)
        self.app.push_screen(picker, self._columns_chosen)

    def _columns_chosen(self, chosen: tuple[str, ...] | None) -> None:
        if chosen is not None:
            self.show_columns(chosen)

    def action_promote(self) -> None:
        """Open the review of a promotion."""
        version: ModelVersion | None = self.chosen
        if self.allowed("promote") and version is not None:
            self.app.push_screen(PromoteScreen(version))

    def action_rollback(self) -> None:
        """Open the review of a rollback."""
        if self.allowed("rollback"):
            self.app.push_screen(RollbackScreen(self.subject("models.rollback")))

    def action_lineage(self) -> None:
        """Show the lineage of the version under the cursor."""
        version: ModelVersion | None = self.chosen
        if self.allowed("lineage") and version is not None:
            self.shelf.go_to_lineage(version.reference)
