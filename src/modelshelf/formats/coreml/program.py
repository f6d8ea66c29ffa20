"""The program of a Core ML model: its operations, and where its constants lie.

Source of the format: MIL.proto in coremltools.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.trouble import LimitReached, Malformed

_DEEPEST = 32
_MOST_STORED = 500_000
_P_FUNCTIONS = 2
_F_OPSET, _F_BLOCKS = 2, 3
_B_OPERATIONS = 3
_O_TYPE, _O_OUTPUTS, _O_BLOCKS, _O_ATTRIBUTES = 1, 3, 4, 5
_V_TYPE, _V_IMMEDIATE, _V_BLOB = 2, 3, 5
_TYPES = {
    1: "bool", 2: "string", 10: "float16", 11: "float32", 12: "float64", 13: "bfloat16",
    21: "int8", 22: "int16", 23: "int32", 24: "int64", 25: "int4", 31: "uint8", 32: "uint16",
    33: "uint32", 34: "uint64", 35: "uint4", 36: "uint2", 37: "uint1", 38: "uint6", 39: "uint3",
    40: "float8_e4m3fn", 41: "float8_e5m2",
}  # fmt: skip
# Operations that unpack weights which are stored smaller, and what that is called.
_UNPACKING = {
    "constexpr_affine_dequantize": "affine",
    "constexpr_blockwise_shift_scale": "blockwise",
    "constexpr_cast": "cast",
    "constexpr_lut_to_dense": "palettized",
    "constexpr_lut_to_sparse": "palettized sparse",
    "constexpr_sparse_blockwise_shift_scale": "blockwise sparse",
    "constexpr_sparse_to_dense": "sparse",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """One constant of a program.

    Attributes:
        name: Of the operation that gives it.
        dtype: Of its elements.
        shape: Sizes.
        file: Name of the file that holds it, as the program spells it; empty when it does itself.
        offset: Byte of that file where it is described.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str = ""
    offset: int = 0


@dataclass(slots=True)
class Program:
    """What a program holds.

    Attributes:
        operations: How often each kind is used.
        stored: Its constants, as far as they are weights.
        custom: Classes of its custom operations.
        opsets: Sets of operations that its functions are written in.
        parameters: How many numbers its weights are when they are unpacked.
    """

    operations: Counter[str] = field(default_factory=Counter)
    stored: list[Stored] = field(default_factory=list)
    custom: set[str] = field(default_factory=set)
    opsets: set[str] = field(default_factory=set)
    parameters: int = 0

    @property
    def quantization(self) -> str:
        """How weights are stored smaller."""
        ways = {way for name, way in _UNPACKING.items() if self.operations[name]}
        return ", ".join(sorted(ways))


def skim_program(skimmer: Skimmer, span: Span) -> Program:
    """Return what a Program holds."""
    found = Program()
    for each in skimmer.fields(span):
        if each.number != _P_FUNCTIONS:
            continue
        for function in _values(skimmer, each.span):
            for part in skimmer.fields(function):
                if part.number == _F_OPSET:
                    found.opsets.add(skimmer.text(part.span, 200))
                elif part.number == _F_BLOCKS:
                    for block in _values(skimmer, part.span):
                        _block(skimmer, block, found, 1)
    return found


def _block(skimmer: Skimmer, span: Span, found: Program, depth: int) -> None:
    if depth > _DEEPEST:
        raise Malformed(f"blocks are nested more than {_DEEPEST} deep", rule="coreml.depth")
    for each in skimmer.fields(span):
        if each.number == _B_OPERATIONS:
            _operation(skimmer, each.span, found, depth)


def _operation(skimmer: Skimmer, span: Span, found: Program, depth: int) -> None:
    kind = name = ""
    size = 0
    attributes: list[Field] = []
    for each in skimmer.fields(span):
        if each.number == _O_TYPE:
            kind = skimmer.text(each.span, 200)
        elif each.number == _O_OUTPUTS and not name:
            name, size = _output(skimmer, each.span)
        elif each.number == _O_BLOCKS:
            _block(skimmer, each.span, found, depth + 1)
        elif each.number == _O_ATTRIBUTES:
            attributes.append(each)
    found.operations[kind] += 1
    if len(found.operations) > _MOST_STORED or len(found.stored) > _MOST_STORED:
        raise LimitReached(f"more than {_MOST_STORED:,} constants")
    if kind == "const" or kind in _UNPACKING:
        before = len(found.stored)
        for attribute in attributes:
            found.stored.extend(_stored(skimmer, attribute.span, name, alone=kind == "const"))
        found.parameters += size if len(found.stored) > before else 0
    elif "custom" in kind:
        found.custom.add(kind)


def _output(skimmer: Skimmer, span: Span) -> tuple[str, int]:
    """Return name and number of elements of what an operation gives."""
    name, size = "", 0
    for each in skimmer.fields(span):
        if each.number == 1:
            name = skimmer.text(each.span)
        elif each.number == 2:  # noqa: PLR2004 - its type
            size = math.prod(_tensor_type(skimmer, each.span)[1])
    return name, size


def _stored(skimmer: Skimmer, span: Span, name: str, *, alone: bool) -> Iterator[Stored]:
    """Yield the constant that an attribute holds, if it is a weight."""
    key = ""
    for each in skimmer.fields(span):
        if each.number == 1:
            key = skimmer.text(each.span, 200)
        elif each.number == 2:  # noqa: PLR2004 - the value beside its key
            whole = name if alone else f"{name}.{key}"
            yield from _value(skimmer, each.span, whole)


def _value(skimmer: Skimmer, span: Span, name: str) -> Iterator[Stored]:
    dtype, inside = "", False
    shape: tuple[int, ...] = ()
    for each in skimmer.fields(span):
        if each.number == _V_TYPE:
            dtype, shape = _tensor_type(skimmer, each.span)
        elif each.number == _V_BLOB:
            file, offset = _blob(skimmer, each.span)
            yield Stored(name, dtype, shape, file, offset)
        elif each.number == _V_IMMEDIATE:
            inside = True
    if inside and shape and "float" in dtype:
        yield Stored(name, dtype, shape)


def _blob(skimmer: Skimmer, span: Span) -> tuple[str, int]:
    file, offset = "", 0
    for each in skimmer.fields(span):
        if each.number == 1:
            file = skimmer.text(each.span)
        elif each.number == 2:  # noqa: PLR2004 - offset
            offset = each.whole
    return file, offset


def _tensor_type(skimmer: Skimmer, span: Span) -> tuple[str, tuple[int, ...]]:
    dtype = ""
    shape: list[int] = []
    for each in skimmer.fields(span):
        if each.number != 1:  # a list or map
            continue
        for part in skimmer.fields(each.span):
            if part.number == 1:
                dtype = _TYPES.get(part.whole, f"type {part.whole}")
            elif part.number == 3:  # noqa: PLR2004 - a dimension
                shape.append(_dimension(skimmer, part.span))
    return dtype, tuple(shape)


def _dimension(skimmer: Skimmer, span: Span) -> int:
    for each in skimmer.fields(span):
        if each.number == 1:
            sizes = [part.whole for part in skimmer.fields(each.span) if part.number == 1]
            if sizes and sizes[0] >= 1 << 63:
                raise Malformed("a constant has an endless size")
            return sizes[0] if sizes else 0
    return 0


def _values(skimmer: Skimmer, entry: Span) -> Iterator[Span]:
    """Yield the value of one entry of a map."""
    for each in skimmer.fields(entry):
        if each.number == 2:  # noqa: PLR2004 - the value beside its key
            yield each.span
