"""Lineage as values: circles are seen before they are made, relatives found, columns counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.lineage import (
    LineageEdge,
    LineageGraph,
    LineageNode,
    levels,
    related,
    would_cycle,
)
from modelshelf.domain.plain import plain


def graph(*pairs: tuple[str, str], alone: tuple[str, ...] = ()) -> LineageGraph:
    """Return a graph of these edges; the first thing named is the root."""
    names = list(dict.fromkeys([*(name for pair in pairs for name in pair), *alone]))
    nodes = tuple(LineageNode("version", name, name) for name in names)
    edges = tuple(LineageEdge(source, target, "derived_from") for source, target in pairs)
    return LineageGraph(names[0], nodes, edges)


@pytest.mark.parametrize(
    ("child", "parent", "circle"),
    [("a", "a", True), ("a", "c", True), ("a", "b", True), ("c", "a", False), ("d", "a", False)],
)
def test_a_circle_is_seen_before_it_is_made(child: str, parent: str, circle: bool) -> None:  # noqa: FBT001
    """A thing cannot come from itself or from what came of it."""
    assert would_cycle([("a", "b"), ("b", "c")], child, parent) is circle


def test_relatives_are_ancestors_and_descendants_only() -> None:
    """A sibling shares an origin and is still no relative."""
    family = graph(("data", "v1"), ("data", "v2"), ("v1", "v3"), ("v3", "v4"), ("other", "v4"))
    assert related(family, "v3") == {"data", "v1", "v3", "v4"}
    assert related(family, "data") == {"data", "v1", "v2", "v3", "v4"}
    assert related(family, "other") == {"other", "v4"}


def test_columns_follow_the_longest_way() -> None:
    """A shortcut does not pull a thing to the left of what it came from."""
    ranks = levels(graph(("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), alone=("e",)))
    assert ranks == {"a": 0, "b": 1, "c": 2, "d": 0, "e": 0}


def test_a_circle_in_a_damaged_catalog_ends_all_the_same() -> None:
    """Every node gets a column, even on a circle or when it came from itself."""
    ranks = levels(graph(("a", "b"), ("b", "c"), ("c", "a"), ("c", "c"), ("c", "d")))
    assert ranks == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_long_chain_needs_no_deep_stack() -> None:
    """Twenty thousand versions made one from another are walked without recursion."""
    chain = graph(*((f"v{n}", f"v{n + 1}") for n in range(20_000)))
    assert levels(chain)["v20000"] == 20_000
    assert len(related(chain, "v10000")) == 20_001


def test_a_graph_has_a_plain_form() -> None:
    """Ids in the edges are those of the nodes, so other people's code can join them."""
    assert plain(graph(("a", "b"))) == {
        "root": "a",
        "nodes": [
            {
                "kind": "version",
                "id": n,
                "label": n,
                "reference": None,
                "stage": None,
                "marks": [],
            }
            for n in "ab"
        ],
        "edges": [{"source": "a", "target": "b", "kind": "derived_from", "origin": "told"}],
        "truncated": False,
    }


PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


def reaches(pairs: list[tuple[int, int]], start: int) -> set[int]:
    """Return what can be reached, in the plainest way."""
    seen = {start}
    for _ in range(10):
        seen |= {target for source, target in pairs if source in seen}
    return seen


@given(PAIRS, st.integers(0, 9), st.integers(0, 9))
def test_refusing_circles_keeps_the_columns_right(
    pairs: list[tuple[int, int]], child: int, parent: int
) -> None:
    """With every edge asked about first there is no circle, and each edge goes to the right."""
    kept: list[tuple[int, int]] = []
    for source, target in pairs:
        if not would_cycle(kept, target, source):
            kept.append((source, target))
    assert would_cycle(kept, child, parent) == (parent in reaches(kept, child))
    whole = graph(*((str(a), str(b)) for a, b in kept), alone=tuple("0123456789"))
    ranks = levels(whole)
    assert all(ranks[str(source)] < ranks[str(target)] for source, target in kept)
    for node, rank in ranks.items():
        before = [ranks[str(a)] for a, b in kept if str(b) == node]
        assert rank == max(before, default=-1) + 1


@given(PAIRS)
def test_any_graph_gets_columns(pairs: list[tuple[int, int]]) -> None:
    """Circles included, every node has a column and every relative is a node."""
    whole = graph(*((str(a), str(b)) for a, b in pairs), alone=tuple("0123456789"))
    assert levels(whole).keys() == set("0123456789")
    assert related(whole, "3") <= set("0123456789")
