"""Which stages have a past in the catalog, whatever the ladder of the policy says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection


def stages_held(connection: Connection) -> tuple[str, ...]:
    """Return the names of the stages that some version holds now, in order of the alphabet."""
    rows = connection.execute("SELECT DISTINCT stage FROM stage_holder ORDER BY stage")
    return tuple(row[0] for row in rows)


def stages_known(connection: Connection) -> frozenset[str]:
    """Return the names of the stages that were ever assigned, as they are called now."""
    return frozenset(row[0] for row in connection.execute("SELECT DISTINCT stage FROM assignment"))


def stages_asked(connection: Connection) -> frozenset[str]:
    """Return the names of the stages that an open request asks for."""
    rows = connection.execute("SELECT DISTINCT stage FROM request WHERE state = 'open'")
    return frozenset(row[0] for row in rows)
