"""All ids that a search finds: in the order of its pages, and ended as soon as nobody waits."""

from __future__ import annotations

import random
import sqlite3
from array import array
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.catalog.search import search
from modelshelf.catalog.search_ids import search_ids
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.query import Query, parse_query
from tests.catalog.search_catalogs import Shelved, catalog

TEXTS = (
    "", "churn", "format:onnx", "model:risk/*", "metrics.auc>0.3", "-metrics.auc:*",
    "tag.team:risk format:onnx", "by:nobody", 'model:"risk/churn"', "is:archived",
)  # fmt: skip
SORTS = ("", "oldest", "name", "-name", "size", "-size", "metrics.auc", "-metrics.auc")


def shelf(seed: int, size: int, stride: int = 1) -> list[Shelved]:
    """Make versions of three models; many share a size or a metric."""
    pick = random.Random(seed)  # noqa: S311 - test data
    numbers: dict[str, int] = {}
    made = []
    for place in range(1, size + 1):
        model = pick.choice(("risk/churn", "risk/fraud", "nlp"))
        numbers[model] = numbers.get(model, 0) + 1
        made.append(
            Shelved(
                place * stride, model, numbers[model],
                size=pick.randint(1, 3), format=pick.choice(("onnx", "gguf")),
                archived=pick.random() < 0.2,
                metrics={"auc": pick.choice((0.1, 0.5, 0.9))} if pick.random() < 0.7 else {},
                tags={"team": pick.choice(("risk", "nlp"))} if pick.random() < 0.5 else {},
            )
        )  # fmt: skip
    return made


def paged(connection: sqlite3.Connection, query: Query, sort: str) -> list[int]:
    """Return what the pages of a search say, one after the other."""
    found, after = search(connection, query, sort=sort, limit=7)
    while after is not None:
        more, after = search(connection, query, sort=sort, limit=7, after=after)
        found += more
    return found


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(0, 40),
    stride=st.sampled_from((1, 3)),
    text=st.sampled_from(TEXTS),
    sort=st.sampled_from(SORTS),
)
def test_all_ids_are_those_of_the_pages_in_their_order(
    seed: int, size: int, stride: int, text: str, sort: str
) -> None:
    """Whatever is asked for in whatever order, nothing is left out, doubled or moved."""
    query = parse_query(text)
    with catalog(shelf(seed, size, stride)) as connection:
        assert list(search_ids(connection, query, sort=sort)) == paged(connection, query, sort)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Open a catalog of forty versions."""
    with catalog(shelf(1, 40)) as opened:
        yield opened


def test_all_versions_by_age_take_no_room(connection: sqlite3.Connection) -> None:
    """Where every id is a version's, the whole list is a range; a filter's is eight bytes a row."""
    assert search_ids(connection, Query()) == range(40, 0, -1)
    assert search_ids(connection, Query(), sort="oldest") == range(1, 41)
    some = search_ids(connection, parse_query("format:onnx"))
    assert isinstance(some, array)
    assert some.itemsize == 8


@pytest.mark.parametrize(("text", "count", "sorts"), [("chu", 380, False), ("nlp", 20, True)])
def test_what_most_versions_have_is_walked_and_what_few_have_is_sorted(
    text: str, count: int, *, sorts: bool
) -> None:
    """No list of all versions is ever sorted in memory: the table itself has the order."""
    versions = [Shelved(n, "nlp" if n % 20 == 0 else "churn", n) for n in range(1, 401)]
    with catalog(versions) as large:
        asked: list[str] = []
        large.set_trace_callback(asked.append)
        found = search_ids(large, parse_query(text))
        large.set_trace_callback(None)
        (whole,) = (statement for statement in asked if statement.startswith("WITH found"))
        plan = large.execute(f"EXPLAIN QUERY PLAN {whole}").fetchall()
    assert len(found) == count
    assert any("TEMP B-TREE FOR ORDER BY" in row[3] for row in plan) == sorts, plan


def test_a_gap_in_the_ids_is_seen() -> None:
    """A past that holds one model only has gaps, and no id is made up for them."""
    with catalog([one for one in shelf(1, 40) if one.model == "nlp"]) as connection:
        ids = search_ids(connection, Query())
        assert list(ids) == paged(connection, Query(), "")
        assert len(ids) < max(ids)


def test_a_question_that_nobody_waits_for_ends(connection: sqlite3.Connection) -> None:
    """Once it is stopped it says so, and the connection answers the next question."""
    looked: list[int] = []

    def stop() -> bool:
        looked.append(1)
        return True

    with catalog(shelf(2, 3_000)) as large:
        with pytest.raises(Unavailable, match="stopped"):
            search_ids(large, parse_query("format:*"), sort="-metrics.auc", stop=stop)
        assert len(looked) == 1
        assert len(search_ids(large, Query(), sort="name")) == 3_000
    assert len(search_ids(connection, Query(), sort="name", stop=lambda: False)) == 40


def test_a_question_that_takes_too_long_is_given_up() -> None:
    """The time allowed holds for the whole of it."""
    ticks = iter(range(1_000_000))
    with catalog(shelf(3, 3_000)) as large, pytest.raises(Unavailable, match="given up"):
        search_ids(
            large, parse_query("format:*"), sort="-metrics.auc", budget=0.5,
            clock=lambda: next(ticks),
        )  # fmt: skip


def test_an_order_that_is_none_is_refused(connection: sqlite3.Connection) -> None:
    """As in a search of one page."""
    with pytest.raises(Invalid):
        search_ids(connection, Query(), sort="id; DROP TABLE version")
