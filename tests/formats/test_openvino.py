"""OpenVINO: the graph is read from the XML, the weights are found in the file beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.families.openvino import Openvino
from modelshelf.formats.interface import Placed
from modelshelf.formats.looking import look, measure
from modelshelf.formats.needing import missing
from modelshelf.formats.registry import gathered
from tests.formats.builders import details, folder, rules, source
from tests.formats.hostile import damaged, survives, survives_every_cut


def layer(
    number: int, kind: str, inside: str = "", *, opset: str = "opset1", more: str = ""
) -> str:
    """Return one layer."""
    attributes = f'id="{number}" name="{kind}_{number}" type="{kind}" version="{opset}"{more}'
    return f"<layer {attributes}>{inside}</layer>"


def port(side: str, number: int, *sizes: object, names: str = "") -> str:
    """Return one side's only port."""
    dims = "".join(f"<dim>{size}</dim>" for size in sizes)
    named = f' names="{names}"' if names else ""
    return f'<{side}><port id="{number}" precision="FP32"{named}>{dims}</port></{side}>'


def constant(number: int, dtype: str, shape: str, offset: int, size: int) -> str:
    """Return a stored tensor."""
    data = f'<data element_type="{dtype}" shape="{shape}" offset="{offset}" size="{size}"/>'
    return layer(number, "Const", data + port("output", 0, *shape.split(",")))


PARTS = (
    layer(0, "Parameter", '<data shape="?,3" element_type="f32"/>' + port("output", 0, names="x")),
    constant(1, "f32", "3, 4", 0, 48),
    constant(2, "i64", "2", 48, 16),
    layer(3, "MatMul", port("output", 2, -1, 4, names="y\\,1,z"), opset="opset13"),
    layer(4, "Result", port("input", 0, -1, 4)),
)
EDGES = '<edges><edge from-layer="3" from-port="2" to-layer="4" to-port="0"/></edges>'
INFO = (
    '<rt_info><Runtime_version value="2026.1"/><license value="MIT"/>'
    '<conversion_parameters><framework value="onnx"/></conversion_parameters></rt_info>'
)


def model(*parts: str, info: str = INFO, start: str = '<?xml version="1.0"?>\n') -> bytes:
    """Return a model."""
    layers = "".join(parts or PARTS)
    net = f'<net name="tiny" version="11"><layers>{layers}</layers>{EDGES}{info}</net>\n'
    return (start + net).encode()


def test_a_model_is_described() -> None:
    """Inputs, outputs through the edges, weights without sizes, and who made it."""
    found = survives("m.xml", model())
    assert (found.format, found.framework) == ("openvino", "OpenVINO")
    assert found.version == "IR 11, opset 13"
    assert (found.producer, found.license) == ("OpenVINO 2026.1", "MIT")
    assert found.inputs == (TensorSpec("x", "float32", (None, 3)),)
    assert found.outputs == (TensorSpec("y,1", "float32", (None, 4)),)
    assert (found.parameters, found.tensors, found.quantization) == (12, 2, "")
    assert found.metadata["layers"] == "5"
    assert found.metadata["conversion_parameters.framework"] == "onnx"


def test_small_types_are_a_quantization() -> None:
    """When most of the weights are stored so."""
    parts = (constant(0, "i8", "30", 0, 30), constant(1, "f32", "2", 30, 8))
    assert survives("m.xml", model(*parts)).quantization == "int8"
    parts = (constant(0, "u4", "3", 0, 2), constant(1, "f32", "9", 2, 36))
    assert survives("m.xml", model(*parts)).quantization == ""


def test_the_weights_lie_beside_it() -> None:
    """In a file of the same name, at the place that each layer says."""
    given = source("nets/m.xml", model())
    assert Openvino().needs(given) == ("m.bin",)
    assert list(Openvino().tensors(given)) == [
        Placed("Const_1", "float32", (3, 4), "nets/m.bin", 0, 48),
        Placed("Const_2", "int64", (2,), "nets/m.bin", 48, 16),
    ]
    assert Openvino().needs(source("m.xml", model(layer(0, "Parameter")))) == ()


def test_a_folder_holds_both() -> None:
    """The weights are known through the graph, and what is short or missing is said."""
    every = gathered(())
    found = look(folder("f", {"m.xml": model(), "m.bin": bytes(64)}), every)
    assert (found.format, found.verdict, found.findings) == ("openvino", "clean", ())
    assert found.weights is None or found.weights.count == 2
    short = look(folder("f", {"m.xml": model(), "m.bin": bytes(63)}), every)
    assert (short.verdict, rules(short)) == ("dangerous", {"openvino.weights_range"})
    alone = look(folder("f", {"m.xml": model(), "n.bin": bytes(64)}), every)
    assert "openvino.weights_missing" in rules(alone)
    assert missing(folder("f", {"a/m.xml": model()}), every) == ("a/m.bin",)


def test_layers_of_others_need_code() -> None:
    """Operator sets of their own, also inside of a loop."""
    inner = layer(0, "Parameter") + layer(1, "Magic", opset="extension")
    body = f"<body><layers>{inner}</layers></body>"
    parts = (layer(0, "Loop", body), layer(1, "Odd", opset="com.acme"))
    found = survives("m.xml", model(*parts))
    assert found.needs_code == ("extension.Magic", "com.acme.Odd")
    assert found.inputs == ()
    assert "com.acme.Odd" in details(found, "openvino.custom_layers")[0]
    assert found.verdict == "warning"


def test_the_root_element_decides() -> None:
    """Other XML is left alone, whatever its name."""
    for data in (b"<net/>", b"<network version='1'><layers/></network>", b"<html><net/></html>"):
        assert survives("m.xml", data).format == "unknown"
    commented = model(start="\ufeff<!-- a net --><?xml-stylesheet?>")
    assert survives("m.xml", commented).format == "openvino"


def test_a_long_prologue_is_read_once() -> None:
    """One that could be divided in 2^500 ways; every file's first bytes are tried like that."""
    for start in ("<??>", "<!---->", "<?a?>\n<!-- -->", "<!DOCTYPE a>"):
        assert survives("m.xml", (start * 500 + "x").encode()).format == "unknown"


HOSTILE = {
    "a file as entity": (
        model(start='<!DOCTYPE net [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        "openvino.doctype",
    ),
    "a doctype elsewhere": (model(start='<!DOCTYPE net SYSTEM "x.dtd">'), "openvino.doctype"),
    "nested elements": (model("<layer>" * 400 + "</layer>" * 400), "openvino.depth"),
    "cut": (model()[:-30], "openvino.malformed"),
    "a size that lies": (model(constant(0, "f32", "3", 0, 13)), "openvino.malformed"),
    "a negative offset": (model(constant(0, "f32", "3", -4, 12)), "openvino.malformed"),
    "a negative size": (model(constant(0, "string", "3", 0, -12)), "openvino.malformed"),
    "sizes that are none": (model(constant(0, "f32", "x", 0, 12)), "openvino.malformed"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_xml_is_dangerous(case: str) -> None:
    """No document type, no depth, no lies about sizes."""
    data, rule = HOSTILE[case]
    found = survives("m.xml", data)
    assert (found.format, found.verdict, rules(found)) == ("openvino", "dangerous", {rule})


def test_the_end_is_known() -> None:
    """The last element closes the first."""
    every = gathered(())
    assert measure(source("m.xml", model()), every).whole is True
    survives_every_cut("m.xml", model().rstrip())


@settings(max_examples=150, deadline=None)
@given(damaged(model()))
def test_any_damage_is_looked_at(data: bytes) -> None:
    """Never an exception, whatever the bytes."""
    survives("m.xml", data)


def test_what_openvino_writes(tmp_path: Path) -> None:
    """Its own answers about the same model, and the bytes of its weights."""
    openvino = pytest.importorskip("openvino")
    numpy = pytest.importorskip("numpy")
    ops = pytest.importorskip("openvino.opset13")
    weights = numpy.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    given = ops.parameter(openvino.PartialShape([-1, 8]), numpy.float32, name="x")
    given.get_output_tensor(0).set_names({"x"})
    result = ops.result(ops.relu(ops.matmul(given, ops.constant(weights), False, False)))  # noqa: FBT003 - its own signature
    result.get_output_tensor(0).set_names({"y"})
    built = openvino.Model([result], [given], "tiny")
    path = tmp_path / "m.xml"
    openvino.save_model(built, path, compress_to_fp16=False)
    read = openvino.Core().read_model(path)
    found = survives(path.name, path.read_bytes())
    assert [spec.name for spec in found.inputs] == [each.any_name for each in read.inputs]
    assert [spec.name for spec in found.outputs] == [each.any_name for each in read.outputs]
    assert found.inputs[0].shape == (None, 8)
    assert found.parameters == weights.size
    assert openvino.__version__.partition("-")[0] in found.producer
    (placed,) = Openvino().tensors(source(path.name, path.read_bytes()))
    stored = (tmp_path / "m.bin").read_bytes()[placed.start : placed.start + placed.length]
    assert hashlib.sha256(stored).digest() == hashlib.sha256(weights.tobytes()).digest()
