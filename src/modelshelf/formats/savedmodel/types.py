"""Types and shapes as TensorFlow's protobuf messages spell them."""

from __future__ import annotations

from modelshelf.formats.protobuf import Skimmer, Span

_REFERENCE = 100  # added for variables of TensorFlow 1
_NAMES = (
    "unknown", "float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64",
    "int64", "bool", "qint8", "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16",
    "complex128", "float16", "resource", "variant", "uint32", "uint64", "float8_e5m2",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz", "int4", "uint4",
    "int2", "uint2", "float4_e2m1fn",
)  # fmt: skip
_BITS = {
    "float32": 32, "float64": 64, "int32": 32, "uint8": 8, "int16": 16, "int8": 8, "complex64": 64,
    "int64": 64, "bool": 8, "bfloat16": 16, "uint16": 16, "complex128": 128, "float16": 16,
    "uint32": 32, "uint64": 64, "float8_e5m2": 8, "float8_e4m3fn": 8,
}  # fmt: skip


def dtype(number: int) -> str:
    """Return the NumPy name of a DataType, or TensorFlow's own word."""
    number -= _REFERENCE if number > _REFERENCE else 0
    return _NAMES[number] if number < len(_NAMES) else f"type {number}"


def item_size(name: str) -> int | None:
    """Return the bytes of one element that is stored plainly, or nothing."""
    bits = _BITS.get(name)
    return bits // 8 if bits else None


def shape(skimmer: Skimmer, span: Span) -> tuple[int | None, ...]:
    """Return the sizes of a TensorShapeProto; an unknown rank has none."""
    sizes: list[int | None] = []
    for each in skimmer.fields(span):
        if each.number != 2:  # noqa: PLR2004 - dim
            continue
        size: int | None = 0
        for part in skimmer.fields(each.span):
            if part.number == 1:
                size = part.whole if part.whole < 1 << 63 else None
        sizes.append(size)
    return tuple(sizes)
