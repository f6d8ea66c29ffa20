"""The statements of a search: which term drives it, and what is joined, tested and sorted.

The planner of the database is left no choice: tables are joined by CROSS JOIN in the order written
here, because only we know that a page is wanted in the order of an index.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.catalog.search_order import (
    Ordering,
    Place,
    by_age,
    by_metric,
    by_name,
    by_number,
    by_value,
)
from modelshelf.catalog.search_sources import EVERYTHING, VERSIONS, Source, source
from modelshelf.catalog.search_terms import Bound, condition
from modelshelf.domain.query import Query, Sort, Term

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

# A version that is gathered is read from anywhere, one that is walked past lies beside the last;
# measured at a million versions, the first costs six times the second.
GATHER_COST = 6
_BY_NAME = Source(f"model AS m CROSS JOIN {VERSIONS} ON v.model_id = m.id")


@dataclass(frozen=True, slots=True)
class Search:
    """A search of one page.

    Attributes:
        query: The terms.
        sort: The order.
        limit: Rows of a page.
        place: Where the page before ended.
    """

    query: Query
    sort: Sort
    limit: int
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What drives a search.

    Attributes:
        term: The term; ``None`` for all versions.
        few: Whether it leads to so few versions that they may be gathered and sorted.
        none: Whether it leads to no version at all.
    """

    term: Term | None
    few: bool = False
    none: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement and the values bound to its names; ``:most`` is how many rows."""

    sql: str
    values: dict[str, object]


def choose(connection: Connection, asked: Search) -> Choice:
    """Return the term that leads to the fewest versions, counted up to where walking is cheaper."""
    newest: int = connection.execute("SELECT coalesce(max(id), 0) FROM version").fetchone()[0]
    most = max(asked.limit, math.isqrt(asked.limit * newest // GATHER_COST)) + 1
    best, least = None, most
    for term in asked.query.terms:
        bind = Bound()
        driving = source(term, bind)
        if driving is None:
            continue
        rows = connection.execute(driving.count(bind(most)), bind.values).fetchone()[0]
        if rows < least:
            best, least = term, rows
    if best is not None:
        return Choice(best, few=True, none=least == 0)
    return Choice(_walkable(asked))


def _walkable(asked: Search) -> Term | None:
    """Return a term whose index yields versions in the order of their ids."""
    for term in asked.query.terms:
        driving = source(term, Bound())
        if driving is not None and driving.order:
            return term
    return None


def statements(asked: Search, choice: Choice) -> Iterator[Statement]:
    """Yield the statements that answer the search one after the other."""
    if choice.none:
        return
    sort, place = asked.sort, asked.place
    by_age_only = sort.by in ("newest", "oldest")
    if by_age_only or choice.few:
        yield _driven(asked, choice)
    elif sort.by == "name":
        bind = Bound()
        yield _statement(_BY_NAME, asked.query.terms, by_name(sort, place, bind), bind)
    elif sort.by == "size":
        bind = Bound()
        ordering = by_value("v.size", "v.id", place, bind, down=sort.descending)
        yield _statement(EVERYTHING, asked.query.terms, ordering, bind)
    else:
        yield from _by_metric(asked, choice)


def _driven(asked: Search, choice: Choice) -> Statement:
    """Return the statement that begins at the chosen term's index."""
    bind = Bound()
    driving = (source(choice.term, bind) if choice.term else None) or EVERYTHING
    tests = [term for term in asked.query.terms if term is not choice.term]
    return _statement(driving, tests, _ordering(asked, driving, bind), bind)


def _ordering(asked: Search, driving: Source, bind: Bound) -> Ordering:
    sort, place, row = asked.sort, asked.place, driving.row
    # A plus keeps the planner from an index that has the order but not the term.
    plain = row if driving.order else f"+{row}"
    match sort.by:
        case "name":
            return by_name(sort, place, bind)
        case "size":
            return by_value("+v.size", row, place, bind, down=sort.descending)
        case "metrics":
            return by_metric(sort, row, place, bind)
        case _ if driving.order == "number":
            return by_number(place, bind, oldest=sort.by == "oldest")
        case _:
            return by_age(plain, place, bind, oldest=sort.by == "oldest")


def _by_metric(asked: Search, choice: Choice) -> Iterator[Statement]:
    """Yield the walk along the metric's index, then the versions that lack the metric."""
    sort, place, terms = asked.sort, asked.place, asked.query.terms
    if place is None or place.key is not None:
        bind = Bound()
        driving = Source("metric AS s", f"s.key = {bind(sort.key)}", "s.version_id")
        ordering = by_value("s.value", "s.version_id", place, bind, down=sort.descending)
        yield _statement(driving, terms, ordering, bind)
        place = None
    if any(t.field == "metrics" and t.key == sort.key and not t.negated for t in terms):
        return
    lacking = Term("metrics", sort.key, pattern="any", negated=True)
    rest = Search(Query((*terms, lacking)), Sort("newest"), asked.limit, place)
    yield _driven(rest, choice)


def _statement(
    driving: Source, tests: list[Term] | tuple[Term, ...], ordering: Ordering, bind: Bound
) -> Statement:
    where = [driving.where, *(condition(term, driving.row, bind) for term in tests), ordering.past]
    tested = " AND ".join(part for part in where if part and part != "TRUE") or "TRUE"
    spoken = f"{tested} {ordering.key} {ordering.order_by}"
    tables = driving.tables
    needs_model = re.search(r"\bm\.", spoken) is not None and "model AS m" not in tables
    if VERSIONS not in tables and (needs_model or re.search(r"\bv\.", spoken)):
        tables += f" CROSS JOIN {VERSIONS} ON v.id = {driving.row}"
    if needs_model:
        tables += " CROSS JOIN model AS m ON m.id = v.model_id"
    sql = (
        f"SELECT {driving.row}, {ordering.key} FROM {tables} {ordering.join} WHERE {tested}"
        f" ORDER BY {ordering.order_by} LIMIT :most"
    )
    return Statement(sql, bind.values)
