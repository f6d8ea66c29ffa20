"""The details pane of the models screen: everything about the version under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events, on

from modelshelf.domain.text import safe
from modelshelf.tui import tabs
from modelshelf.tui.screens.tending import Tending
from modelshelf.tui.show import sentence, styled
from modelshelf.tui.tabs import Told
from modelshelf.tui.tabs.titles import TAB, title
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.tui.tabs import Telling

_MOVING = 0.06
_QUESTION = "detail"
_MARGIN = 5  # cells of a rule that are not title
# A version's reference and a tab.
_Wish = tuple[str, str]


class Detailing(Tending):
    """Fills the pane `detail` from the list `versions`; a subclass lays them out.

    One question is under way at any time: however fast the cursor moves, an answer only leads to
    the question for what is under it by then.
    """

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self._known: dict[_Wish, Telling] = {}
        self._asked: _Wish | None = None
        self._again = False
        self._drawn: _Wish | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing is awaited and no card is being drawn."""
        return super().quiet and self.is_mounted and not self.query_one(DetailPane).drawing

    @property
    def _wish(self) -> _Wish | None:
        version = self.versions.current
        return None if version is None else (version.reference, self.query_one(DetailPane).tab)

    # --- asking -----------------------------------------------------------------------------------

    @on(VTable.Moved, "#versions")
    def _version_chosen(self) -> None:
        self.soon(_QUESTION, _MOVING, self.load_detail)

    def load_detail(self) -> None:
        """Ask anew for what the chosen tab says about the version under the cursor."""
        self._known.clear()
        self._again = self._asked is not None
        self.title_tabs()
        self._ask()

    def _ask(self) -> None:
        wish = self._wish
        if wish is None:
            self._draw(None, Told())
        elif self._asked is None:
            self._asked = wish
            reference, tab = wish
            self.ask(_QUESTION, lambda r: tabs.look(r, tab, reference), self._take)

    def _take(self, telling: Telling) -> None:
        """Keep an answer, and ask again if something else is wished for by now."""
        asked, again = self._asked, self._again
        self._asked, self._again = None, False
        if asked is not None and asked == self._wish:
            self._known[asked] = telling
            self.show_detail()
        if again or asked != self._wish:
            self._ask()

    def question_failed(self, group: str, error: ModelshelfError) -> None:
        """Say in the tab why there is nothing in it."""
        if group == _QUESTION:
            self._take(_sorry(error))
        else:
            super().question_failed(group, error)

    # --- drawing ----------------------------------------------------------------------------------

    def show_detail(self) -> None:
        """Draw the tab that is chosen, if what it says is known."""
        wish = self._wish
        if wish is not None and wish in self._known:
            self._draw(wish, self._known[wish](self.shelf.clock()))

    def _draw(self, wish: _Wish | None, told: Told) -> None:
        pane = self.query_one(DetailPane)
        pane.show(told)
        if wish != self._drawn:
            self._drawn = wish
            pane.scroll_home(animate=False, immediate=True)

    def title_tabs(self) -> None:
        """Write the names of the tabs into the rule, in the room there is."""
        rule, version = self.query_one("#detail-rule", Rule), self.versions.current
        tab = self.query_one(DetailPane).tab
        # A rule that was never seen has no width; on a narrow screen it will have all of it.
        width = rule.size.width or self.size.width
        if version is None:
            rule.title = styled("")
        else:
            alone = safe(version.model) if self.has_class("-narrow") else ""
            rule.title = title(version.number, tab, width - _MARGIN, model=alone)

    def on_resize(self) -> None:
        """Write them anew once the rule has its width."""
        self.call_after_refresh(self.title_tabs)

    # --- choosing ---------------------------------------------------------------------------------

    def action_tab(self, by: int) -> None:
        """Show another tab of the details."""
        self.query_one(DetailPane).step(by)
        self._tab_chosen()

    @on(events.Click, "#detail-rule")
    def _name_clicked(self, event: events.Click) -> None:
        name = event.style.meta.get(TAB)
        if isinstance(name, str):
            self.query_one(DetailPane).tab = name
            self._tab_chosen()

    def _tab_chosen(self) -> None:
        self.title_tabs()
        if self._wish in self._known:
            self.show_detail()
        else:
            self._draw(self._wish, Told())
            self._ask()


def _sorry(error: ModelshelfError) -> Callable[[datetime], Told]:
    return lambda _now: Told([("", styled((sentence(error), "warn")))])
