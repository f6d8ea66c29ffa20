"""TensorFlow Lite: graphs and tensors are read in place, and nothing outside of the file."""

from __future__ import annotations

import struct

import pytest

from modelshelf.domain.inspection import Inspection
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import inspectors
from tests.formats.builders import fixture, rules, source, zipped
from tests.formats.committed import look_here, survived
from tests.formats.weighing import placed, raw


def look(name: str, data: bytes) -> Inspection:
    """Look into bytes in this very process."""
    return look_here(source(name, data))


class Builder:
    """Writes FlatBuffers from front to back: tables first, what they lead to behind them."""

    def __init__(self) -> None:
        """Begin with room for the offset of the root."""
        self.data = bytearray(b"\x00\x00\x00\x00TFL3")

    def table(self, size: int) -> int:
        """Append a table of fields of 4 bytes, all of them there, and return its place."""
        start = len(self.data)
        self.data += struct.pack(
            f"<HH{size}H", 4 + 2 * size, 4 + 4 * size, *range(4, 4 + 4 * size, 4)
        )
        self.data += bytes(-len(self.data) % 4)
        at = len(self.data)
        self.data += struct.pack("<i", at - start) + bytes(4 * size)
        return at

    def number(self, table: int, field: int, value: int) -> None:
        """Set a field to a number."""
        struct.pack_into("<I", self.data, table + 4 + 4 * field, value)

    def lead(self, table: int, field: int, target: int) -> None:
        """Let a field lead to a place."""
        at = table + 4 + 4 * field
        struct.pack_into("<I", self.data, at, target - at)

    def text(self, value: bytes) -> int:
        """Append bytes with their length."""
        at = len(self.data)
        self.data += struct.pack("<I", len(value)) + value + bytes(4 - len(value) % 4)
        return at

    def numbers(self, *values: int) -> int:
        """Append a vector of numbers."""
        at = len(self.data)
        self.data += struct.pack(f"<I{len(values)}i", len(values), *values)
        return at

    def one(self) -> int:
        """Append a vector with room for one table that comes behind it."""
        self.data += struct.pack("<II", 1, 0)
        return len(self.data) - 8

    def fill(self, vector: int, table: int) -> None:
        """Put a table into such a vector."""
        struct.pack_into("<I", self.data, vector + 4, table - vector - 4)


def custom(name: bytes) -> bytes:
    """Return a model with one operation of another library."""
    build = Builder()
    model = build.table(5)
    struct.pack_into("<I", build.data, 0, model)
    build.number(model, 0, 3)
    codes, graphs = build.one(), build.one()
    code, graph = build.table(4), build.table(4)
    operators = build.one()
    operation = build.table(1)
    text, none = build.text(name), build.numbers()
    build.number(code, 0, 32)
    build.number(code, 3, 32)
    build.lead(code, 1, text)
    for vector, table in ((codes, code), (graphs, graph), (operators, operation)):
        build.fill(vector, table)
    for field, place in ((0, none), (1, none), (2, none), (3, operators)):
        build.lead(graph, field, place)
    for field, place in ((1, codes), (2, graphs), (3, text), (4, none)):
        build.lead(model, field, place)
    return bytes(build.data)


def test_a_model_is_described() -> None:
    """What TensorFlow's converter wrote, as its interpreter reads it."""
    found = look("m.tflite", fixture("dense.tflite"))
    assert (found.format, found.framework, found.verdict) == (
        "tflite",
        "TensorFlow 2.21.0",
        "clean",
    )
    assert (found.version, found.producer) == ("TFLite schema 3", "MLIR converter")
    assert [(spec.dtype, spec.shape) for spec in found.inputs] == [("float32", (None, 6))]
    assert [(spec.dtype, spec.shape) for spec in found.outputs] == [("float32", (None, 2))]
    assert (found.parameters, found.tensors, found.quantization) == (40, 2, "")
    assert found.metadata["operators"] == "FULLY_CONNECTED × 2"
    assert found.metadata["min_runtime_version"] == "1.5.0"


def test_smaller_weights_are_named() -> None:
    """A model whose weights are halves."""
    found = look("m.tflite", fixture("half.tflite"))
    assert (found.quantization, found.parameters) == ("float16", 40)


def test_tensors_are_placed_where_they_lie() -> None:
    """The smaller matrix of the same model in two precisions."""
    values = []
    for name, letter in (("dense.tflite", "f"), ("half.tflite", "e")):
        given = source(name, fixture(name))
        each = next(each for each in placed(given).values() if each.shape == (2, 5))
        values.append(struct.unpack(f"<10{letter}", raw(given, each)))
    assert values[1] == pytest.approx(values[0], rel=1e-3)


def test_files_behind_the_model_are_no_trouble() -> None:
    """Labels travel as a zip at the end."""
    found = look("m.tflite", fixture("dense.tflite") + zipped({"labels.txt": b"a"}))
    assert (found.format, found.verdict) == ("tflite", "clean")


def test_an_operator_of_another_library_needs_code() -> None:
    """It has to be there when the model is used."""
    found = look("m.tflite", custom(b"Mine"))
    assert (found.needs_code, rules(found)) == (("Mine",), {"tflite.custom_operators"})
    assert found.verdict == "warning"


@pytest.mark.parametrize(("name", "rule"), [(b"FlexWriteFile", "files"), (b"FlexPyFunc", "python")])
def test_operators_of_tensorflow_are_judged(name: bytes, rule: str) -> None:
    """Those that are taken along as they are may touch files."""
    assert f"tflite.{rule}" in rules(look("m.tflite", custom(name)))


def test_any_cut_is_survived() -> None:
    """At every length something is said."""
    data = custom(b"Mine")
    for length in range(8, len(data)):
        found = look("m.tflite", data[:length])
        assert found.format == "tflite"
        assert survived(found)
    assert measure(source("m.tflite", fixture("dense.tflite")[:600]), inspectors()).whole is False


@pytest.mark.parametrize("value", [b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"\x04\x00\x00\x00"])
def test_extreme_numbers_are_survived(value: bytes) -> None:
    """Offsets, counts and indices of any size at any place."""
    data = fixture("dense.tflite")
    for at in range(0, len(data) - 4, 3):
        found = look("m.tflite", data[:at] + value + data[at + 4 :])
        assert survived(found)
