"""Answer a search with the ids of versions, a page at a time.

Measured shape (docs/design.md, "Search"): a term that leads to few versions is gathered and sorted;
else an index that is in the order asked for is walked until the page is full, and the other terms
are tested by primary key on the way. What would take longer than the time allowed is given up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelshelf.catalog import driver
from modelshelf.catalog.search_order import Place, read_cursor, write_cursor
from modelshelf.catalog.search_plan import Search, choose, statements
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.query import Query, Sort, parse_sort
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

LIMIT_MOST = 1_000
BUDGET = 2.0
_STEPS = 10_000  # virtual machine steps between two looks at the clock, about 0.2 ms


def search(
    connection: Connection,
    query: Query,
    *,
    sort: str = "",
    limit: int = 50,
    after: str | None = None,
    budget: float = BUDGET,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[int], str | None]:
    """Return the ids of a page of versions that meet ``query``, and where the next page begins.

    Args:
        connection: A reader of the catalog; its progress handler is used meanwhile.
        query: What to look for.
        sort: The order as typed; without one the query's own, else newest first.
        limit: The most ids to return, 1 to 1,000.
        after: What the page before returned as its second value.
        budget: Seconds after which the search is given up.
        clock: Seconds that never go back.

    Returns:
        The ids, and ``None`` at the end.

    Raises:
        Invalid: The order cannot be read, the limit is out of range, or ``after`` was not given by
            a search in this order.
        Unavailable: The budget is spent.
    """
    if type(limit) is not int or not 1 <= limit <= LIMIT_MOST:
        raise Invalid(
            f"{safe(limit, 40)!r} is no number of rows for a page", required=f"1 to {LIMIT_MOST:,}"
        )
    order = ordered_by(query, sort)
    place = None if after is None else read_cursor(order, after)
    with within(connection, budget, clock):
        places = _run(connection, Search(query, order, limit, place))
    more = len(places) > limit
    ids = [found.id for found in places[:limit]]
    return ids, write_cursor(order, places[limit - 1]) if more else None


def ordered_by(query: Query, sort: str) -> Sort:
    """Return the order asked for: the one typed apart, else the query's own, else newest first.

    Raises:
        Invalid: It cannot be read.
    """
    if sort:
        return parse_sort(sort)
    return Sort() if query.sort is None else query.sort


@contextmanager
def within(
    connection: Connection,
    budget: float,
    clock: Callable[[], float],
    stop: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """Give up what is asked of ``connection`` meanwhile once the time is over or ``stop`` says so.

    Raises:
        Unavailable: It was given up.
    """
    end = clock() + budget
    spent = stopped = False

    def look() -> int:
        nonlocal spent, stopped
        spent = clock() > end
        stopped = stop is not None and stop()
        return int(spent or stopped)

    connection.set_progress_handler(look, _STEPS)
    try:
        yield
    except driver.OperationalError as exc:
        if stopped:
            raise Unavailable("the search was stopped, because nobody waits for it") from exc
        if not spent:
            raise
        raise Unavailable(
            f"the search took longer than {budget:g} seconds and was given up",
            hint="Narrow the search: name a model, a stage, a tag or a metric's range.",
        ) from exc
    finally:
        connection.set_progress_handler(None, 0)


def _run(connection: Connection, asked: Search) -> list[Place]:
    """Return the places of one row more than a page, if there are that many."""
    found: list[Place] = []
    for statement in statements(asked, choose(connection, asked)):
        left = asked.limit + 1 - len(found)
        if left > 0:
            rows = connection.execute(statement.sql, {**statement.values, "most": left})
            found.extend(Place(key, ident) for ident, key in rows)
    return found
