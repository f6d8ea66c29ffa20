"""The pane with the tabs about one version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.reactive import reactive
from textual.widgets import Markdown

from modelshelf.tui.details import CARD, NAMES, TABS, card
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from modelshelf.tui.store import Detail


class DetailPane(VerticalScroll, can_focus=True):
    """Text that scrolls; the card is Markdown, everything else is put together by us.

    Attributes:
        tab: The name of the tab that is shown.
        drawing: Whether a card is still being drawn.
    """

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

    def step(self, by: int) -> None:
        """Go to another tab."""
        self.tab = NAMES[(NAMES.index(self.tab) + by) % len(NAMES)]

    def show(self, found: Detail | None, now: datetime) -> None:
        """Show what is known of a version, in the tab that is chosen."""
        if found is None:
            self._draw([])
        elif self.tab == CARD:
            self._draw(*card(found))
        else:
            self._draw(TABS[self.tab](found, now))

    def _draw(self, rows: list[Paragraph], markdown: str = "") -> None:
        self.query_one(Paragraphs).show(rows)
        self.set_class(bool(markdown) and self.tab == CARD, "-card")
        if self.tab == CARD and markdown != self._card:
            self._card, self.drawing = markdown, True
            self.run_worker(self._draw_card(markdown), group="card", exclusive=True)

    async def _draw_card(self, markdown: str) -> None:
        """Draw a card; Textual builds a widget for each of its blocks, over several turns."""
        await self.query_one("#detail-card", Markdown).update(markdown)
        self.drawing = False
