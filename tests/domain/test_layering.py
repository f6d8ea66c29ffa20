"""A lineage on a grid: every edge can be followed, nothing overlaps, nothing hangs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.layering import Drawing, Lines, Run, lay_out
from modelshelf.domain.layering.layers import layered
from modelshelf.domain.layering.ordering import crossings, order

NAMES = [f"n{n}" for n in range(14)]
pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=30)
forward = pairs.map(lambda found: [(a, b) for a, b in found if NAMES.index(a) < NAMES.index(b)])


def drawn(edges: Sequence[tuple[str, str]], width: int = 3) -> Drawing:
    """Lay out a graph of these edges, everything of one width."""
    return lay_out(dict.fromkeys(NAMES, width), edges)


def cells(drawing: Drawing, rows: Sequence[int] | None = None) -> dict[tuple[int, int], Run]:
    """Return the run of every cell; the rows around the drawing are asked for as well."""
    return {
        (x, y): run
        for y in (range(-3, drawing.height + 20) if rows is None else rows)
        for run in drawing.row(y)
        for x in range(run.x, run.x + run.length)
    }


def follow(drawing: Drawing, source: str, target: str) -> bool:
    """Whether the cells of an edge lead from the end of one label to the arrow before another."""
    drawn_in = cells(drawing)
    mine = {place for place, cell in drawn_in.items() if (source, target) in cell.edges}
    at, to = drawing.places[source], drawing.places[target]
    goal = (to.x - 1, to.y)
    waiting, seen = [(at.x + at.width, at.y)], set[tuple[int, int]]()
    while waiting:
        x, y = waiting.pop()
        if (x, y) in seen or (x, y) not in mine:
            continue
        seen.add((x, y))
        waiting += [(x + 1, y), (x, y + 1), (x, y - 1)]
    return goal in seen and drawn_in[goal].sign == "▸"


@settings(max_examples=150, deadline=None)
@given(forward)
def test_every_edge_can_be_followed_from_label_to_label(edges: list[tuple[str, str]]) -> None:
    """A person who follows a line from a thing ends at what came of it, never going left."""
    drawing = drawn(edges)
    assert drawing.left_out == ()
    assert [e for e in edges if not follow(drawing, *e)] == []


@settings(max_examples=150, deadline=None)
@given(pairs)
def test_nothing_overlaps_and_everything_is_inside(edges: list[tuple[str, str]]) -> None:
    """Each thing has a row of its own in its layer, and no line runs through a label."""
    drawing = drawn(edges)
    labels = {(x, p.y) for p in drawing.places.values() for x in range(p.x, p.x + p.width)}
    assert len(labels) == 3 * len(NAMES)
    lines = cells(drawing).keys()
    assert not labels & lines
    for x, y in labels | lines:
        assert 0 <= x < drawing.width
        assert 0 <= y < drawing.height


@settings(max_examples=150, deadline=None)
@given(forward)
def test_lines_of_two_origins_only_cross_or_end_together(edges: list[tuple[str, str]]) -> None:
    """Where two things share a character they cross, or lead to the same thing."""
    for cell in cells(drawn(edges)).values():
        if len({source for source, _ in cell.edges}) > 1 and cell.sign != "│":
            sources = {source for source, _ in cell.edges}
            leads = [{t for s, t in edges if s == source} for source in sources]
            assert set.intersection(*leads), cell


def test_lines_that_meet_have_tracks_of_their_own() -> None:
    """Three lines over the same rows run beside one another."""
    drawing = drawn([("n0", "n6"), ("n3", "n4"), ("n5", "n6"), ("n5", "n7")])
    upright = {x for (x, _), cell in cells(drawing).items() if cell.sign in "│├┤╮╯╭╰┬┴"}
    assert len(upright) >= 3


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_the_same_graph_comes_out_the_same(edges: list[tuple[str, str]]) -> None:
    """Nothing depends on chance or on the order of sets."""
    assert drawn(edges) == drawn(edges)
    assert cells(drawn(edges)) == cells(drawn(edges))


@given(forward, st.integers(1, 20), st.data())
@settings(max_examples=100, deadline=None)
def test_rows_asked_for_in_any_order_hold_the_same(
    edges: list[tuple[str, str]], width: int, data: st.DataObject
) -> None:
    """A row is what it is, whichever was looked at before it and however often."""
    first, again = drawn(edges, width), drawn(edges, width)
    rows = data.draw(st.permutations(range(-1, first.height + 1)))
    in_order, mixed = cells(first), cells(again, rows)
    assert mixed == in_order
    assert cells(again, rows[::-1]) == in_order
    assert first == again


@given(pairs)
@settings(max_examples=100, deadline=None)
def test_the_runs_of_a_row_do_not_overlap(edges: list[tuple[str, str]]) -> None:
    """They come from left to right, each takes a column at least, and each has edges."""
    drawing = drawn(edges)
    for row in map(drawing.row, range(drawing.height)):
        assert all(run.length > 0 and len(run.sign) == 1 and run.edges for run in row)
        assert all(one.x + one.length <= other.x for one, other in pairwise(row))


def test_lines_that_wait_for_one_another_come_out_the_same() -> None:
    """Which of them takes a detour does not hang on where the interpreter keeps its objects."""
    leads = {"a": "xyz", "b": "z", "c": "xy", "d": "xz"}
    edges = [(origin, result) for origin, results in leads.items() for result in results]
    drawings, kept = [], []
    for size in range(12):
        drawings.append(lay_out(dict.fromkeys("abcdxyz", 3), edges))
        kept.append([object() for _ in range(37 * size)])
    first = drawings[0]
    assert first.height > 1 + max(place.y for place in first.places.values())  # a detour
    assert all(drawing == first for drawing in drawings)


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_the_order_never_crosses_more_than_the_first_one(edges: list[tuple[str, str]]) -> None:
    """Of all orders that were tried, the best is kept."""
    graph = layered(NAMES, edges)
    assert crossings(graph, order(graph)) <= crossings(graph, graph.layers)


@given(pairs)
@settings(max_examples=100, deadline=None)
def test_crossings_are_counted_as_by_looking_at_every_two_lines(
    edges: list[tuple[str, str]],
) -> None:
    """Two lines cross where the one that begins higher ends lower."""
    graph = layered(NAMES, edges)
    found = 0
    for upper, lower in pairwise(graph.layers):
        lines = [(upper.index(s), lower.index(c)) for s in upper for c in graph.below.get(s, ())]
        found += sum(a < c and b > d for a, b in lines for c, d in lines)
    assert crossings(graph, graph.layers) == found


def test_a_circle_is_told_and_not_followed() -> None:
    """A damaged catalog still has a picture, and it says which edges are not in it."""
    drawing = lay_out({"a": 1, "b": 1, "c": 1}, [("a", "b"), ("b", "c"), ("c", "a"), ("b", "b")])
    assert ("c", "a") in drawing.left_out
    assert follow(drawing, "a", "b")
    assert follow(drawing, "b", "c")


def test_an_origin_stands_right_before_what_came_of_it() -> None:
    """A data set of the last version is not drawn at the far left."""
    drawing = lay_out(dict.fromkeys("abcd", 1), [("a", "b"), ("b", "c"), ("d", "c")])
    assert {k: p.layer for k, p in drawing.places.items()} == {"a": 0, "b": 1, "c": 2, "d": 1}


def test_a_long_edge_goes_through_every_layer_once() -> None:
    """All long edges of one thing share their way until they part."""
    drawing = lay_out(
        dict.fromkeys("abcde", 1),
        [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("a", "d"), ("a", "e")],
    )
    shared = [c for c in cells(drawing).values() if {("a", "d"), ("a", "e")} <= c.edges]
    assert len(shared) > 3
    assert follow(drawing, "a", "e")


def test_an_empty_graph_is_an_empty_drawing() -> None:
    """Nothing to draw is no reason to fail."""
    assert lay_out({}, [("a", "b")]) == Drawing(0, 0, {}, Lines(), ())


def test_a_deep_and_a_wide_graph_need_no_recursion() -> None:
    """A chain of thousands and a star of hundreds are laid out like any other."""
    names = [f"v{n}" for n in range(3_000)]
    deep = lay_out(dict.fromkeys(names, 2), list(pairwise(names)))
    assert deep.height == 1
    wide = lay_out(dict.fromkeys(names[:400], 2), [(names[0], n) for n in names[1:400]])
    assert wide.height == 399
