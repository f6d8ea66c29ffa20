"""Searching: pages and cursors, the time allowed, and values as the projection writes them."""

from __future__ import annotations

import base64
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.catalog import driver
from modelshelf.catalog.projection import apply
from modelshelf.catalog.rows import Rows, Stamp
from modelshelf.catalog.search import search
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.events import ModelCreated, VersionRegistered
from modelshelf.domain.query import Query, parse_query
from tests.catalog.search_catalogs import Shelved, catalog


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Open a catalog of nine versions of two models."""
    versions = [
        Shelved(
            n, "churn" if n % 2 else "fraud", (n + 1) // 2, metrics={"auc": n / 10} if n > 3 else {}
        )
        for n in range(1, 10)
    ]
    with catalog(versions) as opened:
        yield opened


def ids(connection: sqlite3.Connection, text: str, sort: str = "", limit: int = 50) -> list[int]:
    """Return the ids of the first page."""
    return search(connection, parse_query(text), sort=sort, limit=limit)[0]


def test_the_newest_come_first_without_an_order(connection: sqlite3.Connection) -> None:
    """An empty search lists everything, the newest first, and says that there is no more."""
    assert search(connection, Query()) == ([9, 8, 7, 6, 5, 4, 3, 2, 1], None)


def test_an_order_given_beats_the_order_typed(connection: sqlite3.Connection) -> None:
    """The order among the terms counts unless the caller names one."""
    assert ids(connection, "churn sort:oldest") == [1, 3, 5, 7, 9]
    assert ids(connection, "churn sort:oldest", sort="newest") == [9, 7, 5, 3, 1]


def test_versions_without_the_metric_come_last(connection: sqlite3.Connection) -> None:
    """Sorting by a metric hides nothing, unless the search asks for the metric."""
    assert ids(connection, "", sort="metrics.auc") == [4, 5, 6, 7, 8, 9, 3, 2, 1]
    assert ids(connection, "metrics.auc>0.5", sort="-metrics.auc") == [9, 8, 7, 6]


def test_a_page_that_ends_at_the_last_row_is_the_last(connection: sqlite3.Connection) -> None:
    """There is no empty page at the end."""
    first, after = search(connection, Query(), limit=5)
    assert after is not None
    assert search(connection, Query(), limit=4, after=after) == ([4, 3, 2, 1], None)
    assert first == [9, 8, 7, 6, 5]


def test_what_is_registered_meanwhile_moves_no_page(connection: sqlite3.Connection) -> None:
    """The second page begins where the first ended, whatever came before it since."""
    _, after = search(connection, Query(), limit=3)
    connection.execute(
        "INSERT INTO version SELECT 10, model_id, 99, digest, kind, name, size, format, verdict,"
        " created_us, created_by, archived, yanked, freed, base_id, '', '', '', NULL"
        " FROM version WHERE id = 9"
    )
    assert search(connection, Query(), limit=3, after=after)[0] == [6, 5, 4]


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_page_has_one_to_a_thousand_rows(connection: sqlite3.Connection, limit: int) -> None:
    """Other limits are refused."""
    with pytest.raises(Invalid, match="no number of rows"):
        search(connection, Query(), limit=limit)


def packed(value: object) -> str:
    """Return a value in the wrapping of a cursor."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "", "x", "é", "%%%", "A" * 5_000, packed([]), packed(["newest", None]), packed(None),
        packed({"newest": 1}), packed([[[]]]), base64.b64encode(b"[" * 900).decode(),
        packed(["newest", None, "7"]), packed(["newest", None, -1]), packed(["newest", None, True]),
        packed(["newest", None, 2**70]), packed(["newest", "key", 7]), packed(["oldest", None, 7]),
        packed(["newest", None, 1.5]),
    ],
)  # fmt: skip
def test_a_place_of_another_search_is_refused(connection: sqlite3.Connection, after: str) -> None:
    """A cursor that was made up, cut or taken from another order is no failure of ours."""
    with pytest.raises(Invalid, match="is no place to go on from"):
        search(connection, Query(), after=after)


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("name", 3), ("name", "é\udc80"), ("size", 1.5), ("size", -1), ("size", None),
        ("size", True),
        ("metrics.auc", 3), ("metrics.auc", "0.5"), ("metrics.auc", 1e999), ("metrics.auc", [1.0]),
    ],
)  # fmt: skip
def test_a_place_with_a_wrong_key_is_refused(
    connection: sqlite3.Connection, sort: str, key: object
) -> None:
    """The key of a cursor is of the kind that its order sorts by."""
    with pytest.raises(Invalid, match="is no place to go on from"):
        search(connection, Query(), sort=sort, after=packed([sort, key, 5]))


@given(
    st.text(max_size=60)
    | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
def test_no_cursor_breaks_a_search(after: str) -> None:
    """Any text as a cursor is a place or a sentence."""
    with catalog([]) as connection:
        try:
            answer = search(connection, Query(), after=after)
        except Invalid:
            answer = ([], None)
        assert answer == ([], None)


MANY = [Shelved(n, "churn", n) for n in range(1, 8_001)]


def ticks(*seconds: float) -> Callable[[], float]:
    """Return a clock that shows these seconds, the last one for ever."""
    shown = itertools.chain(seconds[:-1], itertools.repeat(seconds[-1]))
    return lambda: next(shown)


def test_a_search_that_takes_too_long_is_given_up() -> None:
    """After the time allowed it ends with a sentence, and the connection goes on working."""
    with catalog(MANY) as connection:
        with pytest.raises(Unavailable, match=r"longer than 2 seconds.*Narrow the search"):
            search(connection, parse_query("by:nobody"), clock=ticks(0.0, 2.5))
        assert search(connection, parse_query("by:nobody"), clock=ticks(0.0, 1.9)) == ([], None)
        assert connection.execute("SELECT sum(id) FROM version").fetchone() == (8_000 * 8_001 // 2,)


def test_a_search_that_somebody_else_stops_is_not_called_slow() -> None:
    """An interruption from outside is passed on as it is."""
    with catalog(MANY) as connection:

        def stop() -> float:
            connection.interrupt()
            return 0.0

        with pytest.raises(driver.OperationalError, match="interrupted"):
            search(connection, parse_query("by:nobody"), clock=stop)


def test_what_the_projection_writes_is_found() -> None:
    """Data sets, parameters and tags in the very form in which a registration stores them."""
    event = VersionRegistered(
        7, 1, "churn", 1,
        {"digest": "ab" * 32, "kind": "file", "name": "m.onnx", "size": 3,
         "files": [{"path": "m.onnx", "size": 3, "digest": "ab" * 32}]},
        {"format": "onnx"},
        {"params": {"lr": "1e-2", "solver": "lbfgs"}, "tags": {"team": "Risk & Co"},
         "metrics": {"auc": 1},
         "datasets": [{"name": "customers", "version": "v3", "digest": "sha256:" + "c" * 64}]},
        "inbox",
    )  # fmt: skip
    with catalog([]) as connection:
        out = Rows(connection.execute, connection.executemany)
        apply(ModelCreated(1, "churn"), Stamp(1, 0, "ana"), out)
        apply(event, Stamp(2, 0, "ana"), out)
        out.flush()
        for text in (
            "params.lr=0.01", "params.solver=lbfgs", 'tag.team:"Risk & Co"', "isk", "CO",
            "metrics.auc=1", "dataset:customers", 'dataset:"customers v3"', "dataset:cust*",
            f"dataset:sha256:{'c' * 64}", "dataset:sha256:cccc*",
            "dataset:customers@v3", "digest:abab", "is:draft", "is:latest", "format:onnx",
            "by:ana", "churn",
        ):  # fmt: skip
            assert ids(connection, text) == [7], text
            assert ids(connection, text, sort="name") == [7], text
        for text in (
            "params.lr=0.1",
            "dataset:customer",
            "dataset:v3",
            "dataset:sha256:d*",
            "dataset:customers@v4",
            "tag.team:risk",
            "stage:*",
        ):
            assert ids(connection, text) == [], text
