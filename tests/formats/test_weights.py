"""The digest of all tensors: the same for the same weights, whatever they are called or lie in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.inspection import Weights
from modelshelf.domain.plain import canonical, compact
from modelshelf.formats.interface import Placed
from modelshelf.formats.weights import TENSORS_MOST, ranges_of, weights_of


def digest_of(file: str, start: int, length: int) -> str:
    """Return a digest that stands for the bytes of a range."""
    return hashlib.sha256(f"{file} {start} {length}".encode()).hexdigest()


def weigh(placed: Sequence[Placed]) -> Weights:
    """Return the weights of tensors that are all there."""
    weights = weights_of(placed, digest_of)
    assert weights is not None
    return weights


def tensor(name: str = "w", start: int = 0, **other: object) -> Placed:
    """Return a tensor of four numbers."""
    values = {"dtype": "float32", "shape": (2, 2), "file": "a", "length": 16} | other
    return Placed(name=name, start=start, **values)  # type: ignore[arg-type]


def test_the_digest_is_what_the_page_says() -> None:
    """The title, then type, elements and digest of each distinct tensor, sorted, line by line."""
    placed = [tensor("b", 16), tensor("a", 0), tensor("c", 32, dtype="int8", shape=(), length=1)]
    lines = sorted(
        f"{p.dtype} {n} {digest_of('a', p.start, p.length)}\n"
        for p, n in zip(placed, (4, 4, 1), strict=True)
    )
    text = "modelshelf-weights-v1\n" + "".join(lines)
    assert weigh(placed).digest == hashlib.sha256(text.encode()).hexdigest()


@given(st.permutations(range(6)), st.lists(st.text(max_size=5), min_size=6, max_size=6))
def test_neither_names_nor_order_nor_shape_nor_copies_count(
    order: list[int], names: list[str]
) -> None:
    """Other names, another order, a vector for a matrix, one stored twice: the same weights."""
    plain = [tensor(f"t{n}", 16 * n) for n in range(6)]
    other = [tensor(names[n], 16 * n, shape=(4,)) for n in order]
    assert weigh(plain).digest == weigh(other).digest == weigh([*plain, plain[0]]).digest != ""


@pytest.mark.parametrize(
    "other", [{"dtype": "int32"}, {"shape": (2, 3)}, {"start": 8}, {"length": 12}]
)
def test_type_size_and_bytes_count(other: dict[str, object]) -> None:
    """Another type, number of elements or other bytes are other weights."""
    changed = tensor(**({"start": 0} | other))  # type: ignore[arg-type]
    assert weigh([tensor(), tensor("x", 32)]).digest != weigh([changed, tensor("x", 32)]).digest


def test_a_tensor_without_a_digest_leaves_none_for_all() -> None:
    """Packed tensors have no digest; the others keep theirs."""
    found = weigh([tensor("a", 0), tensor("packed", -1)])
    assert found.digest == ""
    assert [bool(each.digest) for each in found.tensors] == [True, False]
    assert ranges_of([tensor("a", 0), tensor("packed", -1)]) == {"a": [(0, 16)]}


def test_empty_tensors_do_not_matter() -> None:
    """A tensor without elements is listed and otherwise nothing; alone it makes no weights."""
    empty = tensor("empty", -1, shape=(0, 4), length=0)
    assert weigh([tensor(), empty]).digest == weigh([tensor()]).digest
    assert weigh([tensor(), empty]).count == 2
    assert weigh([empty]).digest == ""
    assert weights_of([], digest_of) is None


def test_of_very_many_the_largest_are_listed_in_their_order() -> None:
    """Count and digest are of all; the list stays short."""
    placed = [tensor(f"t{n}", 1000 * n, shape=(n,), length=n) for n in range(TENSORS_MOST + 500)]
    found = weigh(placed)
    assert found.count == TENSORS_MOST + 500
    assert [each.name for each in found.tensors] == [p.name for p in placed[500:]]
    assert found.digest != weigh(placed[500:]).digest


HOSTILE = [
    tensor("a\ud800\x00b", 0),
    tensor("x" * 100_000, 0, dtype="y" * 100_000),
    tensor("line", 0, dtype=f"float32 4 {'0' * 64}\nint8"),
    tensor("blank", 0, dtype=" \n "),
    tensor("negative", 0, shape=(-1, -4)),
    tensor("huge", 0, shape=(2**200, 0)),
    tensor("deep", 0, shape=(1,) * 10_000),
    tensor("wide", 0, shape=(2**63 - 1,) * 64),
    tensor("short", 0, length=-5),
]


@pytest.mark.parametrize("placed", HOSTILE, ids=lambda placed: placed.name[:8])
def test_lies_are_kept_short_and_harmless(placed: Placed) -> None:
    """Whatever a header claims, the weights can be recorded and are no longer than they may be."""
    found = weigh([placed, tensor("honest", 64)])
    text = canonical(compact(found))
    assert len(text.encode()) < 6_000
    assert all(len(each.dtype.split()) == 1 for each in found.tensors)


def test_a_type_cannot_look_like_another_line() -> None:
    """A type with a line feed in it does not make the weights of two honest tensors."""
    inner = digest_of("a", 16, 16)
    honest = weigh([tensor(start=0), tensor(start=16)])
    forged = weigh([tensor(start=0, dtype=f"float32 4 {inner}\nfloat32")])
    assert forged.digest != honest.digest
