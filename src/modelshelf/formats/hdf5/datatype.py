"""Datatypes and dataspaces of HDF5, in NumPy's words."""

from __future__ import annotations

from dataclasses import dataclass

from modelshelf.formats.hdf5.storage import Fields
from modelshelf.formats.trouble import Malformed

_FIXED, _FLOAT, _TIME, _STRING, _BITS, _OPAQUE, _COMPOUND, _REFERENCE = range(8)
_ENUM, _VARIABLE, _ARRAY, _COMPLEX = range(8, 12)
_WORDS = {
    _TIME: "time", _BITS: "bits", _COMPOUND: "compound",
    _REFERENCE: "reference", _VARIABLE: "list", _ARRAY: "array", _COMPLEX: "complex",
}  # fmt: skip
# Size, bits of the exponent, bits of the mantissa.
_FLOATS = {
    (1, 4, 3): "float8_e4m3fn",
    (1, 5, 2): "float8_e5m2",
    (2, 5, 10): "float16",
    (2, 8, 7): "bfloat16",
    (4, 8, 23): "float32",
    (8, 11, 52): "float64",
    (16, 15, 64): "float128",
    (16, 15, 112): "float128",
}
_COMPLEXES = {"float32": "complex64", "float64": "complex128"}
_DEEPEST = 8
_MOST_DIMENSIONS = 32
_MOST_ELEMENTS = 1 << 63
_NULL = 2
_PADDED_UP_TO = 2  # the last version that pads names to 8 bytes


@dataclass(frozen=True, slots=True)
class Datatype:
    """What the elements of a dataset or attribute are.

    Attributes:
        name: In NumPy's spelling, or a word for what it does not have.
        size: Bytes of one element.
        plain: Whether the bytes are little-endian numbers as NumPy keeps them in memory.
        text: Whether elements are texts, of one size or (``variable``) of any.
        variable: Whether elements are kept in the global heap.
        number: ``int``, ``uint``, ``float`` or nothing.
        big: Whether numbers are big-endian.
    """

    name: str
    size: int
    plain: bool = False
    text: bool = False
    variable: bool = False
    number: str = ""
    big: bool = False


def read_datatype(fields: Fields, depth: int = 0) -> Datatype:
    """Return a datatype; of compound ones only complex numbers are told apart.

    Source: "The Datatype Message" in the HDF5 File Format Specification 4.0.
    """
    if depth > _DEEPEST:
        raise Malformed("datatypes are nested without end")
    first, flags, size = fields.number(1), fields.number(3), fields.number(4)
    sort, version = first & 15, first >> 4
    if sort in {_FIXED, _FLOAT}:
        return (_whole_number if sort == _FIXED else _float)(fields, flags, size)
    if sort == _STRING:
        return Datatype(f"S{size}", size, text=True)
    if sort == _OPAQUE:
        return Datatype(f"V{size}", size, plain=True)
    if sort == _VARIABLE and flags & 15 == 1:
        return Datatype("string", size, text=True, variable=True)
    if sort == _ENUM:
        return _enum(fields, flags, depth)
    parts: list[Datatype] = []
    if sort == _COMPLEX:
        parts = [read_datatype(fields, depth + 1)] * 2
    elif sort == _COMPOUND and flags & 0xFFFF == 2:  # noqa: PLR2004 - real and imaginary
        parts = [_member(fields, version, size, depth) for _ in range(2)]
    other = Datatype(_WORDS.get(sort, f"class {sort}"), size, variable=sort == _VARIABLE)
    return _complex(parts, size) or other


def _whole_number(fields: Fields, flags: int, size: int) -> Datatype:
    shift, precision = fields.number(2), fields.number(2)
    number = "int" if flags & 8 else "uint"
    usual = size in {1, 2, 4, 8} and not shift and precision == size * 8
    name = f"{number}{precision}"
    return Datatype(name, size, plain=usual and not flags & 1, number=number, big=bool(flags & 1))


def _float(fields: Fields, flags: int, size: int) -> Datatype:
    fields.skip(5)
    exponent = fields.number(1)
    fields.skip(1)
    mantissa = fields.number(1)
    fields.skip(4)
    name, big = _FLOATS.get((size, exponent, mantissa)), bool(flags & 0x41)
    if name is None:
        return Datatype(f"float of {size} bytes", size)
    return Datatype(name, size, plain=not big, number="float", big=big)


def _enum(fields: Fields, flags: int, depth: int) -> Datatype:
    base = read_datatype(fields, depth + 1)
    names = fields.rest()
    if flags & 0xFFFF == 2 and b"FALSE\x00" in names and b"TRUE\x00" in names:  # noqa: PLR2004
        return Datatype("bool", base.size, base.plain and base.size == 1, number=base.number)
    return base


def _member(fields: Fields, version: int, size: int, depth: int) -> Datatype:
    start = fields.at
    fields.text()
    if version <= _PADDED_UP_TO:
        fields.align(start)
        fields.skip(4 + (28 if version == 1 else 0))
    else:
        fields.skip((size.bit_length() + 7) // 8)
    return read_datatype(fields, depth + 1)


def _complex(parts: list[Datatype], size: int) -> Datatype | None:
    first = parts[0] if parts else None
    name = _COMPLEXES.get(first.name) if first else None
    if first is None or name is None or first != parts[1] or size != 2 * first.size:
        return None
    return Datatype(name, size, first.plain, big=first.big)


def read_dataspace(fields: Fields) -> tuple[int, ...] | None:
    """Return the sizes; none for a scalar, nothing at all for a space that holds no element.

    Raises:
        Malformed: There are too many of them, or they are too large together.
    """
    version, rank = fields.number(1), fields.number(1)
    fields.skip(1)  # whether it may grow
    if version not in {1, 2} or rank > _MOST_DIMENSIONS:
        raise Malformed(f"there is no dataspace of version {version} with {rank} dimensions")
    if version == 1:
        fields.skip(5)
    elif fields.number(1) == _NULL:
        return None
    shape = tuple(fields.length() for _ in range(rank))
    elements = 1
    for size in shape:
        elements *= max(size, 1)
        if elements >= _MOST_ELEMENTS:
            raise Malformed("a dataset has too many elements")
    return shape
