"""A lineage laid out from left to right: one row for each thing, lines between them as characters.

Layered as by Sugiyama, Tagawa and Toda (1981): ranks by the longest way, stand-ins for long edges
shared by all that leave one thing, an order by barycentres, rows near the median of neighbours, and
one vertical track for each thing in each gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelshelf.domain.layering.layers import Layered, layered
from modelshelf.domain.layering.ordering import order
from modelshelf.domain.layering.placing import place
from modelshelf.domain.layering.routing import Cell, Routing, route

__all__ = ["Cell", "Drawing", "Placed", "lay_out"]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a thing stands.

    Attributes:
        x: Its first column.
        y: Its row.
        width: Columns it takes.
        layer: How many layers lie left of it.
    """

    x: int
    y: int
    width: int
    layer: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph on a grid of characters.

    Attributes:
        width: Columns in all.
        height: Rows in all.
        places: Where each thing stands.
        cells: What is drawn between them, by column and row.
        left_out: Edges that close a circle, which only a damaged catalog can hold.
    """

    width: int
    height: int
    places: Mapping[str, Placed]
    cells: Mapping[tuple[int, int], Cell]
    left_out: tuple[tuple[str, str], ...] = ()


def lay_out(widths: Mapping[str, int], pairs: Sequence[tuple[str, str]]) -> Drawing:
    """Lay a graph out; the same graph always comes out the same.

    Args:
        widths: How many columns each thing takes, at least 1, in a stable order.
        pairs: Edges as (origin, result); those of things that are not in ``widths`` do not count.
    """
    graph = layered(list(widths), pairs)
    layers = order(graph)
    rows = place(graph, layers)
    columns = [max((widths.get(slot, 1) for slot in layer), default=1) for layer in layers]
    routing = route(graph, layers, rows, columns)
    places = {
        slot: Placed(routing.starts[number], rows[slot], widths[slot], number)
        for number, layer in enumerate(layers)
        for slot in layer
        if slot in widths
    }
    cells = _joined(graph, routing, places, columns)
    height = max((y for _, y in cells), default=-1)
    height = max(height, *(p.y for p in places.values())) + 1 if places else 0
    width = routing.starts[-1] + columns[-1] if columns else 0
    return Drawing(width, height, places, cells, graph.left_out)


def _joined(
    graph: Layered, routing: Routing, places: Mapping[str, Placed], columns: Sequence[int]
) -> dict[tuple[int, int], Cell]:
    """Return the lines, led on to the ends of labels that are shorter than their column."""
    cells = dict(routing.cells)
    for slot, placed in places.items():
        edges = frozenset(
            edge for child in graph.below.get(slot, ()) for edge in graph.carried(slot, child)
        )
        if not edges:
            continue
        end = routing.starts[placed.layer] + columns[placed.layer]
        for x in range(placed.x + placed.width, end):
            cells[x, placed.y] = Cell("─", edges)
    return cells
