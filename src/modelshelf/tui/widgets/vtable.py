"""A table that draws only what is seen, over rows that arrive page by page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from modelshelf.tui.actions import bindings
from modelshelf.tui.show import Cell, fit
from modelshelf.tui.widgets.rows import PAGE, Rows

if TYPE_CHECKING:
    from textual import events

T = TypeVar("T")

_GAP = 2
_EDGE = 1
_AHEAD = 32


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: What stands in the head.
        width: Cells.
        right: Whether it holds numbers, set to the right.
        grow: Whether it takes of the room that is left; columns that do share it.
        most: Cells it grows to; 0 for as many as there are.
        rank: Where room is short the highest rank leaves first; 0 stays always.
    """

    title: str
    width: int
    right: bool = False
    grow: bool = False
    most: int = 0
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Layout(Generic[T]):
    """How rows of one kind look.

    Attributes:
        columns: The columns.
        cells: Draws a row; its cells are in the order of the columns.
        key: What a row is known by when the list changes.
    """

    columns: tuple[Column, ...]
    cells: Callable[[T], Sequence[Cell]]
    key: Callable[[T], Hashable]


class VTable(ScrollView, Generic[T], can_focus=True):
    """A list with a cursor; see :class:`Rows` for where its rows come from."""

    BINDINGS = bindings("table")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "vtable--head",
        "vtable--cursor",
        "vtable--cursor-blurred",
        "vtable--dim",
        "vtable--strong",
        "vtable--accent",
        "vtable--warn",
    }
    DEFAULT_CSS = """
    VTable {
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        & > .vtable--head { color: $quiet; }
        & > .vtable--cursor { background: $cursor-row; text-style: bold; }
        & > .vtable--cursor-blurred { background: $cursor-row-blurred; }
        & > .vtable--dim { color: $quiet; }
        & > .vtable--strong { text-style: bold; }
        & > .vtable--accent { color: $accent; text-style: bold; }
        & > .vtable--warn { color: $warning; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)

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
        super().__init__(id=id)
        self.looks = layout
        self.rows: Rows[T] = Rows()
        self.empty = empty
        self.marked: set[Hashable] = set()
        self._asked: set[int] = set()
        self._told: Hashable = None
        self._strips: LRUCache[tuple[Any, ...], Strip] = LRUCache(1024)

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
        self._resize_to_rows()
        self.set_reactive(VTable.cursor, place)
        self.scroll_to(y=max(0, top + place - old) if top else 0, animate=False)
        self._keep_in_sight()
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
        self._resize_to_rows()
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

    def _resize_to_rows(self) -> None:
        self.virtual_size = Size(self._least_width(), self.rows.total + 1)

    def redraw(self) -> None:
        """Draw every row anew, as when ages have grown."""
        self._strips.clear()
        self.refresh()

    def _tell(self) -> None:
        """Say what is under the cursor, once for each row."""
        row = self.current
        key = None if row is None else self.looks.key(row)
        if key != self._told:
            self._told = key
            self.post_message(self.Moved(self))

    # --- moving -------------------------------------------------------------------------------

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return self._within(cursor)

    def watch_cursor(self, _old: int, _new: int) -> None:
        """Follow the cursor."""
        self._keep_in_sight()
        self.refresh()
        self._tell()

    def _keep_in_sight(self) -> None:
        room, top = max(1, self.size.height - 1), self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + room:
            self.scroll_to(y=self.cursor - room + 1, animate=False)

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
        if event.y < 1 or not 0 <= row < self.rows.total:
            return
        if row == self.cursor and event.chain > 1:
            self.post_message(self.Opened(self))
        self.cursor = row

    def on_resize(self) -> None:
        """Lay the columns out again."""
        self._resize_to_rows()
        self._keep_in_sight()
        self.redraw()

    def notify_style_update(self) -> None:
        """Draw again in the new colours."""
        self._strips.clear()
        super().notify_style_update()

    # --- drawing ------------------------------------------------------------------------------

    def _chosen(self) -> list[tuple[int, Column, int]]:
        """Return the columns there is room for: place, column, width."""
        room = self.size.width - _EDGE
        kept = list(enumerate(self.looks.columns))
        while sum(c.width + _GAP for _, c in kept) > room:
            rank = max((c.rank for _, c in kept), default=0)
            if rank == 0:
                break
            last = max(n for n, (_, c) in enumerate(kept) if c.rank == rank)
            del kept[last]
        spare = max(0, room - sum(c.width + _GAP for _, c in kept))
        growing = sum(1 for _, c in kept if c.grow)
        return [(n, c, _grown(c, spare // growing) if c.grow else c.width) for n, c in kept]

    def _least_width(self) -> int:
        chosen = self._chosen()
        return _EDGE + sum(width + _GAP for _, _, width in chosen)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the head, a row, or nothing."""
        width = self.size.width
        if not self.rows.total:
            return self._empty_line(y, width)
        if y == 0:
            cells = [Cell(c.title, "plain") for c in self.looks.columns]
            return self._strip(cells, self._style("head"), " ", width)
        index = self.scroll_offset.y + y - 1
        if y == 1:
            self._want(index)
        return self._row(index, width)

    def _empty_line(self, y: int, width: int) -> Strip:
        text = self.empty if y == 1 else ""
        style = self.rich_style + self.get_component_rich_style("vtable--dim", partial=True)
        return Strip([Segment(fit(f" {text}", width), style)], width)

    def _row(self, index: int, width: int) -> Strip:
        value = self.rows.get(index)
        on_cursor = index == self.cursor and self.rows.total > 0
        kind = ("cursor" if self.has_focus else "cursor-blurred") if on_cursor else ""
        if index >= self.rows.total:
            return Strip.blank(width, self.rich_style)
        if value is None:
            return Strip([Segment(fit(" …", width), self._style(kind))], width)
        key = self.looks.key(value)
        marked = key in self.marked
        found = (index, key, kind, marked, width, self.scroll_offset.x)
        strip = self._strips.get(found)
        if strip is None:
            sign = "●" if marked else ("▌" if kind == "cursor" else " ")
            strip = self._strip(self.looks.cells(value), self._style(kind), sign, width)
            self._strips[found] = strip
        return strip

    def _strip(self, cells: Sequence[Cell], ground: Style, sign: str, width: int) -> Strip:
        segments = [Segment(sign, ground)]
        for place, column, room in self._chosen():
            cell = cells[place] if place < len(cells) else Cell("")
            style = ground
            if cell.look != "plain":
                own = self.get_component_rich_style(f"vtable--{cell.look}", partial=True)
                style = ground + Style(color=own.color, bold=own.bold, dim=own.dim)
            segments.append(Segment(fit(cell.text, room, right=column.right), style))
            segments.append(Segment(" " * _GAP, ground))
        left = self.scroll_offset.x
        return Strip(segments).crop_extend(left, left + width, ground)

    def _style(self, kind: str) -> Style:
        if not kind:
            return self.rich_style
        return self.rich_style + self.get_component_rich_style(f"vtable--{kind}", partial=True)

    def _want(self, first: int) -> None:
        """Ask for the rows that are seen, and a few more, unless they were asked for."""
        last = first + self.size.height + _AHEAD
        pages = self.rows.missing(first - _AHEAD, last)
        if self.rows.more and last >= self.rows.total:
            pages = [self.rows.total // PAGE]
        for page in pages:
            if page not in self._asked:
                self._asked.add(page)
                self.post_message(self.Wanted(self, page))


def _grown(column: Column, by: int) -> int:
    return min(column.width + by, column.most or column.width + by)
