"""Bytes of every element type as arrays of numbers."""

from __future__ import annotations

from functools import cache

import numpy as np

from modelshelf.formats.comparing.kinds import Array

_HALF_SIGN = np.uint32(0x8FFFFFFF)
_HALF_INFINITE = 0x0F800000  # the bits of an exponent of ones, moved to where float32 has them
_HALF_SHIFT = 13
_HALF_UPPER = np.uint32(0x8FFFE000)  # of one in the upper half of a word, moved down by three
_HALF_DOWN = 3
_HALF_LARGEST = 0x7BFF  # the bits of the largest number, without its sign
_HALF_SCALE = np.float32(2.0**112)  # the exponents of float32 begin so much lower
_BFLOAT_SHIFT = 16
_UPPER = np.uint32(0xFFFF0000)
# Bits of the mantissa, bias of the exponent, and whether the format is one of AMD and Graphcore.
_SMALL = {"float8_e4m3fn": (3, 7, False), "float8_e4m3fnuz": (3, 8, True)}
_SMALL |= {"float8_e5m2fnuz": (2, 16, True)}
_SCALES = frozenset({"float8_e8m0fnu", "float8_e8m0"})
_SIGN, _SCALE_BIAS, _NO_SCALE = 0x80, 127, 0xFF


def exactly(dtype: str, raw: Array) -> Array:
    """Return bytes as an array of their numbers; of types that NumPy has not, as float32."""
    if dtype == "bfloat16":
        wide: Array = raw.view("<u2").astype(np.uint32)
        np.left_shift(wide, _BFLOAT_SHIFT, out=wide)
        return wide.view(np.float32)
    if dtype.startswith("float8"):
        return _table(dtype)[raw]
    return raw if dtype == "bool" else raw.view(np.dtype(dtype).newbyteorder("<"))


def quickly(dtype: str, raw: Array, out: Array, *, ordered: bool) -> Array | None:
    """Return bytes as an array of the type of ``out``, made there or seen in place.

    Nothing when they hold what only :func:`exactly` tells right: a float16 that is no number.

    Args:
        dtype: Of the bytes.
        raw: The bytes.
        out: Room for as many elements.
        ordered: Whether their order matters; else it is only the same for all of a type and length.
    """
    if dtype == out.dtype.name:
        return raw.view(out.dtype)
    if dtype == "float16" and out.dtype == np.float32:
        return _halves(raw, out) if ordered else _half_pairs(raw, out)
    if dtype == "bfloat16" and out.dtype == np.float32 and not ordered:
        return _brains(raw, out)
    if dtype.startswith("float8") and out.dtype == np.float32:
        np.take(_table(dtype), raw, out=out, mode="clip")
    else:
        np.copyto(out, exactly(dtype, raw))
    return out


def _brains(raw: Array, out: Array) -> Array:
    """Take two bfloat16 at a time: all the lower ones, all the upper ones, then one left over."""
    bits: Array = out.view(np.uint32)
    pairs = len(out) // 2
    both: Array = raw[: pairs * 4].view("<u4")
    np.left_shift(both, _BFLOAT_SHIFT, out=bits[:pairs])
    np.bitwise_and(both, _UPPER, out=bits[pairs : pairs * 2])
    if len(out) % 2:
        out[-1] = exactly("bfloat16", raw[-2:])[0]
    return out


def _half_pairs(raw: Array, out: Array) -> Array | None:
    """Take two float16 at a time, as :func:`_brains` does: fewer and shorter passes."""
    signed: Array = raw.view("<i2")
    least = int(np.maximum.reduce(raw.view("<u2"))) - (1 << 15)  # of negative ones the farthest
    if max(int(np.maximum.reduce(signed)), least) > _HALF_LARGEST:
        return None
    bits: Array = out.view(np.uint32)
    moved: Array = out.view(np.int32)
    pairs = len(out) // 2
    both: Array = raw[: pairs * 4].view("<i4")
    np.right_shift(both, _HALF_DOWN, out=moved[pairs : pairs * 2])
    np.left_shift(both, _BFLOAT_SHIFT, out=moved[:pairs])
    np.right_shift(moved[:pairs], _HALF_DOWN, out=moved[:pairs])
    if len(out) % 2:
        moved[-1] = int(signed[-1]) << _HALF_SHIFT
    np.bitwise_and(bits, _HALF_UPPER, out=bits)
    np.multiply(out, _HALF_SCALE, out=out)
    return out


def _halves(raw: Array, out: Array) -> Array | None:
    """Move the bits to where float32 has them, ten times as fast as NumPy converts them."""
    signed: Array = out.view(np.int32)
    bits: Array = out.view(np.uint32)
    np.copyto(signed, raw.view("<i2"))
    np.left_shift(signed, _HALF_SHIFT, out=signed)
    np.bitwise_and(bits, _HALF_SIGN, out=bits)
    largest = max(int(np.maximum.reduce(signed)), int(np.maximum.reduce(bits)) - (1 << 31))
    if largest >= _HALF_INFINITE:
        return None
    np.multiply(out, _HALF_SCALE, out=out)
    return out


@cache
def _table(dtype: str) -> Array:
    """Return the number that each byte stands for.

    Source: the OCP 8-bit Floating Point Specification, and its "fnuz" variants as in ml_dtypes.
    """
    codes: Array = np.arange(256, dtype=np.uint8)
    if dtype == "float8_e5m2":  # the upper half of a float16
        upper: Array = codes.astype("<u2") << 8
        return upper.view("<f2").astype(np.float32)
    if dtype in _SCALES:
        powers: Array = np.minimum(codes, _NO_SCALE - 1).astype(int) - _SCALE_BIAS
        scales: Array = np.ldexp(np.float32(1), powers)
        scales[_NO_SCALE] = np.nan
        return scales
    bits, bias, unsigned_zero = _SMALL[dtype]
    whole = codes.astype(int) & ~_SIGN
    exponent, mantissa = whole >> bits, whole & ((1 << bits) - 1)
    normal = exponent > 0
    value = np.ldexp(
        (mantissa + (normal << bits)).astype(np.float64), np.maximum(exponent, 1) - bias - bits
    )
    table: Array = np.where(codes & _SIGN, -value, value).astype(np.float32)
    table[[_SIGN] if unsigned_zero else [_SIGN - 1, _NO_SCALE]] = np.nan
    return table
