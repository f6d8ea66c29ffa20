"""The tab with what a version came from and what came of it, two steps either way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.text import safe
from modelshelf.tui.show import Look, letters, styled
from modelshelf.tui.tabs import ROWS_SHOWN, Telling, Told, heading, plainly

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.lineage import LineageGraph, LineageNode
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_HOPS = 2
# The id of what an edge leads to, and the kind of the edge, by the id it is looked at from.
_Steps = Mapping[str, Sequence[tuple[str, str]]]


def look(registry: Registry, reference: str) -> Telling:
    """Return the surroundings of a version."""
    graph = registry.lineage.of(reference, hops=_HOPS)
    return partial(_tell, graph, letters(registry.policy.names))


def _tell(graph: LineageGraph, marks: Mapping[str, str], _now: datetime) -> Told:
    nodes = {node.id: node for node in graph.nodes}
    up, down = dict[str, list[tuple[str, str]]](), dict[str, list[tuple[str, str]]]()
    for edge in graph.edges:
        if edge.source in nodes and edge.target in nodes:
            up.setdefault(edge.target, []).append((edge.source, edge.kind))
            down.setdefault(edge.source, []).append((edge.target, edge.kind))
    rows = [
        *_side("came from", graph.root, up, nodes, marks),
        plainly(""),
        *_side("led to", graph.root, down, nodes, marks),
    ]
    more = " There is more than is shown here." if graph.truncated else ""
    return Told([*rows, plainly(""), plainly(f"L opens the picture.{more}")])


def _side(
    title: str,
    root: str,
    steps: _Steps,
    nodes: Mapping[str, LineageNode],
    marks: Mapping[str, str],
) -> Iterator[Paragraph]:
    if not steps.get(root):
        yield "", styled((title, "strong"), ("  nothing that is recorded", "dim"))
        return
    yield heading(title)
    for count, (depth, node, kind) in enumerate(_walk(root, steps)):
        if count == ROWS_SHOWN:
            yield plainly("… and more")
            return
        yield (
            "",
            styled(
                ("  " * depth, "plain"), *_said(nodes[node], marks), (f"  {_words(kind)}", "dim")
            ),
        )


def _walk(root: str, steps: _Steps, depth: int = 1) -> Iterator[tuple[int, str, str]]:
    """Yield depth, id and kind of what lies around; the depth ends it, in a circle too."""
    for node, kind in steps.get(root, ()):
        yield depth, node, kind
        if depth < _HOPS:
            yield from _walk(node, steps, depth + 1)


def _said(node: LineageNode, marks: Mapping[str, str]) -> Iterator[tuple[str, Look]]:
    yield safe(node.reference or node.label, 120), "plain"
    if node.stage:
        yield f"  {marks.get(node.stage, '?')}", "accent" if node.stage in marks else "dim"
    for mark in node.marks:
        yield f"  {mark}", "warn"


def _words(kind: str) -> str:
    return safe(kind, 40).replace("_", " ")
