"""A table that draws only what is seen, over rows that arrive page by page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from modelshelf.tui.actions import bindings
from modelshelf.tui.widgets.grid import Grid, Layout
from modelshelf.tui.widgets.rows import PAGE, Rows

if TYPE_CHECKING:
    from textual import events

T = TypeVar("T")

_AHEAD = 32


class VTable(Grid[T]):
    """A list with a cursor; see :class:`Rows` for where its rows come from."""

    BINDINGS = bindings("table")

    class Moved(Message):
        """The cursor is on another row, or the row under it became known."""

        def __init__(self, table: VTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> VTable[Any]:
            """The table."""
            return self.table

    class Opened(Moved):
        """A row was clicked that had the cursor already; Enter is the screen's own key."""

    class HeadClicked(Moved):
        """The head of a column was clicked; ``column`` is the name of the column."""

        def __init__(self, table: VTable[Any], column: str) -> None:
            super().__init__(table)
            self.column = column

    class Wanted(Message):
        """Rows are needed: a page of a counted list, or the next rows of a walked one."""

        def __init__(self, table: VTable[Any], page: int) -> None:
            super().__init__()
            self.table = table
            self.page = page

        @property
        def control(self) -> VTable[Any]:
            """The table."""
            return self.table

    def __init__(self, layout: Layout[T], *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make an empty table; ``empty`` is what it says while it has no rows."""
        super().__init__(layout, empty=empty, id=id)
        self._asked: set[int] = set()
        self._told: Hashable = None

    # --- what is shown ------------------------------------------------------------------------

    @property
    def current(self) -> T | None:
        """The row under the cursor, if it is known."""
        return self.rows.get(self.cursor) if self.rows.total else None

    def lay(self, layout: Layout[T]) -> None:
        """Draw the rows another way."""
        self.looks = layout
        self.redraw()

    def show(self, rows: Rows[T], *, cursor: int | None = None) -> None:
        """Show ``rows``; the cursor stays on the row it was on if that is still there.

        Args:
            rows: The new rows.
            cursor: Where the cursor goes; ``None`` looks for the row it was on.
        """
        before, old = self.current, self.cursor
        self.rows = rows
        self._asked.clear()
        if cursor is None and before is not None:
            cursor = rows.find(self.looks.key(before), self.looks.key)
        place = self._within(old if cursor is None else cursor)
        top = self.scroll_offset.y
        self.resize_to_rows()
        self.set_reactive(VTable.cursor, place)
        self._keep_in_sight(max(0, top + place - old) if top else 0)
        self.redraw()
        self._tell()

    def fill(self, page: int, values: Sequence[T]) -> None:
        """Take in a page of a counted list."""
        self._asked.discard(page)
        self.rows.fill(page, values)
        self.redraw()
        self._tell()

    def extend(self, values: Sequence[T], *, more: bool) -> None:
        """Take in the next rows of a walked list."""
        self._asked.clear()
        self.rows.extend(values, more=more)
        self.resize_to_rows()
        self.redraw()
        self._tell()

    def say(self, empty: str) -> None:
        """Say something in place of rows."""
        self.empty = empty
        self.show(Rows())

    def move_to(self, place: int) -> None:
        """Put the cursor on a row."""
        self.cursor = self._within(place)

    def toggle_mark(self, key: Hashable) -> None:
        """Mark a row, or take its mark off."""
        self.marked ^= {key}
        self.redraw()

    def clear_marks(self) -> None:
        """Take off all marks."""
        self.marked.clear()
        self.redraw()

    def _within(self, place: int) -> int:
        return max(0, min(place, self.rows.total - 1))

    def _tell(self) -> None:
        """Say what is under the cursor, once for each row."""
        row = self.current
        key = None if row is None else self.looks.key(row)
        if key != self._told:
            self._told = key
            self._post(self.Moved)

    def _post(self, kind: Callable[..., Message], *facts: object) -> None:
        """Post a message from this widget's own turn.

        Drawing and showing run in the screen's turn, and what a parent seems to have sent does not
        bubble to it.
        """
        self.call_later(lambda: self.post_message(kind(self, *facts)))

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return self._within(cursor)

    def watch_cursor(self, old: int, new: int) -> None:
        """Follow the cursor; two lines are drawn anew, and all of them only where it scrolls."""
        self._keep_in_sight()
        self.refresh_line(old + 1)
        self.refresh_line(new + 1)
        self._tell()

    def _keep_in_sight(self, top: int | None = None) -> None:
        """Scroll as little as shows the cursor, from where it is or from ``top``."""
        room, seen = max(1, self.size.height - 1), self.scroll_offset.y
        wanted = max(min(seen if top is None else top, self.cursor), self.cursor - room + 1)
        if wanted != seen:
            self.scroll_to(y=wanted, animate=False, force=True)  # the bar may be yet to come

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.cursor += rows

    def action_pages(self, pages: float) -> None:
        """Move the cursor by pages."""
        self.cursor += int(pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row that is known to exist."""
        self.cursor = self.rows.total - 1

    def action_sideways(self, cells: int) -> None:
        """Move the view sideways."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Select with the first click, open with the second."""
        row = int(event.y) - 1 + self.scroll_offset.y
        if event.y < 1:
            head = self.column_at(int(event.x) - self.gutter.left)
            if head is not None and head.name and self.rows.total:
                self.post_message(self.HeadClicked(self, head.name))
            return
        if not 0 <= row < self.rows.total:
            return
        if row == self.cursor and event.chain > 1:
            self.post_message(self.Opened(self))
        self.cursor = row

    def on_resize(self) -> None:
        """Lay the columns out again."""
        self.resize_to_rows()
        self._keep_in_sight()
        self.redraw()

    def wanted(self, first: int) -> None:
        """Ask for the rows that are seen, and a few more, unless they were asked for."""
        last = first + self.size.height + _AHEAD
        pages = self.rows.missing(first - _AHEAD, last)
        if self.rows.more and last >= self.rows.total:
            pages = [self.rows.total // PAGE]
        for page in pages:
            if page not in self._asked:
                self._asked.add(page)
                self._post(self.Wanted, page)
