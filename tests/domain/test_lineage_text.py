"""Mermaid and DOT: every thing and edge can be read back, and no label breaks out of its quotes."""

from __future__ import annotations

import html
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.domain.lineage_text import called, dot, mermaid, roots
from modelshelf.domain.text import safe

KINDS = ("version", "dataset", "code", "run", "features", "consumer", "outside", "odd")
HOSTILE = [
    'a"]; n0 --> n1["b',
    "]]>",
    "<script>alert(1)</script>",
    "line\nbreak\r\n%%{init: {}}%%",
    "`**bold**`",
    "#quot; #35; &quot; &#34;",
    "\\N \\n \\",
    'end\\"',
    "```",
    "\x1b]0;x\x07\u202e",
    '", URL="https://example.org',
    "click n0 href",
    "\U0001f600 ü 模型",
    "",
]
SHAPE = re.compile(r'  (n\d+)(\[\(|\(\[|\[/|\[\[|\[|\()"([^"]*)"(\)\]|\]\)|/\]|\]\]|\]|\))')
ARROW = re.compile(r'  (n\d+) (-->|-\.->)\|"([^"]*)"\| (n\d+)')
STRING = r'"((?:[^"\\]|\\.)*)"'
BOX = re.compile(rf"  (n\d+) \[label={STRING}, shape=\w+(, penwidth=3)?\];")
LINE = re.compile(rf"  (n\d+) -> (n\d+) \[label={STRING}(, style=dotted)?\];")

Drawn = tuple[list[str], Counter[tuple[int, str, int, bool]], set[int]]


def number(name: str) -> int:
    """Return the place of a thing by its name in the text."""
    return int(name.removeprefix("n"))


def read_mermaid(text: str) -> Drawn:
    """Return labels, edges and what was asked about, as Mermaid reads them."""
    head, *lines = text.split("\n")
    assert head == "flowchart LR"
    labels, edges, asked = list[str](), Counter[tuple[int, str, int, bool]](), set[int]()
    for line in lines:
        if shape := SHAPE.fullmatch(line):
            assert number(shape[1]) == len(labels)
            labels.append(entities(shape[3]))
            assert labels[-1]  # Mermaid takes no empty label
        elif arrow := ARROW.fullmatch(line):
            words = entities(arrow[3])
            edges[number(arrow[1]), words, number(arrow[4]), arrow[2] == "-.->"] += 1
        elif line.startswith("  class n"):
            asked = {number(name) for name in line.split()[1].split(",")}
        else:
            assert line == "  classDef asked stroke-width:3px"
    return labels, edges, asked


def entities(text: str) -> str:
    """Return what Mermaid shows for a label: its entity codes become characters, once."""
    assert not re.search(r'["<>&`%\[\]{}()|\\]', text)
    return re.sub(r"#(\w+);", lambda code: html.unescape(f"&#{code[1]};"), text)


def read_dot(text: str) -> Drawn:
    """Return labels, edges and what was asked about, as Graphviz reads them."""
    head, rank, *lines, end = text.split("\n")
    assert (head, rank, end) == ("digraph lineage {", "  rankdir=LR;", "}")
    labels, edges, asked = list[str](), Counter[tuple[int, str, int, bool]](), set[int]()
    for line in lines:
        if box := BOX.fullmatch(line):
            assert number(box[1]) == len(labels)
            if box[3]:
                asked.add(len(labels))
            labels.append(unescaped(box[2]))
        else:
            arrow = LINE.fullmatch(line)
            assert arrow, line
            edges[number(arrow[1]), unescaped(arrow[3]), number(arrow[2]), bool(arrow[4])] += 1
    return labels, edges, asked


def unescaped(text: str) -> str:
    """Return what a label of Graphviz shows: no escape but those of a backslash and a quote."""
    assert set(re.findall(r"\\(.)", text)) <= {"\\", '"'}
    return html.unescape(re.sub(r"\\(.)", r"\1", text))


def expected(graph: LineageGraph) -> Drawn:
    """Return what must be read back."""
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    edges = Counter(
        (
            places[edge.source],
            safe(edge.kind.replace("_", " "), 60) or "?",
            places[edge.target],
            edge.origin == "hand",
        )
        for edge in graph.edges
    )
    return [called(node) for node in graph.nodes], edges, {places[root] for root in roots(graph)}


@st.composite
def graphs(draw: st.DrawFn) -> LineageGraph:
    """Draw a small graph with labels as strangers write them."""
    texts = st.sampled_from(HOSTILE) | st.text(max_size=30)
    count = draw(st.integers(1, 6))
    nodes = []
    for place in range(count):
        kind = draw(st.sampled_from(KINDS))
        reference = draw(texts) if kind == "version" else None
        marks = ("yanked", "freed")[: draw(st.integers(0, 2))]
        nodes.append(LineageNode(kind, f"{kind}:{place}", draw(texts), reference, None, marks))
    ends = st.integers(0, count - 1).map(lambda place: nodes[place].id)
    origins = st.sampled_from(["told", "hand", "lease"])
    edges = draw(st.lists(st.builds(LineageEdge, ends, ends, texts, origins), max_size=8))
    return LineageGraph(nodes[0].id, tuple(nodes), tuple(edges))


@given(graphs())
def test_mermaid_can_be_read_back(graph: LineageGraph) -> None:
    """Labels, edges and what was asked about come back, whatever the labels hold."""
    assert read_mermaid("\n".join(mermaid(graph))) == expected(graph)


@given(graphs())
def test_dot_can_be_read_back(graph: LineageGraph) -> None:
    """Labels, edges and what was asked about come back, whatever the labels hold."""
    assert read_dot("\n".join(dot(graph))) == expected(graph)


@pytest.mark.parametrize("label", HOSTILE)
def test_no_label_leaves_its_line(label: str) -> None:
    """Two things and an edge are as many lines as they always are, all fit to print."""
    nodes = (LineageNode("dataset", "dataset:1", label), LineageNode("run", "run:1", label))
    graph = LineageGraph("dataset:1", nodes, (LineageEdge("dataset:1", "run:1", label),))
    for lines, count in ((list(mermaid(graph)), 6), (list(dot(graph)), 6)):
        assert len(lines) == count
        assert all(line.isprintable() for line in lines)


def test_a_version_says_its_stage_and_whether_it_may_be_used() -> None:
    """What was yanked or freed stays in the picture and says so."""
    node = LineageNode("version", "version:1", "m:v1", "m:v1", "production", ("yanked",))
    assert called(node) == "m:v1 · production · yanked"
    assert called(LineageNode("dataset", "dataset:1", "customers 4")) == "dataset customers 4"
    assert called(LineageNode("run", "run:1", "run 7")) == "run 7"


def test_what_was_left_out_is_said() -> None:
    """A graph that was cut off says so in a comment."""
    graph = LineageGraph("run:1", (LineageNode("run", "run:1", "run 1"),), (), truncated=True)
    assert list(mermaid(graph))[-1].startswith("  %%")
    assert list(dot(graph))[-2].startswith("  //")


def test_an_edge_to_what_was_cut_off_is_left_out() -> None:
    """A damaged graph draws what it has."""
    graph = LineageGraph(
        "run:1",
        (LineageNode("run", "run:1", "run 1"),),
        (LineageEdge("run:1", "version:9", "produced_by"),),
    )
    assert read_mermaid("\n".join(mermaid(graph))) == (["run 1"], Counter(), {0})
    assert read_dot("\n".join(dot(graph))) == (["run 1"], Counter(), {0})


def test_several_things_may_be_asked_about() -> None:
    """Those that stand first and did not come from one another are roots."""
    nodes = tuple(LineageNode("dataset", f"dataset:{n}", f"c {n}") for n in range(4))
    edges = (LineageEdge("dataset:0", "dataset:2", "derived_from"),)
    assert roots(LineageGraph("dataset:0", nodes, edges)) == (
        "dataset:0",
        "dataset:1",
        "dataset:3",
    )
