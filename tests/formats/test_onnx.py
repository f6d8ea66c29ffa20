"""ONNX: inputs, outputs and operators are read, and no name inside leads to a file."""

from __future__ import annotations

import struct

import pytest

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats import Source, inspect
from tests.formats.builders import (
    FIXTURES,
    details,
    field,
    fixture,
    folder,
    look,
    onnx,
    outside_tensor,
    rules,
    varint,
)


def test_a_converted_model_is_described() -> None:
    """Producer, opsets, inputs and outputs of a model from skl2onnx."""
    found = look("pipeline.onnx", fixture("pipeline.onnx"))
    assert (found.format, found.framework, found.verdict) == ("onnx", "skl2onnx 1.20.0", "clean")
    assert found.inputs == (TensorSpec("X", "float32", (None, 4)),)
    assert [spec.name for spec in found.outputs] == ["output_label", "output_probability"]
    assert found.metadata["opsets"].startswith("ai.onnx.ml 1")


def test_a_graph_with_weights_is_described() -> None:
    """Weights with a default are no inputs; sizes may be symbols; inner graphs count too."""
    found = look("graph.onnx", fixture("graph.onnx"))
    assert found.inputs == (
        TensorSpec("x", "float32", ("batch", 3)),
        TensorSpec("flag", "bool", ()),
    )
    assert (found.tensors, found.parameters) == (3, 16)
    assert found.metadata["trained_on"] == "rows 7"
    assert found.metadata["ir_version"] == "14"
    assert rules(found) == {"onnx.custom_operators"}


def test_a_forest_with_long_attributes_is_read() -> None:
    """Trees are long lists of numbers, which are jumped over."""
    found = look("forest.onnx", fixture("forest.onnx"))
    assert (found.format, found.verdict) == ("onnx", "clean")
    node = field(5, field(1, "values") + b"".join(field(8, n) for n in range(200_000)))
    weights = field(5, field(1, "w") + (varint(7 << 3 | 5) + struct.pack("<f", 1.5)) * 200_000)
    found = look("m.onnx", onnx(field(1, node + weights + field(7, "org.example"))))
    assert rules(found) == {"onnx.custom_operators"}


def test_weights_beside_the_model_are_found_by_their_name() -> None:
    """A file that came along is named; nothing is looked up on a disk."""
    found = inspect(Source.from_path(FIXTURES / "outside"))
    assert (found.format, found.verdict) == ("onnx", "warning")
    assert [f.where for f in found.findings if f.rule == "onnx.external_data"] == ["weights.bin"]
    assert "unknown.format" not in rules(found)


def test_weights_that_did_not_come_along_are_missing() -> None:
    """A single file whose weights lie elsewhere is a warning."""
    found = look("model.onnx", (FIXTURES / "outside" / "model.onnx").read_bytes())
    assert "onnx.external_missing" in rules(found)


@pytest.mark.parametrize(
    "location",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x",
        "c:x",
        "a/../../x",
        "\\\\host\\x",
        "file:///etc/passwd",
        "",
        "a\x00b",
    ],
)
@pytest.mark.parametrize("place", ["initializer", "attribute", "sparse", "subgraph", "training"])
def test_a_location_that_leaves_the_model_is_dangerous(location: str, place: str) -> None:
    """Wherever a tensor hides, its location must stay inside."""
    hidden = outside_tensor(location=location, offset="0", length="4")
    data = {
        "initializer": onnx(field(5, hidden)),
        "attribute": onnx(field(1, field(5, field(5, hidden)))),
        "sparse": onnx(field(15, field(1, hidden))),
        "subgraph": onnx(field(1, field(5, field(6, field(5, hidden))))),
        "training": onnx(extra=field(20, field(2, field(5, hidden)))),
    }[place]
    found = look("m.onnx", data)
    assert found.verdict == "dangerous"
    assert "onnx.external_path" in rules(found)


def test_a_range_outside_the_weights_is_dangerous() -> None:
    """Offset and length are held against the file that came along."""
    for offset, length in (("0", "65"), ("64", "1"), ("-1", "4"), ("x", "4"), ("9" * 30, "1")):
        hidden = outside_tensor(location="w.bin", offset=offset, length=length)
        files = {"model.onnx": onnx(field(5, hidden)), "w.bin": bytes(64)}
        assert "onnx.external_range" in rules(inspect(folder("f", files)))


def nested(depth: int) -> bytes:
    """Return a graph inside a graph and so on."""
    graph = field(2, "deepest")
    for _ in range(depth):
        graph = field(1, field(5, field(1, "then_branch") + field(6, graph)))
    return graph


def test_graphs_may_be_nested_but_not_endlessly() -> None:
    """Thirty graphs deep is odd but fine, and a thousand are a bomb."""
    assert look("m.onnx", onnx(nested(30))).verdict == "clean"
    found = look("m.onnx", onnx(nested(1_000)))
    assert (found.verdict, rules(found)) == ("dangerous", {"onnx.depth"})


BROKEN = {
    "cut": fixture("graph.onnx")[:-20],
    "a length that lies": field(1, 9) + b"\x3a\xff\xff\xff\xff\x0fabc",
    "a number without end": field(1, 9) + b"\x28" + b"\xff" * 20,
    "a group": field(1, 9) + b"\x3b\x3c",
    "no graph": field(1, 9) + field(2, "x"),
    "an endless tensor": onnx(field(5, field(1, (1 << 62) - 1) + field(1, (1 << 62) - 1))),
    "a negative tensor": onnx(field(5, field(1, (1 << 64) - 1))),
    "a graph that is a number": field(1, 9) + field(7, 4),
    "two values for one key": onnx(
        field(5, outside_tensor(location="a") + field(13, field(1, "location") + field(2, "b")))
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_dangerous(case: str) -> None:
    """What cannot be read as a model is malformed."""
    found = look("m.onnx", BROKEN[case])
    assert (found.format, found.verdict, rules(found)) == ("onnx", "dangerous", {"onnx.malformed"})


def test_functions_of_the_model_are_no_custom_operators() -> None:
    """A domain that the file defines itself needs no library."""
    node = field(1, field(4, "Mine") + field(7, "local"))
    function = field(25, field(1, "Mine") + field(10, "local"))
    assert look("m.onnx", onnx(node, function)).verdict == "clean"
    found = look("m.onnx", onnx(node))
    assert "'local'" in details(found, "onnx.custom_operators")[0]
