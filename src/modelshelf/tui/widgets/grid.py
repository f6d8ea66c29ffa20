"""The drawing of a table: which columns fit, and how a row becomes a line of the screen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from modelshelf.tui.show import Cell, fit
from modelshelf.tui.widgets.rows import Rows

T = TypeVar("T")

_GAP = 2
_EDGE = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: What stands in the head.
        width: Cells.
        right: Whether it holds numbers, set to the right.
        begins: Whether what is too long keeps its beginning; else it loses its middle.
        grow: Whether it takes of the room that is left; columns that do share it.
        most: Cells it grows to; 0 for as many as there are.
        rank: Where room is short the highest rank leaves first; 0 stays always.
        name: What a click on the head means, if it means anything.
    """

    title: str
    width: int
    right: bool = False
    grow: bool = False
    most: int = 0
    rank: int = 0
    begins: bool = False
    name: str = ""


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


class Grid(ScrollView, Generic[T], can_focus=True):
    """A head and the rows that are in sight; what is drawn once is kept until something changes.

    Attributes:
        looks: How rows are drawn.
        rows: What is known of the list.
        empty: What is said in place of rows.
        marked: Keys of the rows that are marked.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--head",
        "grid--cursor",
        "grid--cursor-blurred",
        "grid--dim",
        "grid--strong",
        "grid--accent",
        "grid--warn",
    }
    DEFAULT_CSS = """
    Grid {
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        & > .grid--head { color: $quiet; }
        & > .grid--cursor { background: $cursor-row; text-style: bold; }
        & > .grid--cursor-blurred { background: $cursor-row-blurred; }
        & > .grid--dim { color: $quiet; }
        & > .grid--strong { text-style: bold; }
        & > .grid--accent { color: $accent; text-style: bold; }
        & > .grid--warn { color: $warning; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    def __init__(self, layout: Layout[T], *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make an empty table; ``empty`` is what it says while it has no rows."""
        super().__init__(id=id)
        self.looks = layout
        self.rows: Rows[T] = Rows()
        self.empty = empty
        self.marked: set[Hashable] = set()
        self._strips: LRUCache[tuple[Any, ...], Strip] = LRUCache(1024)

    def wanted(self, first: int) -> None:
        """Rows from ``first`` on are in sight; a subclass asks for those that are not known."""

    def resize_to_rows(self) -> None:
        """Fit the scrollbar to the rows."""
        self.virtual_size = Size(self._least_width(), self.rows.total + 1)

    def redraw(self) -> None:
        """Draw every row anew, as when ages have grown."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Draw again in the new colours."""
        self._strips.clear()
        super().notify_style_update()

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
        more = shares([c for _, c in kept], spare)
        return [(n, c, c.width + by) for (n, c), by in zip(kept, more, strict=True)]

    def column_at(self, x: int) -> Column | None:
        """Return the column that stands ``x`` cells from the left edge of what is seen."""
        place = x + self.scroll_offset.x - _EDGE
        for _, column, width in self._chosen():
            if 0 <= place < width + _GAP:
                return column
            place -= width + _GAP
        return None

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
            self.wanted(index)
        return self._row(index, width)

    def _empty_line(self, y: int, width: int) -> Strip:
        text = self.empty if y == 1 else ""
        style = self.rich_style + self.get_component_rich_style("grid--dim", partial=True)
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
                own = self.get_component_rich_style(f"grid--{cell.look}", partial=True)
                style = ground + Style(color=own.color, bold=own.bold, dim=own.dim)
            text = fit(cell.text, room, right=column.right, begins=column.begins)
            segments.append(Segment(text, style))
            segments.append(Segment(" " * _GAP, ground))
        left = self.scroll_offset.x
        return Strip(segments).crop_extend(left, left + width, ground)

    def _style(self, kind: str) -> Style:
        if not kind:
            return self.rich_style
        return self.rich_style + self.get_component_rich_style(f"grid--{kind}", partial=True)


def shares(columns: Sequence[Column], spare: int) -> list[int]:
    """Return by how many cells each column grows: alike, but what one cannot use others have.

    Args:
        columns: The columns that are shown.
        spare: Cells that are left when each has its width.
    """
    most = [(c.most - c.width if c.most else spare) if c.grow else 0 for c in columns]
    grown = [0] * len(columns)
    growing = sorted((room, place) for place, room in enumerate(most) if room > 0)
    for others, (room, place) in zip(range(len(growing), 0, -1), growing, strict=True):
        grown[place] = min(room, spare // others)
        spare -= grown[place]
    return grown
