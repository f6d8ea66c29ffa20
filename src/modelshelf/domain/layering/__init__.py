"""A lineage laid out from left to right: one row for each thing, lines between them as characters.

Layered as by Sugiyama, Tagawa and Toda (1981): ranks by the longest way, stand-ins for long edges
shared by all that leave one thing, an order by barycentres, rows near the median of neighbours, and
one vertical track for each thing in each gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelshelf.domain.layering.layers import layered
from modelshelf.domain.layering.lines import Lines, Run
from modelshelf.domain.layering.ordering import order
from modelshelf.domain.layering.placing import place
from modelshelf.domain.layering.routing import route

__all__ = ["Drawing", "Lines", "Placed", "Run", "lay_out"]


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
        lines: What is drawn between them.
        left_out: Edges that close a circle, which only a damaged catalog can hold.
    """

    width: int
    height: int
    places: Mapping[str, Placed]
    lines: Lines
    left_out: tuple[tuple[str, str], ...] = ()

    def row(self, y: int) -> tuple[Run, ...]:
        """Return the lines of one row, from left to right; they are made when first asked for."""
        return self.lines.row(y)


def lay_out(widths: Mapping[str, int], pairs: Sequence[tuple[str, str]]) -> Drawing:
    """Lay a graph out; the same graph always comes out the same.

    Args:
        widths: How many columns each thing takes, at least 1, in a stable order.
        pairs: Edges as (origin, result); those of things that are not in ``widths`` do not count.
    """
    graph = layered(list(widths), pairs)
    layers = order(graph)
    rows = place(graph, layers)
    routing = route(graph, layers, rows, widths)
    places = {
        slot: Placed(routing.starts[number], rows[slot], widths[slot], number)
        for number, layer in enumerate(layers)
        for slot in layer
        if slot in widths
    }
    height = max(routing.lines.height, *(p.y + 1 for p in places.values())) if places else 0
    width = max((p.x + p.width for p in places.values()), default=0)
    return Drawing(width, height, places, routing.lines, graph.left_out)
