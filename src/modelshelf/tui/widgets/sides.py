"""The table of a comparison: rows as anywhere, and a cursor that also goes over the versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from modelshelf.tui import differences
from modelshelf.tui.differences import ShownRow
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events

    from modelshelf.domain.comparison import Comparison


class Sides(VTable[ShownRow]):
    """Sideways goes from version to version; the baseline stays on the left.

    Attributes:
        place: Which of the compared versions has the cursor.
    """

    class Crossed(Message):
        """The cursor is on another version."""

    class Headed(Message):
        """The head that had the cursor already was clicked."""

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make an empty one; ``empty`` is what it says meanwhile."""
        super().__init__(differences.NOTHING, empty=empty, id=id)
        self.place = 0
        self._compared: Comparison | None = None
        self._marks: Mapping[str, str] = {}
        self._seen: tuple[int, ...] = ()

    def compare(self, comparison: Comparison, marks: Mapping[str, str], place: int) -> None:
        """Have columns for these versions.

        Args:
            comparison: What is compared.
            marks: What each version holds, by reference.
            place: Which version has the cursor.
        """
        self._compared, self._marks = comparison, marks
        self.place = max(0, min(place, len(comparison.references) - 1))
        self._lay_out()
        if not self.size.width:  # it comes into sight just now
            self.call_after_refresh(self._lay_out)

    def forget(self) -> None:
        """Have no columns."""
        self._compared, self._seen = None, ()

    def choose(self, place: int) -> None:
        """Put the cursor on a version."""
        if place != self.place:
            self.place = place
            self._lay_out()
            self.post_message(self.Crossed())

    def _lay_out(self) -> None:
        compared = self._compared
        if compared is None:
            return
        width = self.size.width
        others = differences.order(compared)[1:]
        first = others.index(self._seen[1]) if {*self._seen[1:2]} & {*others} else 0
        self._seen = differences.window(compared, width, first, self.place)
        self.lay(differences.layout(compared, self._marks, self._seen, width, self.place))

    def on_resize(self) -> None:
        """Show as many versions as there is room for now."""
        self._lay_out()
        self._show_first_section()

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows; the name of a section is passed over."""
        super().action_move(rows)
        self._pass_over(rows)

    def action_pages(self, pages: float) -> None:
        """Move the cursor by pages."""
        super().action_pages(pages)
        self._pass_over(pages)

    def action_first(self) -> None:
        """Go to the first row."""
        super().action_first()
        self._pass_over(1)

    def _pass_over(self, by: float) -> None:
        """Leave the name of a section, onwards in the direction of the move."""
        shown = self.current
        if shown is not None and shown.row is None:
            super().action_move(1 if by > 0 or self.cursor == 0 else -1)
        self._show_first_section()

    def _show_first_section(self) -> None:
        """Show the name of the first section above its first row, where no cursor goes."""
        if self.cursor <= 1:
            self.scroll_to(y=0, animate=False)

    def action_sideways(self, cells: int) -> None:
        """Go to the version beside this one."""
        if self._compared is None:
            return
        order = differences.order(self._compared)
        at = order.index(self.place) + (1 if cells > 0 else -1)
        self.choose(order[max(0, min(at, len(order) - 1))])

    def on_click(self, event: events.Click) -> None:
        """Go to the version that was clicked on; a second click on its head says so."""
        column = self.column_at(int(event.x))
        if column is None or not column.name:
            return
        place = int(column.name)
        if event.y < 1 and place == self.place:
            self.post_message(self.Headed())
        self.choose(place)
