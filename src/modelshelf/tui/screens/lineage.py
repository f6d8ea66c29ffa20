"""The lineage: what a thing came from, what came of it, and what serves because of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.lineage import LineageGraph, LineageNode, related
from modelshelf.tui import tracing
from modelshelf.tui.actions import bindings
from modelshelf.tui.facts import Facts
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import line, sentence, styled
from modelshelf.tui.widgets.graph import GraphView
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.tui.tracing import Told

_MOVING = 0.05
_HOPS, _HOPS_MOST = 3, 20
_CROWDED = 150
_NEED_ONE = ("lineage.copy", "lineage.open", "lineage.impact", "lineage.mark")


class LineageScreen(Frame):
    """The picture above, the thing under the cursor below."""

    where = "lineage"
    BINDINGS = bindings("lineage")
    AUTO_FOCUS = "#graph"
    DEFAULT_CSS = """
    LineageScreen {
        #graph { height: 1fr; }
        #thing { height: auto; max-height: 40%; padding: 0 1; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self) -> None:
        """Ask for nothing yet: somebody says what."""
        super().__init__()
        self._thing = ""
        self._hops = _HOPS
        self._focused: bool | None = None
        self._graph: LineageGraph | None = None
        self._told: Told | None = None
        self._impact = False
        self._marked: LineageNode | None = None

    def body(self) -> Iterable[Widget]:
        """Yield the picture and what is under the cursor."""
        yield Rule(line("lineage"), id="lineage-rule")
        yield GraphView(empty=f"opening {self.shelf.path} …", id="graph")
        yield Rule(id="thing-rule")
        yield VerticalScroll(Paragraphs(), id="thing")

    @property
    def picture(self) -> GraphView:
        """The picture."""
        return self.query_one(GraphView)

    # --- asking -------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the lineage of what was asked for last, else of the newest version."""
        del facts
        self.say()
        self.load()

    def changed(self) -> None:
        """Ask again; the cursor stays on its thing."""
        self.load()

    def go_to(self, thing: str) -> None:
        """Show the lineage of a version or another thing."""
        self._thing, self._focused = thing, None
        if self.is_mounted and self.shelf.facts is not None:
            self.load(at_root=True)

    def load(self, *, at_root: bool = False) -> None:
        """Ask for the graph."""
        thing, hops = self._thing, self._hops
        self.ask(
            "graph",
            lambda r: tracing.graph(r, thing, hops),
            lambda graph: self._show(graph, at_root=at_root),
        )

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say why there is nothing to see."""
        if group == "graph":
            self._graph = None
            self.picture.say(sentence(error))
        else:
            super().failed(group, error)

    def _show(self, graph: LineageGraph | None, *, at_root: bool = False) -> None:
        if graph is None:
            self._graph = None
            self.picture.say("There is no version yet. Drop a model file into the inbox.")
            return
        self._graph = graph
        if self._focused is None:
            self._focused = len(graph.nodes) > _CROWDED
        self._draw(graph.root if at_root else "")

    def _draw(self, cursor: str = "") -> None:
        graph = self._graph
        if graph is None:
            return
        marks = self.shelf.facts.stages if self.shelf.facts is not None else ()
        shown = _only_related(graph, self.picture.cursor or graph.root) if self._focused else graph
        self.picture.show(shown, tracing.labels(shown, marks), cursor=cursor)
        self._title(graph, len(shown.nodes))

    def _title(self, graph: LineageGraph, shown: int) -> None:
        root = next((node.label for node in graph.nodes if node.id == graph.root), "")
        many = f"{len(graph.nodes):,} things"
        counted = many if shown == len(graph.nodes) else f"{shown:,} of {many}, f for all"
        more = ", more beyond" if graph.truncated else ""
        hop = "step" if self._hops == 1 else "steps"
        self.query_one("#lineage-rule", Rule).title = styled(
            ("lineage", "strong"),
            (f" {root}", "accent"),
            (f"  {self._hops} {hop}, {counted}{more}", "dim"),
        )

    # --- the thing under the cursor -----------------------------------------------------------

    @on(GraphView.Moved)
    def _chosen(self) -> None:
        self.say()
        self.soon("thing", _MOVING, self._load_thing)

    def _load_thing(self) -> None:
        node = self.picture.current
        if node is None:
            self._show_thing(None)
            return
        with_impact, marked = self._impact, self._marked
        self.ask(
            "thing",
            lambda r: tracing.told(r, node, marked, with_impact=with_impact),
            self._show_thing,
        )

    def _show_thing(self, told: Told | None) -> None:
        self._told = told
        rows: list[Paragraph] = [] if told is None else tracing.about(told)
        self.query_one(Paragraphs).show(rows)
        title = Content("") if told is None else styled((told.node.label, "strong"))
        self.query_one("#thing-rule", Rule).title = title

    # --- keys -----------------------------------------------------------------------------------

    @on(GraphView.Opened)
    def action_open(self) -> None:
        """Put the thing under the cursor into the middle."""
        node = self.picture.current
        if node is not None:
            self.go_to(tracing.written(node))

    def action_related(self) -> None:
        """Show only what is related to the thing under the cursor, or everything."""
        self._focused = not self._focused
        self._draw()

    def action_hops(self, by: int) -> None:
        """Go further, or less far."""
        self._hops = max(1, min(self._hops + by, _HOPS_MOST))
        self.load()

    def action_impact(self) -> None:
        """Show what hangs on the thing under the cursor and what it carries along, or hide it."""
        self._impact = not self._impact
        self._load_thing()

    def action_mark(self) -> None:
        """Mark the thing under the cursor, to see how others hang together with it; or unmark."""
        node = self.picture.current
        same = node is not None and self._marked is not None and node.id == self._marked.id
        self._marked = None if same else node
        self.say(f"{self._marked.label} is marked." if self._marked is not None else "")
        self._load_thing()

    def action_version(self) -> None:
        """Show the version under the cursor among its model's."""
        node = self.picture.current
        if node is not None and node.reference is not None:
            model, _, number = node.reference.rpartition(":v")
            self.shelf.go_to_model(model, int(number))

    def reason_against(self, action: str) -> str:
        """Return why an action that needs a thing cannot have one."""
        node = self.picture.current
        if action in _NEED_ONE and node is None:
            return "There is nothing under the cursor."
        if action == "lineage.version" and (node is None or node.reference is None):
            return "There is no version under the cursor."
        if action == "lineage.export" and self._graph is None:
            return "There is nothing to export."
        return ""

    def action_copy(self) -> None:
        """Copy how the thing is written."""
        node = self.picture.current
        if node is not None:
            self.shelf.action_copy_text(tracing.written(node))

    def action_export(self) -> None:
        """Copy the graph as Mermaid, for a document."""
        if self._graph is not None:
            self.shelf.copy_to_clipboard(tracing.exported(self._graph))
            self.shelf.tell("copied the graph as Mermaid")

    def action_refresh(self) -> None:
        """Ask again."""
        self.say()
        self.load()

    def action_back(self) -> None:
        """Show everything again, else go back to the models."""
        self.say()
        if self._focused:
            self.action_related()
        else:
            self.shelf.action_mode("models")


def _only_related(graph: LineageGraph, node: str) -> LineageGraph:
    kept = related(graph, node)
    return replace(
        graph,
        nodes=tuple(n for n in graph.nodes if n.id in kept or n.id == graph.root),
        edges=tuple(e for e in graph.edges if e.source in kept and e.target in kept),
    )
