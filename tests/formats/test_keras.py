"""Keras: the configuration is read, and layers that bring code are refused."""

from __future__ import annotations

import json
import math
import zipfile

import pytest

from modelshelf.domain.inspection import TensorSpec
from tests.formats.builders import fixture, look, rules, source, zipped
from tests.formats.weighing import placed, raw

MEMBERS = {
    "metadata.json": b'{"keras_version": "3.15.1"}',
    "config.json": b'{"module": "keras", "class_name": "Sequential", "config": {"layers": []}}',
    "model.weights.h5": fixture("dense.weights.h5"),
}
SYSTEM = b"cos\nsystem\n(S'true'\ntR."


def model(*objects: object, extra: dict[str, bytes] | None = None) -> bytes:
    """Return a .keras file whose configuration holds some objects."""
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": list(objects)}}
    return zipped(MEMBERS | {"config.json": json.dumps(config).encode()} | (extra or {}))


def test_a_network_is_described() -> None:
    """Version, classes and inputs of a file that Keras wrote."""
    found = look("dense.keras", fixture("dense.keras"))
    assert (found.format, found.framework, found.verdict) == ("keras", "Keras 3.15.1", "clean")
    assert found.inputs == (TensorSpec("x", "float32", (None, 4)),)
    assert "Dense" in found.metadata["classes"]


def test_a_lambda_layer_is_dangerous() -> None:
    """It carries the bytes of a Python function."""
    found = look("lambda.keras", fixture("lambda.keras"))
    assert (found.verdict, rules(found)) == ("dangerous", {"keras.code"})


@pytest.mark.parametrize(
    "layer",
    [
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {}},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
        {"class_name": "__lambda__", "config": {}},
        {"module": "builtins", "class_name": "function", "config": "exec"},
        {"module": "os", "class_name": "function", "config": "system"},
        {"module": "subprocess", "class_name": "Popen", "config": {}},
        {"module": "keras.utils", "class_name": "function", "config": "get_file"},
        {
            "module": "keras.config",
            "class_name": "function",
            "config": "enable_interactive_logging",
        },
        {"module": "keras.saving", "class_name": "function", "config": "load_model"},
        {"class_name": "TFOpLambda", "config": {"function": "io.write_file"}},
        {"class_name": "Custom>Lambda", "config": {}},
        [[{"a": {"module": "keras.layers", "class_name": "Lambda"}}]],
    ],
)
def test_other_ways_to_run_code_are_dangerous(layer: object) -> None:
    """Layers that load more, and functions of modules that do."""
    found = look("m.keras", model(layer))
    assert (found.verdict, "keras.code" in rules(found)) == ("dangerous", True)


@pytest.mark.parametrize(
    "layer",
    [
        {"module": "my.layers", "class_name": "Mine", "config": {}},
        {"module": "builtins", "class_name": "function", "config": "mine"},
        {"class_name": "Mine", "registered_name": "my>Mine"},
        {"class_name": "Mine"},
    ],
)
def test_classes_of_others_are_a_warning(layer: object) -> None:
    """Keras would have to be given the class."""
    found = look("m.keras", model(layer))
    assert (found.verdict, rules(found)) == ("warning", {"keras.custom"})


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Custom>Adam", "config": {}},
        {"class_name": "TFOpLambda", "config": {"function": "math.add"}},
        {"class_name": "Conv2DTranspose", "config": {}},
        {"module": "keras.activations", "class_name": "function", "config": "relu"},
        {"module": "keras.utils", "class_name": "FeatureSpace", "config": {}},
        {"module": "keras_hub.src.utils.keras_utils", "class_name": "function", "config": "gelu"},
        {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": ["a"]}},
    ],
)
def test_what_keras_brings_is_clean(layer: object) -> None:
    """Its own classes under the names that its versions gave them."""
    found = look("m.keras", model(layer))
    assert (found.verdict, found.needs_code) == ("clean", ())


@pytest.mark.parametrize(
    ("vocabulary", "verdict"),
    [("http://a.example/v.txt", "dangerous"), ("/etc/passwd", "warning"), ("v.txt", "clean")],
)
def test_a_vocabulary_from_elsewhere_is_pointed_out(vocabulary: str, verdict: str) -> None:
    """Building the layer reads it."""
    layer = {"class_name": "StringLookup", "config": {"vocabulary": vocabulary}}
    assert look("m.keras", model(layer)).verdict == verdict


def test_weights_are_listed_in_their_place() -> None:
    """The HDF5 file lies in the zip as it is, so its tensors can be found in there."""
    given = source("dense.keras", fixture("dense.keras"))
    tensors = placed(given)
    found = look("dense.keras", fixture("dense.keras"))
    assert (found.architecture, found.tensors) == ("Sequential", len(tensors))
    assert found.parameters == sum(math.prod(each.shape) for each in tensors.values()) > 0
    for each in tensors.values():
        assert len(raw(given, each)) == each.length == 4 * math.prod(each.shape)


def test_packed_weights_are_listed_without_a_place() -> None:
    """Keras does not pack them, but a zip may."""
    given = source("m.keras", zipped(MEMBERS, zipfile.ZIP_DEFLATED))
    assert {each.start for each in placed(given).values()} == {-1}
    assert look("m.keras", zipped(MEMBERS, zipfile.ZIP_DEFLATED)).parameters == 19


def test_broken_weights_are_malformed() -> None:
    """A signature and nothing behind it."""
    found = look("m.keras", model(extra={"model.weights.h5": b"\x89HDF\r\n\x1a\n"}))
    assert (found.verdict, rules(found)) == ("dangerous", {"keras.malformed"})


def test_a_pickle_beside_the_weights_is_found() -> None:
    """Every member is looked at."""
    assert look("m.keras", model(extra={"assets/x": SYSTEM})).verdict == "dangerous"


def test_a_broken_configuration_is_malformed() -> None:
    """A configuration that is no object, and a file that is cut."""
    for data in (zipped({"config.json": b"[]", "metadata.json": b"{}"}), model()[:-9]):
        found = look("m.keras", data)
        assert (found.verdict, rules(found)) == ("dangerous", {"keras.malformed"})
