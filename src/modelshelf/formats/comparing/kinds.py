"""Which element types are compared as numbers, and how wide one element is."""

from __future__ import annotations

from typing import Any, Final

from modelshelf.formats.interface import Placed

Array = Any
"""A NumPy array. Its own types are not asked: checks are the same with NumPy and without it."""

SIZES: Final[dict[str, int]] = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4,
    "int64": 8, "uint64": 8, "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
    "complex64": 8, "complex128": 16, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1, "float8_e8m0": 1,
}  # fmt: skip
"""Bytes of an element by type. What is not here, such as packed blocks, is compared as bytes."""

# Types whose every value is a float32, and those whose every value is a float64. Of the others
# (64-bit and complex numbers) each value is compared on its own, which is slower.
SINGLE: Final = frozenset(
    {"bool", "int8", "uint8", "int16", "uint16", "float16", "bfloat16", "float32"}
    | {name for name in SIZES if name.startswith("float8")}
)
DOUBLE: Final = frozenset({"int32", "uint32", "float64"})

MOST: Final = 2**63 - 1
SIZES_MOST: Final = 64


def elements_of(placed: Placed) -> int | None:
    """Return the number of elements; nothing for a shape that no tensor can have."""
    if len(placed.shape) > SIZES_MOST or any(not 0 <= size <= MOST for size in placed.shape):
        return None
    if 0 in placed.shape:
        return 0
    count = 1
    for size in placed.shape:
        count *= size
    return count if count <= MOST else None
