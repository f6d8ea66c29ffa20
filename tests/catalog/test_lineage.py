"""The lineage read from a catalog: both directions, level by level, with an end to everything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

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
        put(opened, "edge", [(2, "built_from", "code", "abc123", "git abc123")])
        put(opened, "edge", [(2, "produced_by", "run", "9", "run 9")])
        yield opened


def names(connection: sqlite3.Connection, version_id: int, hops: int) -> list[str]:
    """Return the labels of the nodes, the root first."""
    return [node.label for node in graph(connection, version_id, hops=hops).nodes]


def test_a_lineage_goes_up_and_down_and_not_sideways(connection: sqlite3.Connection) -> None:
    """Origins and results are found; another version of the same data set or base is neither."""
    found = graph(connection, 2, hops=9)
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
    edges = graph(connection, 2, hops=9).edges
    assert LineageEdge(f"dataset:{DATA}", "version:2", "trained_on") in edges
    assert LineageEdge(f"dataset:{DATA}", "version:1", "trained_on") in edges
    assert LineageEdge("dataset:rows", "version:5", "trained_on") in edges
    assert LineageEdge("version:2", "version:4", "derived_from") in edges
    assert LineageEdge("run:9", "version:2", "produced_by") in edges
    ranks = levels(graph(connection, 2, hops=9))
    assert all(ranks[edge.source] < ranks[edge.target] for edge in edges)


def test_versions_carry_their_reference_and_the_highest_stage(
    connection: sqlite3.Connection,
) -> None:
    """The ladder says which of several stages is the highest; without a stage it is the label."""
    ladder = ("staging", "production")
    nodes = {node.id: node for node in graph(connection, 4, hops=2, ladder=ladder).nodes}
    assert nodes["version:4"] == LineageNode(
        "version", "version:4", "fraud:v2", "fraud:v2", "production"
    )
    assert nodes["version:1"].stage == "archived"
    assert nodes["version:5"].stage == "draft"
    assert nodes["run:9"] == LineageNode("run", "run:9", "run 9")


def test_there_is_room_for_the_nearest_only(connection: sqlite3.Connection) -> None:
    """With too little room the nearest stay, and the answer says that there is more."""
    found = graph(connection, 4, hops=9, most=3)
    assert [node.label for node in found.nodes] == ["fraud:v2", "churn:v2", "fraud:v3"]
    assert found.truncated
    known = {node.id for node in found.nodes}
    assert all({edge.source, edge.target} <= known for edge in found.edges)
    assert not graph(connection, 4, hops=9, most=9).truncated


def test_a_damaged_catalog_has_an_end_too(connection: sqlite3.Connection) -> None:
    """A circle, a base that is gone and a target that is no number are shown and not followed."""
    damage = [
        (1, "derived_from", "version", "5", "churn:v9"),
        (1, "derived_from", "version", "77", "gone:v1"),
        (1, "derived_from", "version", "x'; --", "odd"),
        (1, "derived_from", "version", "9" * 30, "far"),
    ]
    put(connection, "edge", damage)
    found = graph(connection, 2, hops=100)
    nodes = {node.label: node for node in found.nodes}
    assert {"gone:v1", "odd", "far"} <= nodes.keys()
    assert nodes["gone:v1"].reference is None
    assert levels(found).keys() == {node.id for node in found.nodes}


def test_what_is_not_there_is_said(connection: sqlite3.Connection) -> None:
    """An unknown version and a negative distance are sentences."""
    with pytest.raises(NotFound, match="no version with the id 99"):
        graph(connection, 99, hops=1)
    with pytest.raises(Invalid, match="number of hops"):
        graph(connection, 1, hops=-1)


def test_a_long_and_wide_family_takes_one_statement_a_level() -> None:
    """Forty generations of fifty are read in a moment and cut at the room there is."""
    versions = [Shelved(n, "m", n, base=max(1, n - 50) if n > 1 else None) for n in range(1, 3_001)]
    statements: list[str] = []
    with catalog(versions) as connection:
        connection.set_trace_callback(statements.append)
        found = graph(connection, 1, hops=40)
        connection.set_trace_callback(None)
        assert len(found.nodes) == 2_000
        assert found.truncated
        assert len(statements) < 100


def test_levels_are_read_by_index(connection: sqlite3.Connection) -> None:
    """Neither direction scans the edges."""
    from modelshelf.catalog.lineage import _DOWN, _UP

    for statement in (_UP, _DOWN):
        lines = plan(connection, statement, {"wanted": "[1]", "most": 9})
        assert [line for line in lines if line.startswith("SEARCH e USING")]
        assert not [line for line in lines if line.startswith("SCAN e")]
