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


def came_from(connection: Connection, child: int, things: Mapping[int, str]) -> int | None:
    """Return the first of ``things`` that came from ``child`` or is it; ``None`` when none did.

    Args:
        connection: The connection of the transaction.
        child: Id of a version or another thing, see :mod:`~modelshelf.catalog.graph`.
        things: What a sentence calls them, by id: two things may be called alike.
    """
    if not things:
        return None
    goal = next(iter(things)) if len(things) == 1 else None
    below = reached(connection, [child], "down", goal=goal)
    return next((ident for ident in things if ident in below), None)


def check_acyclic(
    connection: Connection,
    child: int,
    called: str,
    parents: Mapping[int, str],
    *,
    kind: str = "derived_from",
) -> None:
    """Check that none of ``parents`` came from ``child``.

    Args:
        connection: The connection of the transaction.
        child: Id of what is to come from them, see :mod:`~modelshelf.catalog.graph`.
        called: What a sentence calls it.
        parents: What a sentence calls them, by id.
        kind: Kind of the edges that would join them.

    Raises:
        Invalid: One did, or is the child itself.
    """
    found = came_from(connection, child, parents)
    if found is None:
        return
    origin, result = safe(parents[found], _SHOWN), safe(called, _SHOWN)
    raise Invalid(
        f"{origin} cannot be the base of {result}"
        if kind == "derived_from"
        else f"{result} and {origin} cannot be joined by {safe(kind, _SHOWN)}",
        why="nothing is made from itself" if found == child else f"{origin} was made from {result}",
        subject=result,
    )
