"""Following the lineage: graphs around things, impact, ways and common ancestors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from modelshelf.registry.pointing import find_things

if TYPE_CHECKING:
    from modelshelf.domain.lineage import LineageGraph
    from modelshelf.registry.context import Context


def trace(
    context: Context, thing: str, *, hops: int, ways: Literal["both", "up", "down"]
) -> LineageGraph:
    """Return the graph around a thing; see ``Lineage.of``."""
    from modelshelf.catalog.lineage import graph

    starts = find_things(context, thing)
    ladder = context.policy.names
    return graph(context.connection(), starts, hops=hops, ways=ways, ladder=ladder)
