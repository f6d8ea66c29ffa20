"""Answer a search with the ids of all versions it finds, in order: what a list of any length needs.

Eight bytes a version: at a million versions the whole answer is small, any page of it can be read
by its place, and its length is exact. The statements are those of a page without its end.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from modelshelf.catalog.search import ordered_by, within
from modelshelf.catalog.search_plan import GATHER_COST, Search, choose, statements
from modelshelf.domain.query import Query

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

BUDGET = 20.0
_ALL = -1  # no limit, as SQLite has it


def search_ids(
    connection: Connection,
    query: Query,
    *,
    sort: str = "",
    budget: float = BUDGET,
    stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Sequence[int]:
    """Return the ids of all versions that meet ``query``, in order.

    Args:
        connection: A reader of the catalog; its progress handler is used meanwhile.
        query: What to look for.
        sort: The order as typed; without one the query's own, else newest first.
        budget: Seconds after which the search is given up.
        stop: Is asked now and then whether nobody waits any more.
        clock: Seconds that never go back.

    Returns:
        A ``range`` where all versions are asked for by age, else an ``array``.

    Raises:
        Invalid: The order cannot be read.
        Unavailable: The budget is spent, or it was stopped.
    """
    order = ordered_by(query, sort)
    with within(connection, budget, clock, stop):
        if not query.terms and order.by in ("newest", "oldest"):
            newest = _newest_if_dense(connection)
            if newest is not None:
                return range(1, newest + 1)[:: 1 if order.by == "oldest" else -1]
        asked = Search(query, order, limit=_worth_gathering(connection))
        found = array("q")
        for statement in statements(asked, choose(connection, asked)):
            # The sort key is of no use here, and a million names would be made for nothing.
            sql = f"WITH found(id, key) AS ({statement.sql}) SELECT id FROM found"
            rows = connection.execute(sql, {**statement.values, "most": _ALL})
            found.extend(chain.from_iterable(rows))
        return found


def _worth_gathering(connection: Connection) -> int:
    """Return how many versions are sooner gathered and sorted than all of them walked past.

    What is gathered is sorted in memory: 80 MB for a word that every one of a million versions has.
    What is walked past needs none, and took half the time there. For a page with so many rows it is
    also just where `choose` draws the line.
    """
    newest: int = connection.execute("SELECT coalesce(max(id), 0) FROM version").fetchone()[0]
    return max(newest // GATHER_COST, 1)


def _newest_if_dense(connection: Connection) -> int | None:
    """Return the highest id if every id below it is a version's; nothing is ever deleted.

    It is not so in a past that holds some models only, and where somebody wrote into the tables.
    """
    least, most, rows = connection.execute(
        "SELECT (SELECT min(id) FROM version), (SELECT max(id) FROM version),"
        " (SELECT count(*) FROM version)"
    ).fetchone()
    if rows == 0:
        return 0
    return int(most) if least == 1 and most == rows else None
