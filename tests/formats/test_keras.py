"""Keras: the configuration is read, and layers that bring code are refused."""

from __future__ import annotations

import json

import pytest

from modelshelf.domain.inspection import TensorSpec
from tests.formats.builders import fixture, look, rules, zipped

SYSTEM = b"cos\nsystem\n(S'true'\ntR."


def model(*objects: object, extra: dict[str, bytes] | None = None) -> bytes:
    """Return a .keras file whose configuration holds some objects."""
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": list(objects)}}
    members = {
        "metadata.json": b'{"keras_version": "3.15.1"}',
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": b"\x89HDF\r\n\x1a\n",
    }
    return zipped(members | (extra or {}))


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
    ],
)
def test_classes_of_others_are_a_warning(layer: object) -> None:
    """Keras would have to be given the class."""
    found = look("m.keras", model(layer))
    assert (found.verdict, rules(found)) == ("warning", {"keras.custom"})


def test_a_pickle_beside_the_weights_is_found() -> None:
    """Every member is looked at."""
    assert look("m.keras", model(extra={"assets/x": SYSTEM})).verdict == "dangerous"


def test_a_broken_configuration_is_malformed() -> None:
    """A configuration that is no object, and a file that is cut."""
    for data in (zipped({"config.json": b"[]", "metadata.json": b"{}"}), model()[:-9]):
        found = look("m.keras", data)
        assert (found.verdict, rules(found)) == ("dangerous", {"keras.malformed"})
