"""Lineages as texts that other programs draw: Mermaid and DOT.

Labels come from strangers. Whatever is not a letter, a digit or one of a few harmless signs is
written as an entity in Mermaid; in DOT the signs that end a string or begin an escape are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.domain.lineage import related
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode

_LONG = 400
_NAMELESS = "?"  # Mermaid takes no empty label
# Signs that mean nothing in a quoted label: neither to Mermaid, nor to the Markdown in it, nor as
# HTML, nor as the end of a fence.
_HARMLESS = frozenset(" _:/.,@+=-")
_SHAPES = {
    "version": ("[", "]"),
    "dataset": ("[(", ")]"),
    "run": ("(", ")"),
    "code": ("(", ")"),
    "features": ("[/", "/]"),
    "consumer": ("([", "])"),
    "outside": ("[[", "]]"),
}
_DRAWN = {
    "version": "box", "dataset": "cylinder", "run": "ellipse", "code": "note",
    "features": "parallelogram", "consumer": "oval", "outside": "box3d",
}  # fmt: skip


def called(node: LineageNode) -> str:
    """Return what a picture calls a thing: kind and label, or reference, stage and marks."""
    if node.reference is None:
        label = safe(node.label, _LONG)
        begins = label.casefold().startswith(f"{node.kind} ")
        return label if begins else f"{safe(node.kind, 40)} {label}"
    marks = [node.stage] if node.stage else []
    marks += node.marks
    return safe(" · ".join((node.reference or _NAMELESS, *marks)), _LONG)


def roots(graph: LineageGraph) -> tuple[str, ...]:
    """Return the ids of the things that were asked about: several when a name fits several.

    They stand first among the nodes; one that came from another of them, or led to it, is shown
    with that one.
    """
    found: list[str] = []
    seen = set[str]()
    for node in graph.nodes:
        if node.id not in seen:
            found.append(node.id)
            seen |= related(graph, node.id)
    return tuple(found)


def mermaid(graph: LineageGraph) -> Iterator[str]:
    """Yield the lines of a Mermaid flowchart, see https://mermaid.js.org/syntax/flowchart.html.

    Arrows lead from what something came from to what came of it; those that somebody added by hand
    are dotted.
    """
    yield "flowchart LR"
    for name, node in _named(graph):
        opening, closing = _SHAPES.get(node.kind, ("[", "]"))
        yield f'  {name}{opening}"{_entities(called(node))}"{closing}'
    names = _names(graph)
    yield "  classDef asked stroke-width:3px"
    yield f"  class {','.join(names[root] for root in roots(graph))} asked"
    for source, edge, target in _joined(graph):
        arrow = "-.->" if edge.origin == "hand" else "-->"
        yield f'  {source} {arrow}|"{_entities(_words(edge.kind))}"| {target}'
    if graph.truncated:
        yield "  %% There is more within this distance than is shown."


def dot(graph: LineageGraph) -> Iterator[str]:
    """Yield the lines of a directed graph in DOT, see https://graphviz.org/doc/info/lang.html.

    Arrows lead from what something came from to what came of it; those that somebody added by hand
    are dotted.
    """
    yield "digraph lineage {"
    yield "  rankdir=LR;"
    asked = set(roots(graph))
    for name, node in _named(graph):
        pen = ", penwidth=3" if node.id in asked else ""
        shape = _DRAWN.get(node.kind, "box")
        yield f'  {name} [label="{_escaped(called(node))}", shape={shape}{pen}];'
    for source, edge, target in _joined(graph):
        style = ", style=dotted" if edge.origin == "hand" else ""
        yield f'  {source} -> {target} [label="{_escaped(_words(edge.kind))}"{style}];'
    if graph.truncated:
        yield "  // There is more within this distance than is shown."
    yield "}"


def _names(graph: LineageGraph) -> dict[str, str]:
    """Return the names of the nodes in the text by id: no id of ours is a word of theirs."""
    return {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}


def _named(graph: LineageGraph) -> Iterator[tuple[str, LineageNode]]:
    yield from zip(_names(graph).values(), graph.nodes, strict=True)


def _joined(graph: LineageGraph) -> Iterator[tuple[str, LineageEdge, str]]:
    names = _names(graph)
    for edge in graph.edges:
        if edge.source in names and edge.target in names:
            yield names[edge.source], edge, names[edge.target]


def _words(kind: str) -> str:
    return safe(kind.replace("_", " "), 60) or _NAMELESS


def _entities(text: str) -> str:
    """Return text with Mermaid's entity codes for all that could mean something."""
    return "".join(c if c.isalnum() or c in _HARMLESS else f"#{ord(c)};" for c in text)


def _escaped(text: str) -> str:
    r"""Return text for a quoted string of DOT, where ``\N`` and ``&amp;`` would be read."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
