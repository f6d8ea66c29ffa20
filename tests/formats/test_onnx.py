"""ONNX: inputs, outputs and operators are read, and no name inside leads to a file."""

from __future__ import annotations

import struct
from hashlib import sha256

import pytest

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats import Source, inspect
from modelshelf.formats.families.onnx import Onnx
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
    source,
    varint,
)
from tests.formats.placing import digests_of, placed, tensors_of


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


def stored(name: str, kind: int, *data: bytes, shape: tuple[int, ...] = ()) -> bytes:
    """Return a stored tensor of a graph."""
    dims = b"".join(field(1, size) for size in shape)
    return field(5, dims + field(2, kind) + field(8, name) + b"".join(data))


FLOATS = struct.pack("<6f", *range(6))
FLOAT, UINT8, INT8, INT64, FLOAT16, DOUBLE, INT4 = 1, 2, 3, 7, 10, 11, 22


def test_stored_tensors_are_named_and_found() -> None:
    """Raw data, packed floats and doubles are plain bytes; other lists of numbers are not."""
    graph = (
        stored("raw", FLOAT, field(9, FLOATS), shape=(2, 3))
        + stored("floats", FLOAT, field(4, FLOATS), shape=(6,))
        + stored("doubles", DOUBLE, field(10, struct.pack("<2d", 1, 2)), shape=(2,))
        + stored("nibbles", INT4, field(9, b"\x21\x03"), shape=(3,))
        + stored("scalar", FLOAT, field(9, FLOATS[:4]))
        + stored("halves", FLOAT16, field(5, b"\x01\x02"), shape=(2,))
        + stored("longs", INT64, field(7, b"\x01\x02"), shape=(2,))
        + stored("in pieces", FLOAT, field(4, FLOATS[:8]), field(4, FLOATS[8:]), shape=(6,))
    )
    given = source("m.onnx", onnx(graph))
    assert [(t.name, t.dtype, t.shape) for t in tensors_of(given)][:4] == [
        ("raw", "float32", (2, 3)),
        ("floats", "float32", (6,)),
        ("doubles", "float64", (2,)),
        ("nibbles", "int4", (3,)),
    ]
    found = digests_of(given)
    assert found.keys() == {"raw", "floats", "doubles", "nibbles", "scalar"}
    assert found["raw"] == found["floats"] == sha256(FLOATS).hexdigest()


def test_a_tensor_without_its_size_is_pointed_out() -> None:
    """Fewer bytes than the shape takes are not digested."""
    data = onnx(stored("w", FLOAT, field(9, FLOATS), shape=(7,)))
    assert rules(look("m.onnx", data)) == {"onnx.tensor_size"}
    assert [tensor.start for tensor in placed("m.onnx", data)] == [-1]


def outside(**entries: str) -> bytes:
    """Return a model whose only tensor, six floats, lies elsewhere."""
    pairs = b"".join(field(13, field(1, key) + field(2, value)) for key, value in entries.items())
    body = field(1, 6) + field(2, FLOAT) + field(8, "w") + pairs + field(14, 1)
    return onnx(field(5, body))


def test_weights_beside_the_model_have_a_place() -> None:
    """Offset and length lead into the file that came along; without a length, its type does."""
    for entries in ({"offset": "8", "length": "24"}, {"offset": "8"}):
        files = {"a/m.onnx": outside(location="w.bin", **entries), "a/w.bin": bytes(8) + FLOATS}
        whole = folder("f", files)
        model = whole.file("a/m.onnx")
        assert model is not None
        member = whole.member(model)
        assert digests_of(member) == {"w": sha256(FLOATS).hexdigest()}
        assert Onnx().needs(member) == ("w.bin",)


@pytest.mark.parametrize(
    "entries",
    [
        {"location": "w.bin", "offset": "9"},
        {"location": "w.bin", "length": "20"},
        {"location": "w.bin", "offset": "x"},
        {"location": "missing.bin"},
        {"location": "../w.bin"},
        {"location": "/w.bin"},
    ],
)
def test_weights_that_are_not_there_have_no_place(entries: dict[str, str]) -> None:
    """Nothing is read beside the range that was checked, nor through a name that leads out."""
    whole = folder("f", {"m.onnx": outside(**entries), "w.bin": bytes(8) + FLOATS})
    model = whole.file("m.onnx")
    assert model is not None
    assert [tensor.start for tensor in tensors_of(whole.member(model))] == [-1]


def test_only_safe_names_are_needed() -> None:
    """What leads out of the folder is never waited for."""
    names = ("b.bin", "sub/a.bin", "../c", "/d", "", "C:\\e", "b.bin")
    graph = b"".join(field(5, outside_tensor(location=name)) for name in names)
    assert Onnx().needs(source("m.onnx", onnx(graph))) == ("b.bin", "sub/a.bin")


def test_versions_are_told() -> None:
    """IR and operator sets, producer, name of the graph, and the licence among its properties."""
    extra = field(3, "1.2") + field(8, field(1, "ai.onnx.ml") + field(2, 3))
    extra += field(14, field(1, "model_license") + field(2, "MIT"))
    found = look("m.onnx", onnx(field(2, "classifier"), extra))
    assert found.version == "IR 9, opset 18 (ai.onnx.ml 3)"
    assert (found.producer, found.framework) == ("by hand 1.2", "by hand 1.2")
    assert (found.architecture, found.license) == ("classifier", "MIT")


def node(operator: str, *attributes: bytes, domain: str = "", output: str = "y") -> bytes:
    """Return a node of a graph."""
    parts = b"".join(field(5, attribute) for attribute in attributes)
    return field(1, field(2, output) + field(4, operator) + parts + field(7, domain))


def test_custom_operators_are_named() -> None:
    """Those that neither the runtimes nor the model itself bring."""
    graph = node("Relu") + node("Fancy", domain="org.example") + node("Mine", domain="local")
    function = field(25, field(1, "Mine") + field(10, "local"))
    found = look("m.onnx", onnx(graph, function))
    assert found.needs_code == ("org.example.Fancy",)
    assert "Fancy" in details(found, "onnx.custom_operators")[0]
    assert found.metadata["operators"].startswith("1 × Relu")
    assert found.metadata["functions"] == "1"
    other = field(25, field(1, "Another") + field(10, "local"))
    assert look("m.onnx", onnx(graph, other)).needs_code == ("local.Mine", "org.example.Fancy")


@pytest.mark.parametrize(
    ("operators", "kind", "said"),
    [
        (("QuantizeLinear", "DequantizeLinear"), INT8, "int8 (QDQ)"),
        (("QLinearConv",), UINT8, "uint8 (QOperator)"),
        (("DynamicQuantizeLinear", "MatMulInteger"), INT8, "int8 (dynamic)"),
        (("Conv",), INT8, ""),
    ],
)
def test_quantisation_is_told(operators: tuple[str, ...], kind: int, said: str) -> None:
    """By the operators that use it, and the type of the weights."""
    graph = b"".join(map(node, operators)) + stored("w", kind, field(9, bytes(4)), shape=(4,))
    assert look("m.onnx", onnx(graph)).quantization == said


def constant(name: str, kind: int, count: int, size: int) -> bytes:
    """Return a node that is a constant."""
    data = field(1, count) + field(2, kind) + field(9, bytes(count * size))
    return node("Constant", field(1, "value") + field(5, data), output=name)


def test_weights_in_nodes_are_weights() -> None:
    """Large constants always are; small ones where the model keeps all its weights so."""
    nodes = (
        constant("w", FLOAT, 100, 4) + constant("b", FLOAT, 8, 4) + constant("axes", INT64, 2, 8)
    )
    nodes += constant("scale", FLOAT, 1, 4)
    assert [t.name for t in placed("m.onnx", onnx(nodes))] == ["w", "b"]
    both = nodes + stored("i", FLOAT, field(9, FLOATS), shape=(6,))
    assert [t.name for t in placed("m.onnx", onnx(both))] == ["w", "i"]
    assert look("m.onnx", onnx(both)).parameters == 106


def test_inner_and_training_graphs_are_counted() -> None:
    """Their tensors count too, and it is told that they are there."""
    inner = stored("in", FLOAT, field(9, FLOATS), shape=(6,))
    branch = node("If", field(1, "then_branch") + field(6, inner))
    found = look("m.onnx", onnx(branch, field(20, field(2, inner))))
    assert (found.tensors, found.parameters) == (2, 12)
    assert (found.metadata["subgraphs"], found.metadata["training_graphs"]) == ("2", "1")
