"""The picture of a lineage on a screen: every line of it is the drawing, wherever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import App, ComposeResult

from modelshelf.domain.layering import lay_out
from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.tui.theme import FALLBACKS
from modelshelf.tui.widgets.graph import GraphView

if TYPE_CHECKING:
    from textual.strip import Strip

LABELS = {"a": "first:v1", "b": "漢字:v2", "c": "third:v3", "d": "data set", "e": "last:v9"}
EDGES = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), ("c", "e"), ("d", "e")]


class Picture(App[None]):
    """A picture of a few things."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give the picture its colours."""
        return FALLBACKS

    def compose(self) -> ComposeResult:
        """Yield the picture."""
        yield GraphView(empty="nothing yet")

    @property
    def view(self) -> GraphView:
        """The picture."""
        return self.query_one(GraphView)

    def draw(self, edges: list[tuple[str, str]], cursor: str) -> None:
        """Show the things with these edges."""
        nodes = tuple(LineageNode("version", ident, LABELS[ident]) for ident in LABELS)
        graph = LineageGraph("a", nodes, tuple(LineageEdge(*e, "derived_from") for e in edges))
        self.view.show(graph, LABELS, cursor=cursor)


def expected(edges: list[tuple[str, str]]) -> list[list[str]]:
    """Return the lines of the whole picture, made cell by cell; a wide character fills two."""
    drawing = lay_out({ident: cell_len(text) + 1 for ident, text in LABELS.items()}, edges)
    lines = [[" "] * (drawing.width + 1) for _ in range(drawing.height)]
    for y, line in enumerate(lines):
        for run in drawing.row(y):
            line[run.x + 1 : run.x + 1 + run.length] = run.sign * run.length
    for ident, at in drawing.places.items():
        cells = [part for char in LABELS[ident] for part in [char, *[""] * (cell_len(char) - 1)]]
        lines[at.y][at.x + 1 : at.x + 1 + at.width] = [*cells, " "]
    return lines


def lit(view: GraphView, strip: Strip) -> str:
    """Return the signs of the lines that are lit."""
    colour = view.get_component_rich_style("graph--lit", partial=True).color
    return "".join(s.text for s in strip if s.style and s.style.color == colour)


async def test_every_line_shows_labels_and_lines_where_they_are() -> None:
    """The text of the screen is that of the drawing, wide characters and all."""
    app = Picture()
    async with app.run_test(size=(120, 20)) as pilot:
        app.draw(EDGES, "a")
        await pilot.pause()
        lines = ["".join(line).rstrip() for line in expected(EDGES)]
        assert [app.view.render_line(y).text.rstrip() for y in range(len(lines))] == lines
        assert app.view.render_line(len(lines)).text.strip() == ""


async def test_a_part_of_the_picture_is_cut_out_of_the_whole() -> None:
    """Scrolled sideways and down, a small screen shows that part, and is full to its edge."""
    app = Picture()
    async with app.run_test(size=(20, 3)) as pilot:
        app.draw(EDGES, "a")
        await pilot.pause()
        app.view.scroll_to(13, 1, animate=False)
        await pilot.pause()
        left, top = app.view.scroll_offset
        assert (left, top) == (13, 1)
        width = app.view.size.width
        for y, whole in enumerate(expected(EDGES)[top:]):
            line = app.view.render_line(y)
            assert line.cell_length == width
            assert line.text == "".join([*whole, *" " * width][left : left + width])


async def test_only_the_lines_of_what_is_related_are_lit() -> None:
    """A cursor on a thing lights the lines that lead to it and from it, and no other."""
    app = Picture()
    async with app.run_test(size=(120, 20)) as pilot:
        edges = [("a", "b"), ("c", "e")]
        app.draw(edges, "a")
        await pilot.pause()
        rows = {y: "".join(line) for y, line in enumerate(expected(edges))}
        upper = next(y for y, text in rows.items() if "first" in text)
        lower = next(y for y, text in rows.items() if "third" in text)
        shown = {y: lit(app.view, app.view.render_line(y)) for y in rows}
        assert "─▸" in shown[upper]
        assert shown[lower] == ""
        app.view.cursor = "e"
        await pilot.pause()
        assert "─▸" in lit(app.view, app.view.render_line(lower))
        assert lit(app.view, app.view.render_line(upper)) == ""


async def test_an_empty_picture_says_what_it_was_told() -> None:
    """Nothing to draw is said on the second line, and the rest stays blank."""
    app = Picture()
    async with app.run_test(size=(40, 6)) as pilot:
        app.view.say("nothing came of it")
        await pilot.pause()
        texts = [app.view.render_line(y).text.strip() for y in range(4)]
        assert texts == ["", "nothing came of it", "", ""]
