"""Lineage as an indented tree: upwards what a thing came from, downwards what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.lineage_text import roots
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
    from modelshelf.domain.lineage_answers import CommonAncestor

_LONG = 1_000
_DIGITS = re.compile(r"(\d+)")
_NOTES = {"hand": "by hand", "lease": "lease"}


class _Step(NamedTuple):
    kind: str
    other: str
    origin: str


Steps = Mapping[str, Sequence[_Step]]


def tree(screen: Screen, graph: LineageGraph) -> Iterator[str]:
    """Yield a tree for each thing asked about; what is reached twice has its branches once."""
    nodes = {node.id: node for node in graph.nodes}
    origins: dict[str, list[_Step]] = {}
    results: dict[str, list[_Step]] = {}
    for edge in graph.edges:
        origins.setdefault(edge.target, []).append(_Step(edge.kind, edge.source, edge.origin))
        results.setdefault(edge.source, []).append(_Step(edge.kind, edge.target, edge.origin))
    for steps in (*origins.values(), *results.values()):
        steps.sort(key=lambda step: (step.kind, _order(nodes, step.other)))
    shown: dict[str, set[str]] = {"came from": set(), "led to": set()}
    for root in roots(graph):
        yield said(screen, nodes[root])
        for title, joined in (("came from", origins), ("led to", results)):
            if root in joined:
                yield screen.tone(title, "dim")
                yield from _branches(screen, nodes, joined, root, shown[title])
    if graph.truncated:
        yield "There is more within this distance than is shown."


def way(
    screen: Screen, nodes: Sequence[LineageNode], edges: Sequence[LineageEdge]
) -> Iterator[str]:
    """Yield the way between two things, the origin first."""
    for depth, node in enumerate(nodes):
        if depth == 0:
            yield said(screen, node)
            continue
        edge = edges[depth - 1]
        note = _note(screen, edge.origin)
        yield f"{'   ' * (depth - 1)}└─ {_reached(screen, edge.kind, node)}{note}"


def common(screen: Screen, found: Sequence[CommonAncestor]) -> Iterator[str]:
    """Yield a table of what two things both came from."""
    columns = (
        Column("both came from"),
        Column("steps to the first", right=True, keep=True),
        Column("to the second", right=True, keep=True),
    )
    rows = ((Cell(called(one.node), "bold"), f"{one.first}", f"{one.second}") for one in found)
    if found:
        yield from table(screen, columns, rows)


def called(node: LineageNode) -> str:
    """Return what a table calls a thing."""
    label = node.reference or node.label
    begins = node.reference is not None or label.startswith(node.kind)
    return label if begins else f"{node.kind} {label}"


def after(words: str, thing: str, node: LineageNode) -> str:
    """Return a thing as it stands after the words of an edge, without its kind a second time."""
    return thing.removeprefix(f"{node.kind} ") if words.endswith(f" {node.kind}") else thing


def said(screen: Screen, node: LineageNode) -> str:
    """Return a thing on one line: a version with its stage, and whether it may still be used."""
    if node.reference is None:
        return safe(called(node), _LONG)
    stage = f" {screen.tone(safe(node.stage), 'accent')}" if node.stage else ""
    marks = f" {screen.tone(safe(', '.join(node.marks)), 'bold')}" if node.marks else ""
    return screen.tone(safe(node.reference, _LONG), "bold") + stage + marks


def _branches(
    screen: Screen, nodes: Mapping[str, LineageNode], steps: Steps, root: str, shown: set[str]
) -> Iterator[str]:
    shown.add(root)
    # A stack and not recursion: a chain of versions may be longer than Python's stack.
    waiting = _below(steps, root, "")
    while waiting:
        indent, last, step = waiting.pop()
        node = nodes.get(step.other)
        if node is None:
            continue
        again = node.id in shown and bool(steps.get(node.id))
        note = _note(screen, step.origin)
        note += screen.tone(" (branches above)", "dim") if again else ""
        corner = "└─ " if last else "├─ "
        yield f"{indent}{corner}{_reached(screen, step.kind, node)}{note}"
        if node.id not in shown:
            shown.add(node.id)
            waiting += _below(steps, node.id, indent + ("   " if last else "│  "))


def _below(steps: Steps, node: str, indent: str) -> list[tuple[str, bool, _Step]]:
    following = steps.get(node, ())
    end = len(following) - 1
    rows = [(indent, n == end, step) for n, step in enumerate(following)]
    return rows[::-1]  # the first is to be taken from the end of the list first


def _order(nodes: Mapping[str, LineageNode], ident: str) -> list[tuple[int, str]]:
    """Return what a thing is sorted by: its label, with numbers in it by their size."""
    node = nodes.get(ident)
    label = "" if node is None else node.label
    return [(len(part) if part.isdecimal() else 0, part) for part in _DIGITS.split(label)]


def _reached(screen: Screen, kind: str, node: LineageNode) -> str:
    words = _words(kind)
    return f"{screen.tone(words, 'dim')} {after(words, said(screen, node), node)}"


def _words(kind: str) -> str:
    return safe(kind.replace("_", " "), _LONG)


def _note(screen: Screen, origin: str) -> str:
    note = _NOTES.get(origin)
    return screen.tone(f" ({note})", "dim") if note else ""
