"""The lineage read from a catalog: both directions, level by level, with an end to everything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from modelshelf.catalog import lineage
from modelshelf.catalog.graph import _BARE_DOWN, _BARE_UP, _DOWN, _UP, LEASED
from modelshelf.catalog.lineage import graph
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.lineage import LineageEdge, LineageNode, levels, related
from tests.catalog.search_catalogs import Shelved, catalog, plan, put

DATA = "sha256:" + "c" * 64


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Open a catalog of a family: 1 led to 2 and 3, 2 led to 4, 4 led to 5; 6 is a stranger."""
    versions = [
        Shelved(1, "churn", 1, datasets=(("customers v1", DATA),), archived=True),
        Shelved(2, "churn", 2, base=1, datasets=(("customers v1", DATA), ("rows", None))),
        Shelved(3, "fraud", 1, base=1),
        Shelved(4, "fraud", 2, base=2, stages=("production", "staging")),
        Shelved(5, "fraud", 3, base=4, datasets=(("rows", None),)),
        Shelved(6, "other", 1, datasets=(("customers v1", DATA),)),
    ]
    with catalog(versions) as opened:
        put(opened, "node", [(-8, "code", "abc123", "", "git abc123")])
        put(opened, "node", [(-9, "run", "9", "9", "run 9")])
        put(opened, "edge", [(2, "built_from", -8, "told", ""), (2, "produced_by", -9, "told", "")])
        yield opened


def names(connection: sqlite3.Connection, version_id: int, hops: int) -> list[str]:
    """Return the labels of the nodes, the root first."""
    return [node.label for node in graph(connection, [version_id], hops=hops).nodes]


def test_a_lineage_goes_up_and_down_and_not_sideways(connection: sqlite3.Connection) -> None:
    """Origins and results are found; another version of the same data set or base is neither."""
    found = graph(connection, [2], hops=9)
    labels = {node.label for node in found.nodes}
    assert found.root == found.nodes[0].id == "version:2"
    assert labels == {
        "churn:v2", "churn:v1", "customers v1", "rows", "git abc123", "run 9", "fraud:v2",
        "fraud:v3",
    }  # fmt: skip
    assert related(found, found.root) == {node.id for node in found.nodes}
    assert not found.truncated


def test_hops_are_counted_in_both_directions(connection: sqlite3.Connection) -> None:
    """No hop is the thing alone; each further one adds a level above and one below."""
    assert names(connection, 4, 0) == ["fraud:v2"]
    assert names(connection, 4, 1) == ["fraud:v2", "churn:v2", "fraud:v3"]
    assert set(names(connection, 4, 2)) - set(names(connection, 4, 1)) == {
        "churn:v1", "customers v1", "rows", "git abc123", "run 9",
    }  # fmt: skip


def test_edges_lead_from_the_origin_to_the_result(connection: sqlite3.Connection) -> None:
    """Whatever the word, the arrow goes the way of time; edges between any two nodes are there."""
    edges = graph(connection, [2], hops=9).edges
    assert LineageEdge(f"dataset:{DATA}", "version:2", "trained_on") in edges
    assert LineageEdge(f"dataset:{DATA}", "version:1", "trained_on") in edges
    assert LineageEdge("dataset:rows", "version:5", "trained_on") in edges
    assert LineageEdge("version:2", "version:4", "derived_from") in edges
    assert LineageEdge("run:9", "version:2", "produced_by") in edges
    ranks = levels(graph(connection, [2], hops=9))
    assert all(ranks[edge.source] < ranks[edge.target] for edge in edges)


def test_versions_carry_their_reference_and_the_highest_stage(
    connection: sqlite3.Connection,
) -> None:
    """The ladder says which of several stages is the highest; without a stage it is the label."""
    ladder = ("staging", "production")
    nodes = {node.id: node for node in graph(connection, [4], hops=2, ladder=ladder).nodes}
    assert nodes["version:4"] == LineageNode(
        "version", "version:4", "fraud:v2", "fraud:v2", "production"
    )
    assert nodes["version:1"].stage == "archived"
    assert nodes["version:5"].stage == "draft"
    assert nodes["run:9"] == LineageNode("run", "run:9", "run 9")


def test_there_is_room_for_the_nearest_only(connection: sqlite3.Connection) -> None:
    """With too little room the nearest stay, and the answer says that there is more."""
    found = graph(connection, [4], hops=9, most=3)
    assert [node.label for node in found.nodes] == ["fraud:v2", "churn:v2", "fraud:v3"]
    assert found.truncated
    known = {node.id for node in found.nodes}
    assert all({edge.source, edge.target} <= known for edge in found.edges)
    assert not graph(connection, [4], hops=9, most=9).truncated


def test_only_one_direction_is_gone_when_asked(connection: sqlite3.Connection) -> None:
    """Up finds what it came from alone, down what came of it alone."""
    above = {node.label for node in graph(connection, [4], hops=9, ways="up").nodes}
    assert above == {
        "fraud:v2", "churn:v2", "churn:v1", "customers v1", "rows", "git abc123", "run 9",
    }  # fmt: skip
    below = [node.label for node in graph(connection, [4], hops=9, ways="down").nodes]
    assert below == ["fraud:v2", "fraud:v3"]


def test_several_things_are_all_starts(connection: sqlite3.Connection) -> None:
    """They stand first in their order, the first is the root, and the rest comes by distance."""
    found = graph(connection, [5, 3], hops=1, ways="up")
    assert found.root == "version:5"
    labels = [node.label for node in found.nodes]
    assert labels[:2] == ["fraud:v3", "fraud:v1"]
    assert sorted(labels[2:]) == ["churn:v1", "fraud:v2", "rows"]
    few = graph(connection, [5, 3, 2], hops=0, most=2)
    assert few.truncated
    assert len(few.nodes) == 2


def test_a_damaged_catalog_has_an_end_too(connection: sqlite3.Connection) -> None:
    """A circle is followed once, and what is not there is not shown."""
    damage = [
        (1, "derived_from", 5, "told", "churn:v9"),
        (1, "derived_from", 1, "told", "itself"),
        (1, "derived_from", 77, "told", "gone:v1"),
        (1, "derived_from", -77, "told", "gone"),
        (1, "derived_from", 0, "told", "nothing"),
        (77, "derived_from", -(2**63), "told", "far"),
    ]
    put(connection, "edge", damage)
    found = graph(connection, [2], hops=100)
    assert len(found.nodes) == 8
    assert not found.truncated
    known = {node.id for node in found.nodes}
    assert all({edge.source, edge.target} <= known for edge in found.edges)
    assert levels(found).keys() == known


def test_two_things_under_one_id_are_shown_once(connection: sqlite3.Connection) -> None:
    """A thing that another hand wrote as if it were a version does not stand beside it."""
    put(
        connection,
        "node",
        [(-70, "version", "1", "x", "\x1b[31mnot me"), (-71, "v\x07", "", "", "")],
    )
    put(connection, "edge", [(2, kind, n, "told", "") for n in (-70, -71) for kind in ("a", "b")])
    found = graph(connection, [2], hops=2)
    ids = [node.id for node in found.nodes]
    assert len(ids) == len(set(ids))
    assert len(found.edges) == len(set(found.edges))


def test_the_edges_have_an_end_too(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few things with very many edges are cut as well, and the answer says so."""
    monkeypatch.setattr(lineage, "EDGES_MOST", 3)
    found = graph(connection, [2], hops=9)
    assert len(found.edges) == 3
    assert found.truncated


def test_consumers_of_leases_are_things_too(connection: sqlite3.Connection) -> None:
    """They come of a version, are one with those linked by hand, and can be asked about."""
    put(
        connection, "node", [(-50, "consumer", "api", "api", "api"), (-51, "run", "job", "", "job")]
    )
    put(connection, "edge", [(-50, "consumed_by", 4, "hand", "api")])
    leases = [("api", 4, "x", 0, 0, 1), ("job", 4, "x", 0, 0, 1), ("12", 2, "x", 0, 0, 1)]
    put(connection, "lease", leases)
    found = graph(connection, [4], hops=1, ways="down", leased=True)
    assert {node.id for node in found.nodes} == {
        "version:4", "version:5", "consumer:api", "consumer:job",
    }  # fmt: skip
    assert [(e.target, e.origin) for e in found.edges if e.kind == "consumed_by"] == [
        ("consumer:api", "hand"), ("consumer:api", "lease"), ("consumer:job", "lease"),
    ]  # fmt: skip
    assert "consumer:job" not in {n.id for n in graph(connection, [4], hops=1).nodes}
    for end in (-50, "job"):
        assert "version:4" in {n.id for n in graph(connection, [end], hops=1, leased=True).nodes}
    assert [n.id for n in graph(connection, ["12"], hops=1, leased=True).nodes] == [
        "consumer:12", "version:2",
    ]  # fmt: skip


def test_what_is_not_there_is_said(connection: sqlite3.Connection) -> None:
    """An unknown version and a negative distance are sentences."""
    with pytest.raises(NotFound, match="no version with the id 99"):
        graph(connection, [99], hops=1)
    with pytest.raises(Invalid, match="number of hops"):
        graph(connection, [1], hops=-1)


def test_a_long_and_wide_family_takes_one_statement_a_level() -> None:
    """Forty generations of fifty are read in a moment and cut at the room there is."""
    versions = [Shelved(n, "m", n, base=max(1, n - 50) if n > 1 else None) for n in range(1, 3_001)]
    statements: list[str] = []
    with catalog(versions) as connection:
        connection.set_trace_callback(statements.append)
        found = graph(connection, [1], hops=40)
        connection.set_trace_callback(None)
        assert len(found.nodes) == 2_000
        assert found.truncated
        assert len(statements) < 100


@pytest.mark.parametrize("statement", [_UP, _DOWN, _BARE_UP, _BARE_DOWN, LEASED])
def test_levels_are_read_by_index(connection: sqlite3.Connection, statement: str) -> None:
    """Neither direction scans edges or leases, and each takes all it wants from an index."""
    lines = plan(connection, statement, {"wanted": "[1]"})
    found = [line for line in lines if line.startswith(("SEARCH e USING", "SEARCH l USING"))]
    assert len(found) == 1
    assert "COVERING INDEX" in found[0] or "PRIMARY KEY" in found[0]
    assert not [line for line in lines if line.startswith(("SCAN e", "SCAN l", "SCAN n"))]
