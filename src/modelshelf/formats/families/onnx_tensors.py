"""Tensors that an ONNX model stores, and where their elements lie.

Source: TensorProto in onnx.proto of the ONNX project.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.trouble import Malformed

# Field numbers of TensorProto.
_DIMS, _TYPE, _FLOATS, _NAME, _RAW, _DOUBLES, _EXTERNAL, _LOCATION = 1, 2, 4, 8, 9, 10, 13, 14
_OTHER_DATA = frozenset({5, 6, 7, 11})  # numbers of varying length, and texts
_DATA = frozenset({_FLOATS, _RAW, _DOUBLES}) | _OTHER_DATA
_MOST_DIMS = 64  # of a longer run of one field a skimmer does not give all

TYPES = (
    "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string",
    "bool", "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "uint4", "int4",
    "float4_e2m1", "float8_e8m0", "uint2", "int2",
)  # fmt: skip
_BITS = {
    "float32": 32, "uint8": 8, "int8": 8, "uint16": 16, "int16": 16, "int32": 32, "int64": 64,
    "bool": 8, "float16": 16, "float64": 64, "uint32": 32, "uint64": 64, "complex64": 64,
    "complex128": 128, "bfloat16": 16, "float8_e4m3fn": 8, "float8_e4m3fnuz": 8, "float8_e5m2": 8,
    "float8_e5m2fnuz": 8, "uint4": 4, "int4": 4, "float4_e2m1": 4, "float8_e8m0": 8, "uint2": 2,
    "int2": 2,
}  # fmt: skip
# Types whose packed list of numbers has the same bytes as the raw data.
_AS_RAW = {_FLOATS: frozenset({"float32", "complex64"}), _DOUBLES: {"float64", "complex128"}}


@dataclass(frozen=True, slots=True)
class Outside:
    """Where a tensor says that its data lies: a relative name, and a range in that file."""

    location: str
    offset: str = ""
    length: str = ""

    def range(self) -> tuple[int, int | None] | None:
        """Return first byte and length, which may be unsaid; nothing when they are no numbers."""
        numbers = [text for text in (self.offset, self.length) if text]
        if not all(text.isascii() and text.isdigit() and len(text) < 20 for text in numbers):  # noqa: PLR2004 - 64 bits
            return None
        return int(self.offset or "0"), int(self.length) if self.length else None


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored tensor.

    Attributes:
        name: As the file names it.
        dtype: Element type in NumPy spelling.
        shape: Sizes.
        data: Where its elements lie in this file, when they stand there as plain bytes.
        outside: Where they lie in another file, when they do.
        constant: Whether a node holds it, and not the list of weights.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: Span | None = None
    outside: Outside | None = None
    constant: bool = False

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def length(self) -> int:
        """Number of bytes of its elements; 0 where the type is not known."""
        return -(-self.count * _BITS.get(self.dtype, 0) // 8)

    def has_its_size(self) -> bool:
        """Tell whether its bytes in this file are as many as its shape takes."""
        return self.data is None or self.dtype not in _BITS or self.data.size == self.length


def type_name(number: int) -> str:
    """Return the element type of a number in TensorProto.DataType."""
    return TYPES[number] if number < len(TYPES) else f"type {number}"


def skim_tensor(skimmer: Skimmer, span: Span) -> Stored:
    """Return what a TensorProto says, without reading its elements.

    Raises:
        Malformed: Its size is negative or endless, or it says two things at once.
    """
    dims: list[int] = []
    name, dtype, external = "", "undefined", False
    data: list[Field] = []
    for each in skimmer.fields(span):
        if each.number == _DIMS:
            dims.extend(skimmer.numbers(each))
        elif each.number == _TYPE:
            dtype = type_name(each.whole)
        elif each.number == _NAME:
            name = skimmer.text(each.span)
        elif each.number in {_EXTERNAL, _LOCATION}:
            external = external or each.number == _EXTERNAL
        elif each.number in _DATA and len(data) <= 1:
            data.append(each)
    if (
        len(dims) > _MOST_DIMS
        or math.prod(dims) >= 1 << 63
        or any(size >= 1 << 63 for size in dims)
    ):
        raise Malformed("a tensor has a negative or endless size")
    outside = skim_outside(skimmer, span) if external else None
    return Stored(name, dtype, tuple(dims), _plain(data, dtype) if not outside else None, outside)


def _plain(data: list[Field], dtype: str) -> Span | None:
    if len(data) != 1 or not isinstance(data[0].value, Span):
        return None
    number = data[0].number
    return data[0].span if number == _RAW or dtype in _AS_RAW.get(number, ()) else None


def is_outside(skimmer: Skimmer, span: Span) -> bool:
    """Tell whether a TensorProto says that its data is elsewhere."""
    return any(each.number == _EXTERNAL for each in skimmer.fields(span))


def skim_outside(skimmer: Skimmer, span: Span) -> Outside:
    """Return where a TensorProto says that its data is."""
    entries: dict[str, str] = {}
    for each in skimmer.fields(span):
        if each.number == _EXTERNAL:
            key, value = key_value(skimmer, each.span)
            if key in entries and entries[key] != value:
                raise Malformed(f"the outside data of a tensor has two values for {key[:80]!r}")
            entries[key] = value
    place = (entries.get(key, "") for key in ("location", "offset", "length"))
    return Outside(*place)


def key_value(skimmer: Skimmer, span: Span) -> tuple[str, str]:
    """Return a StringStringEntryProto."""
    key = value = ""
    for each in skimmer.fields(span):
        if each.number == 1:
            key = skimmer.text(each.span)
        elif each.number == 2:  # noqa: PLR2004 - its second field
            value = skimmer.text(each.span)
    return key, value
