"""A lineage never runs in a circle: asked under the write lock, before an edge is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelshelf.catalog.graph import reached
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection


def check_acyclic(
    connection: Connection, child: int, called: str, parents: Mapping[str, int]
) -> None:
    """Check that none of ``parents`` came from ``child``.

    Args:
        connection: The connection of the transaction.
        child: Id of what is to come from them, see :mod:`~modelshelf.catalog.graph`.
        called: What a sentence calls it.
        parents: Ids by what a sentence calls them.

    Raises:
        Invalid: One did, or is the child itself.
    """
    if not parents:
        return
    for words, parent in parents.items():
        if parent == child:
            raise Invalid(
                f"{safe(words, 120)} cannot be the base of {safe(called, 120)}",
                why="nothing is made from itself",
                subject=called,
            )
    below = reached(connection, [child], "down")
    for words, parent in parents.items():
        if parent in below:
            raise Invalid(
                f"{safe(words, 120)} cannot be the base of {safe(called, 120)}",
                why=f"{safe(words, 120)} was made from {safe(called, 120)}",
                subject=called,
            )
