"""A picture of a lineage that is asked for, drawn, and found again at a later start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.lineage import LineageGraph, LineageNode, related
from modelshelf.domain.text import plural
from modelshelf.tui import tracing
from modelshelf.tui.facts import Facts
from modelshelf.tui.memory import words
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import line, sentence, styled
from modelshelf.tui.widgets.graph import GraphView
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.tui.memory import State
    from modelshelf.tui.tracing import Told

HOPS_MOST = 20
_HOPS = 3
_CROWDED = 150
_TEACHING = (
    "There is no version yet: what is registered with its data sets, code and base is shown here."
)


class Picture(Frame):
    """The picture above, the thing under the cursor below."""

    AUTO_FOCUS = "#graph"
    DEFAULT_CSS = """
    Picture {
        #graph { height: 1fr; }
        #teaching { display: none; height: auto; padding: 1; }
        &.-told #teaching { display: block; }
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
        self._trail: list[str] = []
        self._form = tracing.FORMS[0]
        self._cursor = ""

    def body(self) -> Iterable[Widget]:
        """Yield the picture and what is under the cursor."""
        yield Rule(line("lineage"), id="lineage-rule")
        yield Static(id="teaching", markup=False)
        yield GraphView(empty=f"opening {self.shelf.path} …", id="graph")
        yield Rule(id="thing-rule")
        yield VerticalScroll(Paragraphs(), id="thing")

    @property
    def picture(self) -> GraphView:
        """The picture."""
        return self.query_one(GraphView)

    # --- what is remembered -----------------------------------------------------------------------

    def remember(self) -> State:
        """Return what is in the middle, how far it goes, and where the cursor is."""
        return {
            "thing": self._thing,
            "hops": self._hops,
            "focused": self._focused,
            "cursor": self.picture.cursor or self._cursor,
        }

    def recall(self, state: State) -> None:
        """Show the same again, unless somebody asked for another thing already."""
        hops, focused = state.get("hops"), state.get("focused")
        if type(hops) is int and 1 <= hops <= HOPS_MOST:
            self._hops = hops
        if not self._thing:
            self._thing, self._cursor = words(state, "thing"), words(state, "cursor")
            self._focused = focused if isinstance(focused, bool) else None

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
        """Show the lineage of a version or another thing, as at the beginning of a way."""
        self._trail.clear()
        self._put(thing)

    def _put(self, thing: str) -> None:
        """Put a thing into the middle."""
        self._thing, self._focused, self._cursor = thing, None, ""
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
            self._tell(sentence(error))
        else:
            super().failed(group, error)

    def unopened(self, error: ModelshelfError) -> None:
        """Say it where the picture would be."""
        super().unopened(error)
        if self._graph is None:
            self._tell(sentence(error))

    @property
    def _root(self) -> LineageNode | None:
        """What is in the middle."""
        graph = self._graph
        nodes = () if graph is None else graph.nodes
        return next((node for node in nodes if graph and node.id == graph.root), None)

    def _show(self, graph: LineageGraph | None, *, at_root: bool = False) -> None:
        if graph is None:
            self._graph = None
            self._tell(_TEACHING)
            return
        self._graph = graph
        self._tell("")
        if self._focused is None:
            self._focused = len(graph.nodes) > _CROWDED
        kept, self._cursor = self._cursor, ""
        self._draw(graph.root if at_root else kept)

    def _tell(self, text: str) -> None:
        """Say something in place of the picture, in as many lines as it takes."""
        self.query_one("#teaching", Static).update(line(text, 500))
        self.set_class(bool(text), "-told")
        if text:
            self.picture.say("")

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
        many = plural(len(graph.nodes), "thing")
        counted = many if shown == len(graph.nodes) else f"{shown:,} of {many}, f for all"
        more = ", more beyond" if graph.truncated else ""
        self.query_one("#lineage-rule", Rule).title = styled(
            ("lineage", "strong"),
            (f" {root}", "accent"),
            (f"  {plural(self._hops, 'step')}, {counted}{more}", "dim"),
        )


def _only_related(graph: LineageGraph, node: str) -> LineageGraph:
    kept = related(graph, node)
    return replace(
        graph,
        nodes=tuple(n for n in graph.nodes if n.id in kept or n.id == graph.root),
        edges=tuple(e for e in graph.edges if e.source in kept and e.target in kept),
    )
