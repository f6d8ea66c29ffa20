"""Tensors stand for each other by name, in any container; what cannot be compared is said."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Corrupt, NotFound
from modelshelf.domain.inspection import TensorEntry, Weights
from modelshelf.formats import Source
from modelshelf.formats.comparing import Side, plan, recorded
from modelshelf.formats.comparing.kinds import Array
from modelshelf.formats.interface import Placed
from tests.formats.builders import gguf, gguf_text, source, zipped
from tests.formats.comparing.made import (
    Arrays,
    as_gguf,
    as_npz,
    as_onnx,
    as_onnx_outside,
    as_safetensors,
    as_shards,
    as_torch,
    compare,
    lying,
    npy_of,
    side,
    states,
)

CONTAINERS: list[Callable[[Arrays], Source]] = [
    as_safetensors, as_shards, as_npz, as_onnx, as_onnx_outside, as_torch, as_gguf,
]  # fmt: skip


def network(seed: int = 1) -> dict[str, Array]:
    """Return a small network."""
    chance = np.random.default_rng(seed)
    names = ("embed", "layers.0.q", "layers.0.k", "layers.1.q", "head.weight")
    return {name: chance.standard_normal((2, 5), dtype=np.float32) for name in names}


@pytest.mark.parametrize("one", CONTAINERS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("other", CONTAINERS, ids=lambda each: each.__name__)
def test_any_two_containers(
    one: Callable[[Arrays], Source], other: Callable[[Arrays], Source]
) -> None:
    """The same values in another container are the same, and a change in one tensor is found."""
    given = network()
    changed = given | {"layers.0.k": given["layers.0.k"] * np.float32(1.5)}
    assert set(states(compare(one(given), other(given))).values()) == {"same"}
    found = compare(one(given), other(changed))
    assert {name for name, state in states(found).items() if state != "same"} == {"layers.0.k"}
    (row,) = (row for row in found.rows if row.state == "changed")
    assert (row.changed, row.shapes) == (10, ((2, 5), (2, 5)))
    assert row.relative_l2 == pytest.approx(0.5)
    assert found.whole
    assert not found.notes


def test_what_is_added_removed_and_of_other_shape() -> None:
    """Rows come in the order of the baseline, then what was added."""
    given = network()
    other = dict(given)
    del other["embed"]
    other |= {"new": given["embed"], "layers.0.q": given["layers.0.q"].reshape(10, 1)}
    other["layers.1.q"] = given["layers.1.q"][::-1].reshape(5, 2)
    other["head.weight"] = given["head.weight"][:1]
    found = compare(as_npz(given), as_npz(other))
    assert list(states(found).items()) == [
        ("embed", "removed"),
        ("layers.0.q", "other shape"),
        ("layers.0.k", "same"),
        ("layers.1.q", "other shape"),
        ("head.weight", "other shape"),
        ("new", "added"),
    ]
    numbers = {row.name: (row.changed, row.relative_l2) for row in found.rows}
    assert numbers["layers.0.q"] == (0, 0.0)  # only seen in another shape
    assert {numbers[n] for n in ("layers.1.q", "head.weight", "new")} == {(None, None)}
    assert (found.rows[-1].shapes, found.rows[-1].dtypes) == ((None, (2, 5)), ("", "float32"))


def test_layers_are_measured_as_one_vector() -> None:
    """The tensors of a layer that differ count as one vector; one that is the same has no share."""
    given: dict[str, Array] = {
        n: np.ones((3,), np.float32) for n in ("h.0.a", "h.0.b", "h.0.c", "h.1.a", "top")
    }
    other = given | {"h.0.a": given["h.0.a"] * 2, "h.0.b": given["h.0.b"] * 4}
    found = compare(as_npz(given), as_npz({n: a for n, a in other.items() if n != "top"}))
    first, second, third = found.groups
    assert (first.name, first.tensors, first.differing, first.elements) == ("h.0", 3, 2, 9)
    assert first.relative_l2 == pytest.approx(math.sqrt((3 * 1 + 3 * 9) / 6))
    assert first.max_change == 3.0
    assert (second.name, second.differing, second.relative_l2) == ("h.1", 0, 0.0)
    assert (third.name, third.relative_l2, third.max_change) == ("top", None, None)


def test_without_a_common_name_digests_tell() -> None:
    """What an exporter renamed is matched by the digests of its values, and that is said."""
    given = network()
    sides = []
    for number, prefix in enumerate(("", "onnx::MatMul_")):
        named = {prefix + name: array for name, array in given.items()}
        if prefix:
            named["onnx::MatMul_embed"] = named["onnx::MatMul_embed"] + 1
        made = side(as_npz(named), f"m:v{number + 1}")
        digests = {
            n: hashlib.sha256(named[p.name].tobytes()).hexdigest()
            for n, p in enumerate(made.placed)
        }
        sides.append(replace(made, digests=digests))
    found = plan(*sides).run()
    assert states(found) == {
        "embed": "removed",
        "onnx::MatMul_embed": "added",
        **dict.fromkeys(list(given)[1:], "same"),
    }
    (note,) = found.notes
    assert note == (
        "Hardly any name occurs in both, so 4 tensors were matched by the digests of their"
        " values, under the names of m:v1."
    )
    assert found.bytes_read == 0
    unknown = plan(*(replace(each, digests={}) for each in sides)).run()
    assert set(states(unknown).values()) == {"added", "removed"}
    assert not unknown.notes


def test_what_is_known_to_be_the_same_is_not_read() -> None:
    """Recorded digests of tensors or of whole files tell; nothing is opened."""
    given = as_npz(network())
    made = side(given)
    digests = {n: f"{n:064}" for n in range(len(made.placed))}

    def never() -> BinaryIO:
        raise NotFound("it was opened")

    file = replace(given.only, open=never)
    closed = replace(made, source=replace(given, files=(file,)))
    by_tensor, by_file = (
        replace(closed, **k) for k in ({"digests": digests}, {"files": {"m.npz": "f"}})
    )
    for known in (by_tensor, by_file):
        found = plan(known, known).run()
        assert (found.bytes_read, found.differs) == (0, False)
    with pytest.raises(NotFound, match="opened"):
        plan(closed, closed).run()


def test_only_digests_of_this_very_tensor_are_believed() -> None:
    """A recorded digest belongs to a name, type and shape that occur once."""
    placed = tuple(
        Placed(name, "float32", (2,), "w", at, 8) for at, name in enumerate(["a", "b", "b", "c"])
    )
    entries = [TensorEntry(n, "float32", (2,), d * 64) for n, d in zip("abcd", "1234", strict=True)]
    entries += [TensorEntry("c", "float32", (2,), "5" * 64)]
    assert recorded(placed, Weights("", tuple(entries), 5)) == {0: "1" * 64}
    assert recorded(placed, None) == {}


PLAIN: Array = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    "data",
    [
        source("w.npy", npy_of(np.asfortranarray(PLAIN))),
        source("w.npy", npy_of(PLAIN.astype(">f4"))),
        source("w.npz", zipped({"w.npy": npy_of(PLAIN)}, 8)),
    ],
    ids=["column-major", "big-endian", "compressed"],
)
def test_what_is_not_stored_plainly_is_not_read(data: Source) -> None:
    """Such a tensor is unread, and a sentence says so."""
    found = compare(source("w.npy", npy_of(PLAIN)), data)
    assert states(found) == {"w": "unread"}
    assert "1 tensor is not stored as plain values" in found.notes[0]
    assert found.differs
    assert found.bytes_read == 0


def quantised(kind: int, data: bytes) -> Source:
    """Return a GGUF file with a tensor of blocks of 32 elements."""
    held = gguf_text("w") + struct.pack("<IQIQ", 1, 32, kind, 0)
    head = gguf(b"", held, (1, 0))
    return source("m.gguf", head + bytes(-len(head) % 32) + data)


def test_blocks_are_told_apart_byte_by_byte() -> None:
    """Of quantised weights it is known whether they are the same, and not by how much."""
    same = compare(quantised(8, bytes(34)), quantised(8, bytes(34)))
    assert (states(same), same.rows[0].changed, same.notes) == ({"w": "same"}, 0, ())
    found = compare(quantised(8, bytes(34)), quantised(8, bytes(33) + b"x"))
    (row,) = found.rows
    assert (row.state, row.changed, row.relative_l2, row.max_change) == (
        "changed",
        None,
        None,
        None,
    )
    assert found.notes == (
        "1 tensor is of packed or unknown types, so only told apart byte by byte: w.",
    )
    other = compare(quantised(8, bytes(34)), quantised(2, bytes(18)))
    assert states(other) == {"w": "other type"}
    assert "cannot be converted" in other.notes[0]


def test_a_shape_that_does_not_fit_its_bytes() -> None:
    """Fewer bytes than elements take, or more elements than there are numbers: unread, and said."""
    honest = lying("w", "float32", (2,), bytes(8))
    short = plan(honest, lying("w", "float32", (2,), bytes(4))).run()
    assert (states(short), "other length" in short.notes[0]) == ({"w": "unread"}, True)
    huge = (1 << 62, 1 << 62)
    endless = plan(
        lying("w", "float32", huge, bytes(8)), lying("w", "float32", huge, bytes(8))
    ).run()
    assert (states(endless), endless.rows[0].elements) == ({"w": "unread"}, 0)
    deep = (2,) * 20_000
    cut = plan(lying("w", "float32", deep, bytes(8)), lying("w", "float32", deep, bytes(8))).run()
    assert len(cut.rows[0].shapes[0] or ()) == 64


def test_nothing_is_the_same_as_nothing() -> None:
    """Tensors without elements are the same, whatever else is so large."""
    one = lying("w", "float32", (0, 1 << 62), b"")
    found = plan(one, lying("w", "float32", (0, 1 << 62), b"")).run()
    assert (states(found), found.rows[0].relative_l2) == ({"w": "same"}, 0.0)
    assert states(plan(one, lying("w", "int8", (0,), b"")).run()) == {"w": "other shape"}


def test_names_are_data_and_sentences_are_safe() -> None:
    """A name of control characters stays as it is in its row and is harmless in a note."""
    name = "w\x1b[31m\u202e"
    found = plan(
        lying(name, "float32", (2,), bytes(8)), lying(name, "float32", (2,), bytes(4))
    ).run()
    assert found.rows[0].name == name
    assert "\x1b" not in found.notes[0]


def test_tensors_that_lie_in_one_place_are_read_once() -> None:
    """Tied weights cost one read; tensors over each other without end are refused."""
    data = bytes(range(200)) * 10_000
    tied = tuple(Placed(f"t{n}", "uint8", (2_000_000,), "w", 0, 2_000_000) for n in range(50))
    over = tuple(Placed(f"t{n}", "uint8", (1_000_000,), "w", n, 1_000_000) for n in range(50))
    once = plan(Side("a:v1", source("w", data), tied), Side("a:v2", source("w", data), tied)).run()
    assert (once.bytes_read, once.differs) == (4_000_000, False)
    found = plan(Side("a:v1", source("w", data), over), Side("a:v2", source("w", data), over)).run()
    assert found.bytes_read < 20_000_000
    assert not found.whole
    assert list(states(found).values()) == ["same"] * 9 + ["unread"] * 41
    assert "41 tensors are lying over other tensors so often" in found.notes[0]


def test_tensors_of_one_name_stand_for_each_other_in_order() -> None:
    """Where a name occurs twice, the first stands for the first; one more is added."""
    placed = tuple(Placed("w", "float32", (2,), "w", at, 8) for at in (0, 8, 16))
    one = Side("m:v1", source("w", bytes(16)), placed[:2])
    found = plan(one, Side("m:v2", source("w", bytes(15) + b"x" + bytes(8)), placed)).run()
    assert [row.state for row in found.rows] == ["same", "changed", "added"]


def test_a_file_that_ends_early_is_corrupt() -> None:
    """Fewer bytes than the header promised, or a file that is not there: a sentence."""
    whole = lying("w", "float32", (4,), bytes(16))
    cut = replace(whole, source=source("w", bytes(10)))
    with pytest.raises(Corrupt, match="ends before its tensors do"):
        plan(whole, cut).run()
    with pytest.raises(Corrupt):
        plan(replace(whole, source=source("other", bytes(16))), whole).run()


@given(
    st.lists(
        st.builds(
            Placed,
            st.sampled_from("ab"),
            st.sampled_from(["float32", "int4", "", "no type", "complex128"]),
            st.lists(st.sampled_from([0, 1, 2, 4, 1 << 63, -1]), max_size=3).map(tuple),
            st.sampled_from(["w", "x"]),
            st.integers(-1, 20),
            st.integers(0, 40),
        ),
        max_size=6,
    )
)
def test_whatever_a_header_says_there_is_an_answer_or_a_sentence(placed: list[Placed]) -> None:
    """No place, type or shape makes anything but a comparison, or says that bytes are missing."""
    one = Side("m:v1", source("w", bytes(60)), tuple(placed))
    other = Side("m:v2", source("w", bytes(60)), tuple(reversed(placed)))
    try:
        found = plan(one, other).run()
    except Corrupt:
        return
    assert len(found.rows) >= len(placed)
    assert sum(group.tensors for group in found.groups) == len(found.rows)
