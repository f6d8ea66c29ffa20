"""A lineage as a picture to be walked with the keys: origins left, what came of them right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from modelshelf.domain.layering import Drawing, Lines, Placed, lay_out
from modelshelf.domain.lineage import LineageGraph, LineageNode, related
from modelshelf.tui.actions import bindings
from modelshelf.tui.show import fit

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

LABEL_MOST = 34
"""Cells of the longest label; what is longer loses its middle."""

_MARGIN = 1


class GraphView(ScrollView, can_focus=True):
    """Things, lines between them, and a cursor on one of them.

    Attributes:
        empty: What is said while there is nothing to draw.
    """

    BINDINGS = bindings("graph")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "graph--cursor",
        "graph--cursor-blurred",
        "graph--line",
        "graph--lit",
        "graph--root",
        "graph--faint",
    }
    DEFAULT_CSS = """
    GraphView {
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .graph--cursor { background: $cursor-row; text-style: bold; }
        & > .graph--cursor-blurred { background: $cursor-row-blurred; text-style: bold; }
        & > .graph--line { color: $rule; }
        & > .graph--lit { color: $accent; }
        & > .graph--root { text-style: bold underline; }
        & > .graph--faint { color: $quiet; }
    }
    """

    cursor: reactive[str] = reactive("", repaint=False)

    class Moved(Message):
        """The cursor is on another thing."""

        def __init__(self, graph: GraphView) -> None:
            super().__init__()
            self.graph = graph

        @property
        def control(self) -> GraphView:
            """The picture."""
            return self.graph

    class Opened(Moved):
        """A thing was clicked that had the cursor already; Enter is the screen's own key."""

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make an empty picture; ``empty`` is what it says."""
        super().__init__(id=id)
        self.empty = empty
        self._graph: LineageGraph | None = None
        self._labels: Mapping[str, str] = {}
        self._drawing = Drawing(0, 0, {}, Lines())
        self._by_row: dict[int, list[tuple[str, Placed]]] = {}
        self._related: frozenset[str] = frozenset()

    # --- what is shown ------------------------------------------------------------------------

    def show(self, graph: LineageGraph, labels: Mapping[str, str], *, cursor: str = "") -> None:
        """Draw a graph.

        Args:
            graph: What is drawn.
            labels: What each thing is called, by id, harmless.
            cursor: Id of the thing the cursor goes to; it stays where it was if that is empty and
                the thing is still there, else it goes to the root.
        """
        self._graph = graph
        self._labels = {
            node.id: fit(text, min(cell_len(text), LABEL_MOST))
            for node in graph.nodes
            if (text := labels.get(node.id) or "?")
        }
        widths = {ident: cell_len(text) + 1 for ident, text in self._labels.items()}
        self._drawing = lay_out(widths, graph.pairs())
        self._by_row = {}
        for ident, placed in self._drawing.places.items():
            self._by_row.setdefault(placed.y, []).append((ident, placed))
        self.virtual_size = Size(self._drawing.width + 2 * _MARGIN, self._drawing.height)
        known = self._drawing.places
        wanted = next((c for c in (cursor, self.cursor, graph.root) if c in known), "")
        self.set_reactive(GraphView.cursor, wanted)
        self._moved()

    def say(self, empty: str) -> None:
        """Say something in place of a picture."""
        self.empty = empty
        self.show(LineageGraph("", (), ()), {})

    @property
    def current(self) -> LineageNode | None:
        """The thing under the cursor."""
        nodes = self._graph.nodes if self._graph is not None else ()
        return next((node for node in nodes if node.id == self.cursor), None)

    def watch_cursor(self, _old: str, _new: str) -> None:
        """Follow the cursor."""
        self._moved()

    def _moved(self) -> None:
        if self._graph is not None:
            self._related = related(self._graph, self.cursor)
        placed = self._drawing.places.get(self.cursor)
        if placed is not None:
            at = Region(placed.x, placed.y, placed.width + 2 * _MARGIN, 1)
            self.scroll_to_region(at, animate=False, force=True)
        self.refresh()
        self.call_later(lambda: self.post_message(self.Moved(self)))

    # --- drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one line of what is in sight."""
        width, row = self.size.width, y + self.scroll_offset.y
        ground = self.rich_style  # finding it is dear: once a line, not once a piece
        if not self._drawing.places:
            text = self.empty if y == 1 else ""
            return Strip([Segment(fit(f" {text}", width), ground + self._own("faint"))], width)
        left = self.scroll_offset.x
        return Strip(self._segments(row, ground)).crop_extend(left, left + width, ground)

    def _segments(self, row: int, ground: Style) -> list[Segment]:
        pieces = {
            placed.x: (f"{self._labels[ident]} ", self._label_style(ident, ground), placed.width)
            for ident, placed in self._by_row.get(row, ())
        }
        styles = {lit: ground + self._own("lit" if lit else "line") for lit in (False, True)}
        for run in self._drawing.row(row):
            lit = any(s in self._related and t in self._related for s, t in run.edges)
            pieces[run.x] = run.sign * run.length, styles[lit], run.length
        found, x = [Segment(" " * _MARGIN, ground)], 0
        for start, (text, style, width) in sorted(pieces.items(), key=itemgetter(0)):
            if x < start:
                found.append(Segment(" " * (start - x), ground))
            found.append(Segment(text, style))
            x = start + width
        return found

    def _label_style(self, ident: str, ground: Style) -> Style:
        if ident == self.cursor:
            return ground + self._own("cursor" if self.has_focus else "cursor-blurred")
        style = ground if ident in self._related else ground + self._own("faint")
        if self._graph is not None and ident == self._graph.root:
            style += self._own("root")
        return style

    def _own(self, kind: str) -> Style:
        return self.get_component_rich_style(f"graph--{kind}", partial=True)

    # --- moving -------------------------------------------------------------------------------

    def action_along(self, way: int) -> None:
        """Go to the nearest origin, or to the nearest of what came of it."""
        if self._graph is None:
            return
        pairs = self._graph.pairs()
        near = (
            [target for source, target in pairs if source == self.cursor]
            if way > 0
            else [source for source, target in pairs if target == self.cursor]
        )
        self._go_nearest([ident for ident in near if ident in self._drawing.places])

    def action_across(self, by: int) -> None:
        """Go up or down among things of the same layer; at its end, to the next row of any."""
        here = self._drawing.places.get(self.cursor)
        if here is None:
            return
        beyond = [
            (ident, placed)
            for ident, placed in self._drawing.places.items()
            if (placed.y - here.y) * by > 0
        ]
        same = [ident for ident, placed in beyond if placed.layer == here.layer]
        self._go_nearest(same or [ident for ident, _ in beyond])

    def _go_nearest(self, found: Sequence[str]) -> None:
        here, places = self._drawing.places.get(self.cursor), self._drawing.places
        if here is None or not found:
            return
        self.cursor = min(
            found, key=lambda i: (abs(places[i].y - here.y), abs(places[i].x - here.x), i)
        )

    def action_root(self) -> None:
        """Go to the thing that was asked about."""
        if self._graph is not None:
            self.cursor = self._graph.root

    def action_sideways(self, cells: int) -> None:
        """Move the view sideways."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Select with the first click, open with the second."""
        row, x = event.y + self.scroll_offset.y, event.x + self.scroll_offset.x - _MARGIN
        for ident, placed in self._by_row.get(row, ()):
            if placed.x <= x < placed.x + placed.width:
                if ident == self.cursor and event.chain > 1:
                    self.post_message(self.Opened(self))
                self.cursor = ident
                return
