"""The graph of a SavedModel: which operators it uses, and from where each can be reached.

Source of the format: saved_model.proto, meta_graph.proto, graph.proto and function.proto in
tensorflow/core.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from modelshelf.formats.protobuf import Skimmer, Span
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST_NODES = 400_000
_LONGEST_NAME = 4_000

# Field numbers in the messages named above.
_G_NODE, _G_LIBRARY = 1, 2
_L_FUNCTION = 1
_F_SIGNATURE, _F_NODE = 1, 3
_N_NAME, _N_OP, _N_INPUT, _N_ATTRIBUTES = 1, 2, 3, 5
_A_LIST, _A_FUNCTION, _A_LIST_FUNCTION = 1, 10, 9


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of the main graph.

    Attributes:
        op: Its operator.
        inputs: Names of the nodes it waits for.
        calls: Names of the functions it calls.
    """

    op: str
    inputs: tuple[str, ...]
    calls: tuple[str, ...]


@dataclass(slots=True)
class Graph:
    """A graph and the functions that it and others call.

    Attributes:
        nodes: By name.
        functions: For each function its operators, which may be functions as well.
        used: Operators of the main graph.
        count: How many operations there are altogether.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    functions: dict[str, set[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    count: int = 0

    @property
    def operators(self) -> set[str]:
        """All operators that are used anywhere, functions left out."""
        return self.used.union(*self.functions.values()) - self.functions.keys()

    def reached(self, nodes: Iterable[str], functions: Iterable[str] = ()) -> set[str]:
        """Return the operators that run when some nodes and functions are asked for.

        Args:
            nodes: Names of nodes or of their results, as ``read:0`` or ``^wait``.
            functions: Names of functions.
        """
        called = set(functions)
        used: set[str] = set()
        waiting = [node_of(name) for name in nodes]
        seen = set(waiting)
        while waiting:
            node = self.nodes.get(waiting.pop())
            if node is None:
                continue
            used.add(node.op)
            called.update(node.calls)
            fresh = [name for name in node.inputs if name not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return used | self._within(called | used)

    def _within(self, functions: set[str]) -> set[str]:
        used: set[str] = set()
        waiting = [name for name in functions if name in self.functions]
        seen = set(waiting)
        while waiting:
            inside = self.functions[waiting.pop()]
            used |= inside
            fresh = [name for name in inside if name in self.functions and name not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return used


def node_of(name: str) -> str:
    """Return the node that a reference to one of its results, or to its end, names."""
    return name.removeprefix("^").partition(":")[0]


def skim_graph(skimmer: Skimmer, span: Span, graph: Graph) -> None:
    """Add what a GraphDef holds.

    Raises:
        LimitReached: There are more operations than in any honest model.
    """
    for each in skimmer.fields(span):
        if each.number == _G_NODE:
            name, node = _node(skimmer, each.span, graph)
            if name in graph.nodes:
                raise Malformed(f"two operations are called {name[:200]!r}")
            graph.nodes[name] = node
            graph.used.add(node.op)
        elif each.number == _G_LIBRARY:
            for part in skimmer.fields(each.span):
                if part.number == _L_FUNCTION:
                    _function(skimmer, part.span, graph)


def _function(skimmer: Skimmer, span: Span, graph: Graph) -> None:
    name = ""
    used: set[str] = set()
    for each in skimmer.fields(span):
        if each.number == _F_SIGNATURE:
            name = _first_name(skimmer, each.span)
        elif each.number == _F_NODE:
            _, node = _node(skimmer, each.span, graph)
            used.update((node.op, *node.calls))
    graph.functions.setdefault(name, set()).update(used)


def _node(skimmer: Skimmer, span: Span, graph: Graph) -> tuple[str, Node]:
    graph.count += 1
    if graph.count > _MOST_NODES:
        raise LimitReached(f"a graph of more than {_MOST_NODES:,} operations")
    name = op = ""
    inputs: list[str] = []
    calls: list[str] = []
    for each in skimmer.fields(span):
        if each.number == _N_NAME:
            name = exact_name(skimmer, each.span)
        elif each.number == _N_OP:
            op = exact_name(skimmer, each.span)
        elif each.number == _N_INPUT:
            inputs.append(node_of(exact_name(skimmer, each.span)))
        elif each.number == _N_ATTRIBUTES:
            calls.extend(_calls(skimmer, each.span))
    return name, Node(op, tuple(inputs), tuple(calls))


def _calls(skimmer: Skimmer, attribute: Span) -> Iterator[str]:
    """Yield the functions that one attribute of an operation names."""
    for entry in skimmer.fields(attribute):
        if entry.number != 2:  # noqa: PLR2004 - the value beside its key
            continue
        for value in skimmer.fields(entry.span):
            if value.number == _A_FUNCTION:
                yield _first_name(skimmer, value.span)
            elif value.number == _A_LIST:
                for part in skimmer.fields(value.span):
                    if part.number == _A_LIST_FUNCTION and isinstance(part.value, Span):
                        yield _first_name(skimmer, part.value)


def _first_name(skimmer: Skimmer, span: Span) -> str:
    names = (p.span for p in skimmer.fields(span) if p.number == 1)
    return next((exact_name(skimmer, name) for name in names), "")


def exact_name(skimmer: Skimmer, span: Span) -> str:
    """Return a name by which one thing refers to another; two that differ must not look the same.

    Raises:
        LimitReached: It is longer than any honest one.
    """
    if span.size > _LONGEST_NAME:
        raise LimitReached(f"a name of {span.size:,} bytes")
    return skimmer.data(span, span.size).decode()
