"""Numbers are compared as NumPy compares them in double precision, in every type and any piece."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.tensor_comparison import TensorRow
from modelshelf.formats.comparing.elements import exactly
from modelshelf.formats.comparing.kinds import SIZES, Array
from modelshelf.formats.comparing.norms import Norm
from tests.formats.comparing.made import compared, small_pieces

Number = float | int | complex
_SMALL = {"float8_e4m3fn": (3, 7), "float8_e4m3fnuz": (3, 8), "float8_e5m2": (2, 15)}
_SMALL |= {"float8_e5m2fnuz": (2, 16)}


def small_float(dtype: str, code: int) -> float:
    """Return what a byte stands for, by the words of the specification."""
    if dtype.startswith("float8_e8m0"):
        return math.nan if code == 255 else math.ldexp(1.0, code - 127)
    bits, bias = _SMALL[dtype]
    sign, exponent, mantissa = code >> 7, (code & 127) >> bits, code & ((1 << bits) - 1)
    if dtype.endswith("fnuz"):
        if code == 128:
            return math.nan
    elif dtype == "float8_e5m2" and exponent == 31:
        return math.nan if mantissa else (-1) ** sign * math.inf
    elif dtype == "float8_e4m3fn" and code & 127 == 127:
        return math.nan
    part = mantissa / (1 << bits)
    value = math.ldexp(1 + part, exponent - bias) if exponent else math.ldexp(part, 1 - bias)
    return -value if sign else value


def numbers(dtype: str, data: bytes) -> list[Number]:
    """Return the elements, decoded without the code under test."""
    if dtype.startswith("float8"):
        return [small_float(dtype, code) for code in data]
    if dtype == "bfloat16":
        return [
            struct.unpack("<f", b"\0\0" + data[at : at + 2])[0] for at in range(0, len(data), 2)
        ]
    found: list[Number] = np.frombuffer(data, "u1" if dtype == "bool" else dtype).tolist()
    return found


def broken(value: Number) -> bool:
    """Tell whether it is not a number."""
    return value != value  # noqa: PLR0124 - which is what says so


def expect(row: TensorRow, left: Sequence[Number], right: Sequence[Number], digits: float) -> None:
    """Check a row against one number after the other."""
    pairs = list(zip(left, right, strict=True))
    differ = [(a, b) for a, b in pairs if a != b and not (broken(a) and broken(b))]
    assert row.changed == len(differ)
    gaps = [distance(a, b) for a, b in differ]
    assert row.max_change is not None
    assert row.relative_l2 is not None
    if any(not math.isfinite(gap) for gap in gaps):
        assert math.isnan(row.relative_l2)
        assert math.isnan(row.max_change) == any(math.isnan(gap) for gap in gaps)
        assert not math.isfinite(row.max_change)
        return
    assert row.max_change == pytest.approx(max(gaps, default=0.0), rel=digits)
    # The largest are set aside: the length of many may be more than a number can be.
    held = [size(a) for a in left if math.isfinite(size(a))]
    base, moved = max(held, default=0.0), max(gaps, default=0.0)
    relative = 0.0 if not moved else math.inf
    if moved and base:
        there, away = (math.hypot(*(n / max(some) for n in some)) for some in (held, gaps))
        relative = moved / base * (away / there)
    assert row.relative_l2 == pytest.approx(relative, rel=digits)


def distance(one: Number, other: Number) -> float:
    """Return how far two numbers are from each other, as double precision has it."""
    if isinstance(one, complex) or isinstance(other, complex):
        with np.errstate(all="ignore"):
            return float(np.abs(np.complex128(other) - np.complex128(one)))
    return float(abs(other - one))


def size(value: Number) -> float:
    """Return the size of a number."""
    with np.errstate(all="ignore"):
        return (
            float(np.abs(np.complex128(value))) if isinstance(value, complex) else float(abs(value))
        )


def changed(data: bytes, width: int, chance: np.random.Generator, share: float) -> bytes:
    """Return the bytes with a share of the elements replaced."""
    array: Array = np.frombuffer(data, np.uint8).reshape(-1, width).copy()
    at = chance.random(len(array)) < share
    array[at] = chance.integers(0, 256, (int(at.sum()), width), dtype=np.uint8)
    return bytes(array.tobytes())


@pytest.mark.parametrize("dtype", SIZES)
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 200),
    share=st.sampled_from([0.0, 0.02, 1.0]),
    threads=st.sampled_from([1, 2]),
)
def test_any_bits_are_compared_as_one_by_one(
    dtype: str, seed: int, count: int, share: float, threads: int
) -> None:
    """Whatever the bits stand for, no number, infinite, the largest: the same as one by one."""
    chance = np.random.default_rng(seed)
    left = chance.bytes(count * SIZES[dtype])
    right = changed(left, SIZES[dtype], chance, share)
    with small_pieces(threads):
        row = compared((dtype, dtype), left, right, count)
    assert row.state == ("same" if left == right else "changed")
    expect(row, numbers(dtype, left), numbers(dtype, right), 1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 20_000),
    scale=st.sampled_from([1e-30, 1e-3, 1.0, 1e3, 1e25]),
)
def test_ordinary_values_are_compared_as_in_double_precision(
    dtype: str, seed: int, count: int, scale: float
) -> None:
    """Weights that moved a little, small or large, in whole pieces."""
    chance = np.random.default_rng(seed)
    values = chance.standard_normal(count) * (1.0 if dtype == "float16" else scale)
    moved = values * (1 + 1e-3 * chance.standard_normal(count))
    left, right = (encoded(dtype, array) for array in (values, moved))
    row = compared((dtype, dtype), left, right, count)
    one, other = (np.array(numbers(dtype, data), np.float64) for data in (left, right))
    assert row.changed == np.count_nonzero(one != other)
    assert row.relative_l2 == pytest.approx(
        np.linalg.norm(other - one) / np.linalg.norm(one), rel=1e-5
    )
    assert row.max_change == pytest.approx(np.abs(other - one).max(), rel=1e-5)


def encoded(dtype: str, values: Array) -> bytes:
    """Return numbers as the bytes of a type."""
    if dtype == "bfloat16":
        upper: Array = values.astype(np.float32).view(np.uint32) >> 16
        return bytes(upper.astype("<u2").tobytes())
    return bytes(values.astype(dtype).tobytes())


@pytest.mark.parametrize("dtypes", [
    ("float32", "float16"), ("float32", "bfloat16"), ("float64", "float32"), ("int8", "float32"),
    ("int64", "float64"), ("uint64", "int64"), ("float32", "float8_e4m3fn"), ("bool", "int32"),
    ("complex64", "float32"), ("complex128", "complex64"), ("int64", "int8"),
], ids="-".join)  # fmt: skip
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 150))
def test_other_types_are_converted(dtypes: tuple[str, str], seed: int, count: int) -> None:
    """A copy in another type differs by what the type loses, and stays of another type."""
    chance = np.random.default_rng(seed)
    left, right = (chance.bytes(count * SIZES[dtype]) for dtype in dtypes)
    with small_pieces():
        row = compared(dtypes, left, right, count)
    assert (row.state, row.dtypes) == ("other type", dtypes)
    one, other = (
        [float(n) if isinstance(n, int) else n for n in numbers(dtype, data)]
        for dtype, data in zip(dtypes, (left, right), strict=True)
    )
    expect(row, one, other, 1e-5)


def test_a_copy_in_half_precision_says_what_it_lost() -> None:
    """float32 saved as float16: another type, every value that was rounded counted."""
    values = np.linspace(-1, 1, 999, dtype=np.float32)
    half = values.astype(np.float16)
    row = compared(("float32", "float16"), values.tobytes(), half.tobytes(), 999)
    assert row.state == "other type"
    assert row.changed == np.count_nonzero(values != half)
    assert row.max_change == pytest.approx(np.abs(values - half.astype(np.float32)).max())


@pytest.mark.parametrize("dtype", [d for d in SIZES if d.startswith("float8")])
def test_every_byte_of_a_small_float(dtype: str) -> None:
    """All 256 of them are what the specification says."""
    found = exactly(dtype, np.arange(256, dtype=np.uint8)).tolist()
    expected = [small_float(dtype, code) for code in range(256)]
    assert [None if broken(n) else n for n in found] == [None if broken(n) else n for n in expected]


def test_every_half_float() -> None:
    """All 65,536 of them are moved by the short way as NumPy converts them, in pieces of 64."""
    codes: Array = np.arange(1 << 16, dtype="<u2")
    zeros = bytes(len(codes) * 2)
    with small_pieces():
        row = compared(("float16", "float16"), codes.tobytes(), zeros, len(codes))
        whole = compared(("float16", "float32"), codes.tobytes(), zeros * 2, len(codes))
    expect(row, codes.view("<f2").tolist(), [0.0] * len(codes), 1e-5)
    assert whole.changed == row.changed == len(codes) - 2


def bits(*numbers: int) -> bytes:
    """Return float32 by their bits."""
    return struct.pack(f"<{len(numbers)}I", *numbers)


@pytest.mark.parametrize(
    ("left", "right"),
    [(bits(0x7FC00000, 0), bits(0x7FC00001, 0)), (bits(0, 7), bits(0x80000000, 7))],
    ids=["another NaN", "another zero"],
)
def test_bits_that_change_no_value(left: bytes, right: bytes) -> None:
    """The payload of what is no number and the sign of zero: changed, and by nothing."""
    row = compared(("float32", "float32"), left, right, 2)
    assert (row.state, row.changed, row.relative_l2, row.max_change) == ("changed", 0, 0.0, 0.0)


def test_infinite_values_that_stay_do_not_hide_the_others() -> None:
    """A mask of minus infinity on both sides leaves the difference of the finite values."""
    left = struct.pack("<3f", -math.inf, 3.0, 4.0)
    row = compared(("float32", "float32"), left, struct.pack("<3f", -math.inf, 3.0, 5.0), 3)
    assert (row.changed, row.relative_l2, row.max_change) == (1, 0.2, 1.0)


def test_a_baseline_of_zeros() -> None:
    """What came out of nothing is infinitely more."""
    row = compared(("float32", "float32"), bytes(8), struct.pack("<2f", 0.0, 2.0), 2)
    assert (row.changed, row.relative_l2, row.max_change) == (1, math.inf, 2.0)


def test_large_whole_numbers_are_told_apart() -> None:
    """Two of 64 bits that double precision takes for one differ, and the farthest do not wrap."""
    near = compared(("int64", "int64"), struct.pack("<q", 2**62), struct.pack("<q", 2**62 + 1), 1)
    assert (near.changed, near.max_change) == (1, 1.0)
    ends = struct.pack("<q", -(2**63)), struct.pack("<q", 2**63 - 1)
    assert compared(("int64", "int64"), *ends, 1).max_change == pytest.approx(2.0**64)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
@pytest.mark.parametrize("count", [1, 2, 8_191, 8_193, 70_001])
def test_a_small_move_of_values_far_from_zero(dtype: str, count: int) -> None:
    """A large offset on both sides takes no digit of the difference."""
    chance = np.random.default_rng(count)
    left = encoded(dtype, 1_000 + chance.random(count))
    data: Array = np.frombuffer(left, f"<u{SIZES[dtype]}").copy()
    data[:: max(1, count // 50)] += 1  # the next number of the type
    row = compared((dtype, dtype), left, data.tobytes(), count)
    one, other = (np.array(numbers(dtype, each), np.longdouble) for each in (left, data.tobytes()))
    gap: Array = other - one
    assert row.changed == np.count_nonzero(gap) > 0
    assert row.max_change == float(abs(gap).max())
    assert row.relative_l2 == pytest.approx(
        float(np.sqrt((gap**2).sum() / (one**2).sum())), rel=1e-6
    )


def test_the_longest_vectors_do_not_overflow() -> None:
    """Lengths beyond the largest number still have a ratio."""
    left, right = (struct.pack("<4d", *([n * 1e308] * 4)) for n in (0.8, 1.6))
    row = compared(("float64", "float64"), left, right, 4)
    assert row.max_change == pytest.approx(0.8e308)
    assert row.relative_l2 == pytest.approx(1.0)


def test_a_length_beyond_all_squares_is_still_a_number() -> None:
    """A tiny baseline under a huge difference gives their quotient, not infinity."""
    assert Norm(1.0, 1e270).over(Norm(1.0, 1e-270)) == pytest.approx(1e270)
    assert Norm(1.0, 4.0).over(Norm(2.0, 1.0)) == 1.0
