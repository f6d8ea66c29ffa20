"""Lineage as an indented tree: upwards what a thing came from, downwards what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli.screen import Screen
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.lineage import LineageGraph, LineageNode

_LONG = 1_000
Steps = Mapping[str, Sequence[tuple[str, str]]]


def tree(screen: Screen, graph: LineageGraph) -> Iterator[str]:
    """Yield the tree; a thing that is reached twice has its branches only once."""
    nodes = {node.id: node for node in graph.nodes}
    origins: dict[str, list[tuple[str, str]]] = {}
    results: dict[str, list[tuple[str, str]]] = {}
    for edge in graph.edges:
        origins.setdefault(edge.target, []).append((edge.kind, edge.source))
        results.setdefault(edge.source, []).append((edge.kind, edge.target))
    yield _said(screen, nodes[graph.root])
    for title, steps in (("came from", origins), ("led to", results)):
        if graph.root in steps:
            yield screen.tone(title, "dim")
            yield from _branches(screen, nodes, steps, graph.root)
    if graph.truncated:
        yield "There is more within this distance than is shown."


def _branches(
    screen: Screen, nodes: Mapping[str, LineageNode], steps: Steps, root: str
) -> Iterator[str]:
    seen = {root}
    # A stack and not recursion: a chain of versions may be longer than Python's stack.
    waiting = _below(steps, root, "")
    while waiting:
        indent, last, kind, node = waiting.pop()
        if node not in nodes:
            continue
        again = node in seen and bool(steps.get(node))
        words = safe(kind.replace("_", " "), _LONG)
        note = screen.tone(" (branches above)", "dim") if again else ""
        corner = "└─ " if last else "├─ "
        yield f"{indent}{corner}{screen.tone(words, 'dim')} {_said(screen, nodes[node])}{note}"
        if node not in seen:
            seen.add(node)
            waiting += _below(steps, node, indent + ("   " if last else "│  "))


def _below(steps: Steps, node: str, indent: str) -> list[tuple[str, bool, str, str]]:
    following = steps.get(node, ())
    end = len(following) - 1
    rows = [(indent, n == end, kind, other) for n, (kind, other) in enumerate(following)]
    return rows[::-1]  # the first is to be taken from the end of the list first


def _said(screen: Screen, node: LineageNode) -> str:
    if node.reference is not None:
        stage = f" {screen.tone(safe(node.stage), 'accent')}" if node.stage else ""
        return screen.tone(safe(node.reference, _LONG), "bold") + stage
    label = safe(node.label, _LONG)
    return label if label.startswith(node.kind) else f"{safe(node.kind)} {label}"
