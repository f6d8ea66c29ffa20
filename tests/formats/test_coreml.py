"""Core ML: what models describe, and which files their programs read."""

from __future__ import annotations

import struct

import pytest

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats import Source
from tests.formats.builders import FIXTURES, field, fixture, folder, rules, source
from tests.formats.committed import files, look_here, survived
from tests.formats.weighing import missing_of, needs_of, placed, raw

ROOT = "Data/com.apple.CoreML"
WEIGHTS = f"{ROOT}/weights/weight.bin"


def model(kind: int, data: bytes, description: bytes = b"") -> bytes:
    """Return a model of one kind."""
    return field(1, 4) + field(2, description) + field(kind, data)


def reading(name: str, offset: int = 64) -> bytes:
    """Return a program with a constant that is stored in a file."""
    sizes = field(3, field(1, field(1, 2)))
    tensor = field(1, field(1, 11) + field(2, 1) + sizes)
    value = field(2, tensor) + field(5, field(1, name) + field(2, offset))
    output = field(3, field(1, "w") + field(2, tensor))
    operation = field(1, "const") + output + field(5, field(1, "val") + field(2, value))
    block = field(3, field(1, "CoreML5") + field(2, field(3, operation)))
    return model(502, field(1, 1) + field(2, field(1, "main") + field(2, block)))


def test_a_network_is_described() -> None:
    """Inputs, licence, number of weights, and the layer that is not part of it."""
    found = look_here(source("m.mlmodel", fixture("network.mlmodel")))
    assert (found.format, found.version) == ("coreml", "Core ML specification 4")
    assert (found.architecture, found.license) == ("neuralNetwork", "MIT")
    assert found.inputs == (TensorSpec("x", "float64", (6,)),)
    assert (found.parameters, found.tensors) == (35, 2)
    assert (found.metadata["author"], found.metadata["trained"]) == ("Ann", "today")
    assert found.metadata["layers"] == "innerProduct × 1, custom × 1"
    assert (found.verdict, found.needs_code) == ("warning", ("OwnLayer",))


def test_a_package_is_described() -> None:
    """The program in it, with its weights in a file of their own."""
    found = look_here(Source.from_path(FIXTURES / "plain.mlpackage"))
    assert (found.format, found.architecture, found.verdict) == ("coreml", "mlProgram", "clean")
    assert found.producer == "coremltools 9.0"
    assert found.inputs == (TensorSpec("x", "float32", (1, 16)),)
    assert found.outputs == (TensorSpec("out", "float32", (1, 8)),)
    assert (found.parameters, found.tensors) == (136, 2)
    assert found.metadata["opset"] == "CoreML6"


def test_smaller_weights_are_named() -> None:
    """As many numbers as before, stored in a table of sixteen."""
    found = look_here(Source.from_path(FIXTURES / "smaller.mlpackage"))
    assert (found.quantization, found.parameters) == ("palettized", 136)


def test_tensors_are_placed_where_they_lie() -> None:
    """The file of weights says itself where each one begins."""
    given = Source.from_path(FIXTURES / "plain.mlpackage")
    found = next(each for each in placed(given).values() if each.shape == (8, 16))
    assert (found.dtype, found.file) == ("float16", WEIGHTS)
    assert struct.unpack("<128e", raw(given, found)) == tuple(map(float, range(128)))


def test_the_files_of_a_package_are_named() -> None:
    """By its manifest and by its program."""
    whole = files("plain.mlpackage")
    needed = (f"{ROOT}/model.mlmodel", f"{ROOT}/weights", WEIGHTS)
    assert needs_of(folder("m.mlpackage", whole)) == needed
    del whole[WEIGHTS]
    assert missing_of(folder("m.mlpackage", whole)) == needed[1:]


def test_weights_in_a_file_that_did_not_come_are_a_warning() -> None:
    """The model alone is not whole."""
    found = look_here(source("m.mlmodel", reading("@model_path/weights/weight.bin")))
    assert (found.verdict, rules(found)) == ("warning", {"coreml.external_missing"})


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "@model_path/../x", "weights.bin", "@model_path/", "@model_path//x"]
)
def test_weights_outside_the_package_are_dangerous(name: str) -> None:
    """Only files beside the model are its own."""
    found = look_here(source("m.mlmodel", reading(name)))
    assert (found.verdict, rules(found)) == ("dangerous", {"coreml.external_path"})
    assert needs_of(source("m.mlmodel", reading(name))) == ()


def test_weights_behind_the_end_are_dangerous() -> None:
    """A place that the file does not have."""
    members = {"a.mlmodel": reading("@model_path/w.bin", 1 << 40), "w.bin": bytes(200)}
    found = look_here(folder("m", members))
    assert (found.verdict, "coreml.external_range" in rules(found)) == ("dangerous", True)
    assert [each.start for each in placed(folder("m", members)).values()] == [-1]


def test_models_in_models_are_looked_into() -> None:
    """A pipeline with a model that is nothing but code of somebody else."""
    own = model(555, field(10, "OwnModel"))
    found = look_here(source("m.mlmodel", model(200, field(1, field(1, own)))))
    assert (found.architecture, found.needs_code) == ("pipelineClassifier", ("OwnModel",))
    assert found.metadata["models"] == "pipelineClassifier > customModel"


def test_a_link_to_another_model_is_a_warning() -> None:
    """It is looked for where the model is used."""
    found = look_here(source("m.mlmodel", model(556, field(1, field(1, field(1, "other"))))))
    assert (found.verdict, rules(found)) == ("warning", {"coreml.linked"})


def test_endless_depth_is_refused() -> None:
    """Pipelines in pipelines."""
    data = model(900, b"")
    for _ in range(40):
        data = model(202, field(1, data))
    assert rules(look_here(source("m.mlmodel", data))) == {"coreml.depth"}


def feature(name: str, kind: bytes) -> bytes:
    """Return a described input."""
    return field(1, field(1, name) + field(3, kind))


def test_every_type_of_input_is_named() -> None:
    """Numbers, texts, images and arrays, with sizes that may change."""
    ranges = field(1, field(1, 1) + field(2, 8)) + field(1, field(1, 3) + field(2, 3))
    described = (
        feature("a", field(1, b""))
        + feature("b", field(3, b""))
        + feature("c", field(4, field(1, 20) + field(2, 10) + field(3, 20)))
        + feature("d", field(5, field(1, 1) + field(1, 3) + field(2, 65552) + field(31, ranges)))
        + feature("e", field(6, b""))
    )
    found = look_here(source("m.mlmodel", model(900, b"", described)))
    assert found.inputs == (
        TensorSpec("a", "int64", ()),
        TensorSpec("b", "string", ()),
        TensorSpec("c", "image RGB", (10, 20)),
        TensorSpec("d", "float16", (None, 3)),
        TensorSpec("e", "map", ()),
    )


def test_a_manifest_that_lies_is_malformed() -> None:
    """A model that is not in the package, and one outside of it."""
    whole = files("plain.mlpackage")
    for path in (b"com.apple.CoreML/other.mlmodel", b"../../../../etc/passwd"):
        manifest = whole["Manifest.json"].replace(b"com.apple.CoreML/model.mlmodel", path)
        given = folder("m.mlpackage", whole | {"Manifest.json": manifest})
        assert rules(look_here(given)) == {"coreml.malformed"}
        assert not any("etc" in name for name in needs_of(given))


@pytest.mark.parametrize(
    "name", ["network.mlmodel", "plain.mlpackage/Data/com.apple.CoreML/model.mlmodel"]
)
def test_any_cut_and_any_number_is_survived(name: str) -> None:
    """At every length, and with extreme bytes at every place."""
    data = fixture(name)
    for at in range(1, len(data), 1 + len(data) // 400):
        for damaged in (data[:at], data[:at] + b"\xff" * 9 + b"\x7f" + data[at + 10 :]):
            found = look_here(source("m.mlmodel", damaged))
            assert found.format == "coreml"
            assert survived(found)
