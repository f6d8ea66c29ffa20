"""SavedModels: what their graphs do, from where it is reached, and which files belong to them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats import Source
from tests.formats.builders import FIXTURES, details, field, folder, rules
from tests.formats.committed import files, look_here, survived
from tests.formats.weighing import missing_of, needs_of, placed, raw

INDEX = "variables/variables.index"
SHARD = "variables/variables.data-00000-of-00001"


def node(name: str, op: str, *inputs: str, calls: str = "") -> bytes:
    """Return one operation."""
    data = field(1, name) + field(2, op) + b"".join(field(3, each) for each in inputs)
    if calls:
        data += field(5, field(1, "f") + field(2, field(10, field(1, calls))))
    return data


def function(name: str, *nodes: bytes) -> bytes:
    """Return a function of a graph's library."""
    return field(1, field(1, field(1, name)) + b"".join(field(3, each) for each in nodes))


def model(
    nodes: tuple[bytes, ...],
    functions: tuple[bytes, ...] = (),
    *,
    output: str = "out:0",
    restore: str = "",
    extra: bytes = b"",
) -> bytes:
    """Return a saved_model.pb with one signature."""
    graph = b"".join(field(1, each) for each in nodes) + field(2, b"".join(functions))
    tensor = field(1, "y") + field(2, field(1, output) + field(2, 1))
    signature = field(1, "serving_default") + field(2, field(2, tensor))
    saver = field(3, field(3, restore)) if restore else b""
    meta = field(1, field(4, "serve") + field(5, "2.21.0")) + field(2, graph) + saver
    return field(1, 1) + field(2, meta + field(5, signature) + extra)


def saved(data: bytes, more: Mapping[str, bytes] | None = None) -> Source:
    """Return a folder around a saved_model.pb."""
    return folder("m", {"saved_model.pb": data, **(more or {})})


def test_a_saved_model_is_described() -> None:
    """Version, signature, weights and files of what TensorFlow wrote."""
    found = look_here(Source.from_path(FIXTURES / "saved"))
    assert (found.format, found.framework) == ("savedmodel", "TensorFlow 2.21.0")
    assert found.inputs == (TensorSpec("x", "float32", (None, 3)),)
    assert found.outputs == (TensorSpec("y", "float32", (None, 4)),)
    assert (found.parameters, found.tensors) == (12, 1)
    assert (found.verdict, found.findings, found.needs_code) == ("clean", (), ())
    assert (found.metadata["tags"], found.metadata["assets"]) == ("serve", "vocab.txt")


def test_variables_are_placed_where_they_lie() -> None:
    """The index of the checkpoint tells the place in the file of data."""
    given = Source.from_path(FIXTURES / "saved")
    (each,) = placed(given).values()
    assert (each.dtype, each.shape, each.file) == ("float32", (3, 4), SHARD)
    assert raw(given, each) == b"\x00\x00\x80?" * 12


def test_the_files_that_belong_to_it_are_named() -> None:
    """Variables and assets, there or not."""
    whole = files("saved")
    needed = {"assets/vocab.txt", "fingerprint.pb", INDEX, SHARD}
    assert set(needs_of(folder("m", whole))) == needed
    del whole[SHARD], whole["assets/vocab.txt"]
    assert missing_of(folder("m", whole)) == ("assets/vocab.txt", SHARD)
    del whole[INDEX]
    assert set(missing_of(folder("m", whole))) == needed - {"fingerprint.pb"}


def test_one_in_a_folder_of_its_version_is_found() -> None:
    """Servers keep models so."""
    found = look_here(folder("m", {f"1/{path}": data for path, data in files("saved").items()}))
    assert (found.format, found.parameters, found.verdict) == ("savedmodel", 12, "clean")


def test_reading_a_file_is_dangerous() -> None:
    """A function that reads any file, offered by the model."""
    found = look_here(Source.from_path(FIXTURES / "reading"))
    assert (found.verdict, rules(found)) == ("dangerous", {"savedmodel.files"})


@pytest.mark.parametrize("op", ["ReadFile", "WriteFile", "MatchingFiles"])
def test_files_are_dangerous_anywhere(op: str) -> None:
    """In the graph or in a function that nothing calls."""
    for data in (
        model((node("out", op),)),
        model((node("out", "Identity"),), (function("hidden", node("x", op)),)),
    ):
        assert rules(look_here(saved(data))) == {"savedmodel.files"}


def test_a_saver_may_save() -> None:
    """Every honest SavedModel holds the operators that wrote it."""
    saver = (
        node("out", "Identity"),
        node("save", "StatefulPartitionedCall", calls="traced_save"),
        node("restore", "StatefulPartitionedCall", calls="traced_restore"),
    )
    functions = (
        function("traced_save", node("s", "SaveV2"), node("m", "MergeV2Checkpoints")),
        function("traced_restore", node("r", "RestoreV2")),
    )
    found = look_here(saved(model(saver, functions, restore="restore"), files("saved")))
    assert "savedmodel.files" not in rules(found)


@pytest.mark.parametrize(
    "data",
    [
        model((node("out", "Identity", "^w"), node("w", "SaveV2"))),
        model((node("out", "Identity", "a:1"), node("a", "Identity", "w:0"), node("w", "Save"))),
        model(
            (node("out", "PartitionedCall", calls="f"),),
            (function("f", node("x", "g")), function("g", node("x", "MergeV2Checkpoints"))),
        ),
        model((node("out", "Identity"), node("r", "SaveV2")), restore="r"),
        model(
            (node("out", "Identity"), node("init", "SaveV2")),
            extra=field(4, field(1, "saved_model_main_op") + field(2, field(1, field(1, "init")))),
        ),
        model(
            (node("out", "Identity"),),
            (function("offered", node("x", "RestoreV2")),),
            extra=field(7, field(2, field(1, "offered"))),
        ),
    ],
)
def test_saving_while_serving_is_dangerous(data: bytes) -> None:
    """The same operators, reached by a result, by loading, or by a function that is offered."""
    found = look_here(saved(data))
    assert (found.verdict, "savedmodel.files" in rules(found)) == ("dangerous", True)


def test_python_and_operators_of_others_need_code() -> None:
    """A function of Python that is not there, and an operator that TensorFlow does not have."""
    found = look_here(saved(model((node("out", "EagerPyFunc"), node("m", "Mine")))))
    assert rules(found) == {"savedmodel.python", "savedmodel.custom_operators"}
    assert (found.verdict, found.needs_code) == ("warning", ("EagerPyFunc", "Mine"))


def test_a_lambda_that_keras_would_build_is_dangerous() -> None:
    """Keras 2 stored the settings of layers beside the graph."""
    layer = {"class_name": "Lambda", "config": {"function": ["abc", None, None]}}
    stored = field(1, field(5, json.dumps(layer)))
    found = look_here(saved(model((node("out", "Identity"),)), {"keras_metadata.pb": stored}))
    assert details(found, "keras.code") == ["Lambda runs code that it brings along"]


def test_names_that_only_look_the_same_are_told_apart() -> None:
    """A second operation of a name, and a name too long to compare, would hide the first one."""
    first, second = node("w", "SaveV2"), node("w", "NoOp")
    twice = look_here(saved(model((node("out", "Identity", "w"), first, second))))
    assert rules(twice) == {"savedmodel.malformed"}
    long = look_here(saved(model((node("out", "Identity"), node("w" * 5_000, "SaveV2")))))
    assert (long.verdict, rules(long)) == ("incomplete", {"savedmodel.limit"})


def test_rings_end() -> None:
    """Operations and functions that lead back to themselves."""
    ring = (node("out", "PartitionedCall", "out", "b", calls="f"), node("b", "Identity", "out"))
    found = look_here(saved(model(ring, (function("f", node("x", "f")),))))
    assert found.verdict == "clean"


def test_any_cut_is_survived() -> None:
    """Of the graph and of the index, at every length."""
    whole = files("reading")
    for name in (INDEX, "saved_model.pb"):
        step = 1 if name == INDEX else 37
        for length in range(0, len(whole[name]), step):
            found = look_here(folder("m", whole | {name: whole[name][:length]}))
            assert found.format == "savedmodel"
            assert survived(found)
            assert found.verdict != "clean"


@pytest.mark.parametrize("value", [b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f"])
def test_extreme_numbers_in_the_index_are_survived(value: bytes) -> None:
    """Counts and places of any size."""
    whole = files("saved")
    data = whole[INDEX]
    for at in range(0, len(data) - 8, 3):
        given = folder("m", whole | {INDEX: data[:at] + value + data[at + 8 :]})
        found = look_here(given)
        assert survived(found)
        assert all(each.start < 461 for each in placed(given).values())
