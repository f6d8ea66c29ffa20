"""The difference of two arrays: quickly where values are ordinary, else one value at a time."""

from __future__ import annotations

import math

import numpy as np

from modelshelf.formats.comparing.kinds import Array
from modelshelf.formats.comparing.norms import Norm, Part, together

# BLAS starts threads of its own for longer vectors, and adds single precision up less precisely.
_ROW = 8192
_CAREFUL = 1 << 16
# Sums of squares less than this, for each row, have lost digits to what is too small to be squared.
_LOST = {"float32": 1e-32, "float64": 1e-290}
_ORDINARY = 1e100
_LONG = 8


def alike(left: Array, right: Array, mask: Array) -> bool:
    """Tell whether bytes are the same; ``mask`` is scratch of an eighth as many."""
    whole = len(left) // 8
    flags = mask[:whole]
    np.not_equal(left[: whole * 8].view(np.uint64), right[: whole * 8].view(np.uint64), out=flags)
    return not flags.any() and bool((left[whole * 8 :] == right[whole * 8 :]).all())


def quick(left: Array, right: Array, mask: Array) -> Part | None:
    """Return what differs between arrays of float32 or float64; ``right`` becomes the difference.

    Nothing when a value is not finite, or so large or small that its square is lost.
    """
    np.subtract(right, left, out=right)
    base, diff = _squares(left), _squares(right)
    if not (math.isfinite(base) and math.isfinite(diff)):
        return None
    flags = mask[: len(right)]
    changed = int(np.count_nonzero(np.not_equal(right, 0, out=flags)))
    least = _LOST[right.dtype.name] * (1 + len(right) // _ROW)
    if (diff < least and changed) or (base < least and left.any()):
        return None
    largest = max(float(np.maximum.reduce(right)), -float(np.minimum.reduce(right)))
    return Part(Norm(1.0, base), Norm(1.0, diff), changed, largest)


def quick_base(values: Array) -> Part | None:
    """Return the norm of an array that is the same on both sides; nothing as :func:`quick`."""
    base = _squares(values)
    least = _LOST[values.dtype.name] * (1 + len(values) // _ROW)
    if not math.isfinite(base) or (base < least and values.any()):
        return None
    return Part(Norm(1.0, base))


def careful(left: Array, right: Array) -> Part:
    """Return what differs between arrays of any type of number.

    A value that is not a number is equal to another that is none, and an infinite one to itself.
    """
    pieces = range(0, len(left), _CAREFUL)
    return together(_one(left[at : at + _CAREFUL], right[at : at + _CAREFUL]) for at in pieces)


def _one(left: Array, right: Array) -> Part:
    if left.dtype == right.dtype and left.dtype.kind in "iu" and left.dtype.itemsize == _LONG:
        # Of 64 bits: the difference of the larger and the smaller is exact without a sign.
        larger, smaller = (f(left, right).view(np.uint64) for f in (np.maximum, np.minimum))
        same, diff = left == right, (larger - smaller).astype(np.float64)
        base = left.astype(np.float64)
    else:
        wide = np.result_type(left, right, np.float64)
        base, other = left.astype(wide), right.astype(wide)
        same = (base == other) | (np.isnan(base) & np.isnan(other))
        diff = np.abs(np.where(same, 0, other - base))
    real = np.isfinite(diff)
    return Part(
        _norm(np.abs(np.where(np.isfinite(base), base, 0))),
        _norm(np.where(real, diff, 0)),
        len(same) - int(np.count_nonzero(same)),
        float(np.maximum.reduce(diff)),
        bool(real.all()),
    )


def _norm(values: Array) -> Norm:
    largest = float(np.maximum.reduce(values))
    if not largest:
        return Norm()
    scale = 1.0 if 1 / _ORDINARY < largest < _ORDINARY else largest
    return Norm(scale, float(np.add.reduce(np.square(values / scale))))


def _squares(values: Array) -> float:
    whole = len(values) // _ROW * _ROW
    rows, rest = values[:whole].reshape(-1, _ROW), values[whole:]
    return float(np.add.reduce(np.vecdot(rows, rows), dtype=np.float64)) + float(
        np.vecdot(rest, rest)
    )
