"""A lineage never runs in a circle: asked under the write lock, before an edge is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelshelf.catalog.graph import reached
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_SHOWN = 120


def came_from(connection: Connection, child: int, things: Mapping[str, int]) -> str | None:
    """Return the first of ``things`` that came from ``child`` or is it; ``None`` when none did.

    Args:
        connection: The connection of the transaction.
        child: Id of a version or another thing, see :mod:`~modelshelf.catalog.graph`.
        things: Ids by what a sentence calls them.
    """
    if not things:
        return None
    goal = next(iter(things.values())) if len(things) == 1 else None
    below = reached(connection, [child], "down", goal=goal)
    return next((words for words, ident in things.items() if ident in below), None)


def check_acyclic(
    connection: Connection,
    child: int,
    called: str,
    parents: Mapping[str, int],
    *,
    kind: str = "derived_from",
) -> None:
    """Check that none of ``parents`` came from ``child``.

    Args:
        connection: The connection of the transaction.
        child: Id of what is to come from them, see :mod:`~modelshelf.catalog.graph`.
        called: What a sentence calls it.
        parents: Ids by what a sentence calls them.
        kind: Kind of the edges that would join them.

    Raises:
        Invalid: One did, or is the child itself.
    """
    words = came_from(connection, child, parents)
    if words is None:
        return
    origin, result = safe(words, _SHOWN), safe(called, _SHOWN)
    itself = parents[words] == child
    raise Invalid(
        f"{origin} cannot be the base of {result}"
        if kind == "derived_from"
        else f"{result} and {origin} cannot be joined by {safe(kind, _SHOWN)}",
        why="nothing is made from itself" if itself else f"{origin} was made from {result}",
        subject=result,
    )
