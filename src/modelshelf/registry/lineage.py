"""Lineage: where a version came from and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.lineage import LineageGraph
from modelshelf.registry.naming import find_one
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.registry.context import Context


class Lineage:
    """The lineage of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="reference")
    def of(self, reference: str, *, hops: int = 3) -> LineageGraph:
        """Return the graph around a version.

        Args:
            reference: One version.
            hops: How many edges to go, up and down.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.catalog.lineage import graph

        version_id = find_one(self._context, reference).id
        ladder = self._context.policy.names
        return graph(self._context.connection(), version_id, hops=hops, ladder=ladder)
