"""The walks of the lineage agree with plain dictionaries, in any graph, circles and all."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.catalog import driver
from modelshelf.catalog.graph import Edges, Front, fitting, nearest_common, reached, shortest
from modelshelf.domain.things import Asked
from tests.catalog.search_catalogs import catalog, put

Pairs = list[tuple[int, int]]  # parent, child
IDS = st.sampled_from([-4, -3, -2, -1, 1, 2, 3, 4, 5, 6])
PAIRS = st.lists(st.tuples(IDS, IDS), max_size=18, unique=True)
ENDS = st.lists(IDS, min_size=1, max_size=2, unique=True)


@functools.cache
def _catalog() -> sqlite3.Connection:
    with catalog([]) as opened:
        kept: sqlite3.Connection = driver.dbapi.connect(":memory:", isolation_level=None)
        for (sql,) in opened.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'edge'"):
            if sql:
                kept.execute(sql)
    return kept


@contextmanager
def edges(pairs: Iterable[tuple[int, int]]) -> Iterator[sqlite3.Connection]:
    """Open a catalog in which these are the edges."""
    connection = _catalog()
    connection.execute("BEGIN")
    put(
        connection, "edge", [(child, "derived_from", parent, "told", "") for parent, child in pairs]
    )
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")


def distances(pairs: Pairs, starts: Iterable[int]) -> dict[int, int]:
    """Return what can be reached from ``starts`` down ``pairs`` in the plainest way."""
    found = dict.fromkeys(starts, 0)
    for distance in range(len(pairs) + 1):
        for parent, child in pairs:
            if found.get(parent) == distance:
                found.setdefault(child, distance + 1)
    return found


def turned(pairs: Pairs) -> Pairs:
    """Return the edges the other way round."""
    return [(child, parent) for parent, child in pairs]


@settings(max_examples=60)
@given(PAIRS, ENDS)
def test_what_is_reached_and_how_far_it_is(pairs: Pairs, starts: list[int]) -> None:
    """Every distance is that of the shortest way, up and down, in any graph."""
    with edges(pairs) as connection:
        assert reached(connection, starts, "down") == distances(pairs, starts)
        assert reached(connection, starts, "up") == distances(turned(pairs), starts)


@settings(max_examples=60)
@given(PAIRS, ENDS)
def test_the_way_to_everything_is_a_shortest_one(pairs: Pairs, starts: list[int]) -> None:
    """It begins at a start, goes along edges, and has as many steps as the distance."""
    with edges(pairs) as connection:
        front = Front(Edges(connection), starts, "down").to_end()
        lengths = distances(pairs, starts)
        assert front.before.keys() == lengths.keys()
        for ident, length in lengths.items():
            way = front.way(ident)
            assert (way[0] in starts, way[-1], len(way)) == (True, ident, length + 1)
            assert set(pairwise(way)) <= set(pairs)
            short = front.way(ident, 3)
            assert short == (way if length < 3 else [way[0], *way[-2:]])


@settings(max_examples=120)
@given(PAIRS, ENDS, ENDS)
def test_the_shortest_way_between_two(pairs: Pairs, ones: list[int], others: list[int]) -> None:
    """There is one when there is any, along edges, and none is shorter."""
    lengths = distances(pairs, ones)
    least = min((lengths[other] for other in others if other in lengths), default=None)
    with edges(pairs) as connection:
        way = shortest(Edges(connection), ones, others)
    if way is None:
        assert least is None
        return
    assert least == len(way) - 1
    assert way[0] in ones
    assert way[-1] in others
    assert set(pairwise(way)) <= set(pairs)


@settings(max_examples=120)
@given(PAIRS, IDS, IDS)
def test_the_nearest_common_origins(pairs: Pairs, first: int, second: int) -> None:
    """What both came from and nothing that came of it too; a thing is its own origin."""
    pairs = [(parent, child) for parent, child in pairs if parent < child]  # no circle
    ours, theirs = (distances(turned(pairs), [one]) for one in (first, second))
    shared = ours.keys() & theirs.keys()
    below = {one: distances(pairs, [one]).keys() - {one} for one in shared}
    wanted = {(one, ours[one], theirs[one]) for one in shared if not below[one] & shared}
    with edges(pairs) as connection:
        found = nearest_common(Edges(connection), [first], [second])
    assert set(found) == wanted
    assert len(found) == len(wanted)


def test_a_circle_of_common_origins_has_an_answer() -> None:
    """Where everything stands above everything, something is said all the same."""
    with edges([(1, 2), (2, 1), (1, 3), (2, 4)]) as connection:
        assert sorted(nearest_common(Edges(connection), [3], [4])) == [(1, 1, 2), (2, 2, 1)]


def test_a_level_is_one_statement() -> None:
    """However wide a graph is, each question takes one statement a level."""
    wide = [(place, 100 * (place // 100 + 1) + n) for place in range(1, 500) for n in range(5)]
    with edges(wide) as connection:
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        found = reached(connection, [1], "down")
        depth = max(found.values())
        assert len(statements) == depth + 1  # one more finds nothing
        statements.clear()
        Front(Edges(connection), [1], "down").to_end()
        assert len(statements) == depth + 1
        statements.clear()
        assert shortest(Edges(connection), [1], [max(found)]) is not None
        assert len(statements) <= depth
        connection.set_trace_callback(None)


def test_the_narrower_end_is_walked() -> None:
    """Half of a graph came of a data set; the way to one version is found from the version."""
    hub = [(-1, version) for version in range(1, 3_000)] + [(2_999, 3_001)]
    with edges(hub) as connection:
        read: list[int] = []

        class Counted(Edges):
            def pairs(self, *asked: object) -> Iterator[tuple[int | str, int | str]]:
                for pair in super().pairs(*asked):  # type: ignore[arg-type]
                    read.append(1)
                    yield pair

        assert shortest(Counted(connection), [3_000], [3_001]) is None
        assert shortest(Counted(connection), [-1], [3_001]) == [-1, 2_999, 3_001]
        assert len(read) <= 4


def test_a_name_means_the_oldest_first() -> None:
    """Of several versions of a data set the one that was known first leads."""
    with catalog([]) as connection:
        things = [(-n, "dataset", f"customers {n}", "customers", f"customers {n}") for n in (2, 3)]
        put(connection, "node", [*things, (-1, "dataset", "a", "customers", "customers x")])
        assert fitting(connection, Asked("dataset", "customers")) == (-1, -2, -3)
        assert fitting(connection, Asked("dataset", "customers@3")) == (-3,)
        assert fitting(connection, Asked("dataset", "customers 3")) == (-3,)
        assert fitting(connection, Asked("run", "customers")) == ()


@pytest.mark.parametrize("text", ["12", "'; --", "[1]", "\N{PILE OF POO}", "1e9"])
def test_the_name_of_a_consumer_is_no_id(text: str) -> None:
    """Whatever a consumer calls itself, it is not taken for a version."""
    with catalog([]) as connection:
        put(connection, "edge", [(5, "derived_from", int(json.loads("12")), "told", "")])
        put(connection, "lease", [(text, 7, "x", 0, 0, 1)])
        found = Edges(connection, [text], leased=True)
        assert list(found.pairs([text], "down")) == []
        assert list(found.pairs([text], "up")) == [(text, 7)]
