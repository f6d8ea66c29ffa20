"""The tree of a lineage: every edge once, nothing endless, nothing harmful."""

from __future__ import annotations

from modelshelf.cli.screen import Screen
from modelshelf.cli.views.lineage import tree
from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode


def version(name: str, stage: str | None = None) -> LineageNode:
    """Return the node of a version."""
    return LineageNode("version", f"version:{name}", name, name, stage)


def graph(names: str, *edges: str) -> LineageGraph:
    """Return a graph of versions with edges such as `a>b`; the first name is the root."""
    nodes = tuple(version(name) for name in names)
    steps = (edge.split(">") for edge in edges)
    linked = tuple(LineageEdge(f"version:{a}", f"version:{b}", "derived_from") for a, b in steps)
    return LineageGraph(nodes[0].id, nodes, linked)


def test_origins_stand_above_and_results_below() -> None:
    """The root first, then what it came from, then what came of it."""
    assert list(tree(Screen(), graph("abcd", "a>b", "b>c", "b>d"))) == [
        "a",
        "led to",
        "└─ derived from b",
        "   ├─ derived from c",
        "   └─ derived from d",
    ]
    assert list(tree(Screen(), graph("ba", "a>b"))) == ["b", "came from", "└─ derived from a"]


def test_a_thing_reached_twice_has_its_branches_once() -> None:
    """Two ways to one origin do not double what is above it."""
    shown = list(tree(Screen(), graph("dabc", "a>b", "a>c", "b>d", "c>d")))
    assert sum("derived from a" in line for line in shown) == 2
    shown = list(tree(Screen(), graph("edabc", "a>b", "b>c", "b>d", "c>e", "d>e")))
    assert sum("(branches above)" in line for line in shown) == 1
    assert sum(line.endswith("derived from a") for line in shown) == 1


def test_a_circle_in_a_damaged_catalog_ends() -> None:
    """What cannot be is shown once and not for ever."""
    assert len(list(tree(Screen(), graph("ab", "a>b", "b>a")))) < 10


def test_a_long_chain_needs_no_deep_stack() -> None:
    """Five thousand versions in a row are five thousand lines."""
    nodes = tuple(version(f"m:v{n}") for n in range(5_000))
    edges = tuple(
        LineageEdge(nodes[n].id, nodes[n + 1].id, "derived_from") for n in range(len(nodes) - 1)
    )
    assert len(list(tree(Screen(), LineageGraph(nodes[0].id, nodes, edges)))) == 5_001


def test_hostile_names_stay_on_their_line() -> None:
    """Names of data sets and kinds of edges cannot speak to the terminal."""
    bad = LineageNode("data\x1b]0;x\x07set", "dataset:1", "cust\nomers\u202e")
    linked = LineageGraph(
        "version:a",
        (version("a", "prod\x1b[2J"), bad),
        (LineageEdge(bad.id, "version:a", "\x9b1m"),),
    )
    shown = list(tree(Screen(), linked))
    assert len(shown) == 3
    assert all(line.isprintable() for line in shown)
