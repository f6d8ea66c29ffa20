"""The details pane of the models screen: everything about the version under the cursor."""

from __future__ import annotations

from textual import on

from modelshelf.domain.models import ModelVersion
from modelshelf.tui import store, titles
from modelshelf.tui.screens.panes import Panes
from modelshelf.tui.store import Detail
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

_MOVING = 0.03


class Detailing(Panes):
    """Fills the pane `detail` from the list `versions`; a subclass lays them out.

    Attributes:
        shown: The version in the details pane.
    """

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.shown: Detail | None = None

    @property
    def versions(self) -> VTable[ModelVersion]:
        """The list of versions."""
        return self.query_one("#versions", VTable)

    @property
    def quiet(self) -> bool:
        """Whether nothing is awaited and no card is being drawn."""
        return super().quiet and not self.query_one(DetailPane).drawing

    @on(VTable.Moved, "#versions")
    def _version_chosen(self) -> None:
        self.soon("detail", _MOVING, self.load_detail)

    def load_detail(self) -> None:
        """Ask for everything about the version under the cursor."""
        version = self.versions.current
        if version is None:
            self.forget("detail")
            self._show_detail_of(None)
        else:
            self.ask("detail", lambda r: store.detail(r, version.reference), self._show_detail_of)

    def _show_detail_of(self, found: Detail | None) -> None:
        self.shown = found
        self.show_detail()

    def show_detail(self) -> None:
        """Draw the tab of the details that is chosen."""
        pane = self.query_one(DetailPane)
        self.query_one("#detail-rule", Rule).title = titles.tabs(self.shown, pane.tab)
        pane.show(self.shown, self.shelf.clock())

    # --- keys -----------------------------------------------------------------------------------

    def action_tab(self, by: int) -> None:
        """Show another tab of the details."""
        self.query_one(DetailPane).step(by)
        self.show_detail()

    def action_copy(self) -> None:
        """Copy the reference of the version under the cursor."""
        version = self.versions.current
        if version is not None:
            self.shelf.action_copy_text(version.reference)
