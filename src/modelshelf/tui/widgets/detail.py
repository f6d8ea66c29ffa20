"""The pane with the tabs about one version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.reactive import reactive
from textual.widgets import Markdown

from modelshelf.tui.actions import bindings
from modelshelf.tui.tabs import NAMES, Told
from modelshelf.tui.widgets.paragraphs import Paragraphs

if TYPE_CHECKING:
    from textual.app import ComposeResult


class DetailPane(VerticalScroll, can_focus=True):
    """Text that scrolls; the card is Markdown, everything else is put together by us.

    Attributes:
        tab: The name of the tab that is shown; another word than one of the names changes nothing.
        drawing: Whether a card is still being drawn.
        walked: It is walked with the keys of a list.
    """

    walked = True
    BINDINGS = bindings("table")
    DEFAULT_CSS = """
    DetailPane {
        background: $background;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        #detail-card { display: none; padding: 0; background: $background; }
        &.-card #detail-card { display: block; }
        &:focus { background-tint: $foreground 3%; }
    }
    """

    tab: reactive[str] = reactive(NAMES[0])

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make it empty."""
        super().__init__(id=id)
        self.drawing = False
        self._card = ""

    def compose(self) -> ComposeResult:
        """Lay out the text and, below it, room for a card."""
        yield Paragraphs()
        # A link in a card is text from outside: it is shown and never followed.
        yield Markdown(id="detail-card", open_links=False)

    def validate_tab(self, tab: str) -> str:
        """Keep to the tabs that there are."""
        return tab if tab in NAMES else self.tab

    def step(self, by: int) -> None:
        """Go to another tab."""
        self.tab = NAMES[(NAMES.index(self.tab) + by) % len(NAMES)]

    def show(self, told: Told) -> None:
        """Show what a tab says."""
        self.query_one(Paragraphs).show(told.rows)
        self.set_class(bool(told.card), "-card")
        if told.card and told.card != self._card:
            self._card, self.drawing = told.card, True
            self.run_worker(self._draw_card(told.card), group="card", exclusive=True)

    async def _draw_card(self, markdown: str) -> None:
        """Draw a card; Textual builds a widget for each of its blocks, over several turns."""
        await self.query_one("#detail-card", Markdown).update(markdown)
        self.drawing = False

    # --- keys: those of any list, of which none has a cursor here ---------------------------------

    def action_move(self, rows: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=rows, animate=False, immediate=True)

    def action_pages(self, pages: float) -> None:
        """Scroll by pages."""
        self.scroll_relative(
            y=int(pages * max(1, self.size.height - 1)), animate=False, immediate=True
        )

    def action_first(self) -> None:
        """Go to the beginning."""
        self.scroll_home(animate=False, immediate=True)

    def action_last(self) -> None:
        """Go to the end."""
        self.scroll_end(animate=False, immediate=True)

    def action_sideways(self, cells: int) -> None:
        """Go to the tab beside this one; where something is wider than the pane, scroll to it."""
        if self.max_scroll_x:
            self.scroll_relative(x=cells, animate=False, immediate=True)
        else:
            self.step(1 if cells > 0 else -1)
