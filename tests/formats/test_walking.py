"""JSON and UBJSON are walked through piece by piece, and come to the same as when read at once."""

from __future__ import annotations

import io
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.formats.json_walk import JsonWalk
from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Cut, LimitReached, Malformed
from modelshelf.formats.ubjson import UbjsonWalk
from modelshelf.formats.walking import Walk, build, plain, texts

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


class Dribble:
    """Gives out its bytes a few at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        """Give at most so many at once."""
        self._file = io.BytesIO(data)
        self._most = most

    def read(self, most: int, /) -> bytes:
        """Return fewer bytes than asked for."""
        return self._file.read(min(most, self._most))


def ubjson(value: object) -> bytes:
    """Return a value as UBJSON."""
    if value is None or isinstance(value, bool):
        return {None: b"Z", True: b"T", False: b"F"}[value]
    if isinstance(value, int):
        return b"L" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"D" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"S" + _sized(value)
    if isinstance(value, list):
        return b"[" + b"".join(ubjson(each) for each in value) + b"]"
    assert isinstance(value, dict)
    return b"{" + b"".join(_sized(key) + ubjson(each) for key, each in value.items()) + b"}"


def _sized(text: str) -> bytes:
    data = text.encode()
    return b"L" + struct.pack(">q", len(data)) + data


def walk_ubjson(data: bytes) -> UbjsonWalk:
    """Return a walk through bytes."""
    return UbjsonWalk(Reader(io.BytesIO(data), len(data)))


@given(VALUES, st.integers(1, 7), st.sampled_from((None, 1)), st.sampled_from("au"))
def test_json_is_what_it_is_at_once(
    value: object, most: int, indent: int | None, letters: str
) -> None:
    """Wherever the pieces are cut: inside texts, numbers and behind backslashes."""
    data = json.dumps(value, indent=indent, ensure_ascii=letters == "a").encode()
    walk = JsonWalk(Dribble(data, most))
    assert build(walk) == value
    walk.finish()


@given(VALUES, st.integers(1, 7))
def test_skipped_json_ends_where_it_ends(value: object, most: int) -> None:
    """What follows a skipped value is read as if nothing had been there."""
    data = json.dumps([value, "end", {"a": value, "b": 1}]).encode()
    walk = JsonWalk(Dribble(data, most))
    seen: list[object] = []
    for number in walk.items():
        if number == 1:
            seen.append(walk.scalar())
        elif number == 2:
            seen += [walk.scalar() for key in walk.members() if key == "b"]
    assert seen == ["end", 1]


@given(VALUES)
def test_ubjson_is_what_it_was(value: object) -> None:
    """Values of every type, and skipping them."""
    walk = walk_ubjson(ubjson(value))
    assert build(walk) == value
    walk.finish()
    reader = Reader(io.BytesIO(ubjson(value) + b"x"), len(ubjson(value)) + 1)
    UbjsonWalk(reader).skip()
    assert reader.remaining == 1


def test_ubjson_in_rows() -> None:
    """Lists and objects may state one type and their number in advance; no-ops are passed over."""
    row = b"[$l#i\x02" + struct.pack(">2i", 7, -7)
    assert build(walk_ubjson(row)) == [7, -7]
    assert build(walk_ubjson(b"[#i\x02TS" + _sized("x"))) == [True, "x"]
    assert build(walk_ubjson(b"{$U#i\x01i\x01a\x05")) == {"a": 5}
    assert build(walk_ubjson(b"[#i\x02" + row + b"N" + row)) == [[7, -7], [7, -7]]
    assert build(walk_ubjson(b"[CaHi\x0212]")) == ["a", "12"]
    for data in (row, b"[#i\x02TF", b"{$U#i\x01i\x01a\x05", b"[$T#i\x05"):
        walk = walk_ubjson(data)
        walk.skip()
        walk.finish()


BROKEN_JSON = (
    '{"a" 1}', '{"a":1,}', "{1:2}", "[1 2]", "[1,]", "[01]", "[+1]", "[NaN]", "[nul]", "[1e]",
    "[1e999]",
    '["\\x"]', '["\n"]', '{"a":1,"a":2}', "[1}", "[", '{"a":', '["a', "", "[" * 300 + "]" * 300,
    f"[{'1' * 100}]", '["\\ud800\\"]',
)  # fmt: skip


@pytest.mark.parametrize("text", BROKEN_JSON)
def test_broken_json_is_refused(text: str) -> None:
    """What is entered has to be right to the letter."""
    with pytest.raises(Malformed):
        build(JsonWalk(io.BytesIO(text.encode())))


@pytest.mark.parametrize(
    "text", ["[1}", "[[}", '{"a":[}', "[" * 300, '["a', "[[1,2]", "", "[" * 300 + "]" * 300]
)
def test_brackets_are_followed_where_values_are_skipped(text: str) -> None:
    """Nothing can hide behind a bracket of the wrong kind."""
    with pytest.raises(Malformed):
        JsonWalk(io.BytesIO(text.encode())).skip()


def test_nothing_follows_the_document() -> None:
    """White space is nothing."""
    walk = JsonWalk(io.BytesIO(b" [] \n"))
    walk.skip()
    walk.finish()
    walk = JsonWalk(io.BytesIO(b"[] []"))
    walk.skip()
    with pytest.raises(Malformed):
        walk.finish()
    binary = walk_ubjson(b"Zx")
    binary.skip()
    with pytest.raises(Malformed):
        binary.finish()


BROKEN_UBJSON = (
    b"", b"?", b"[$l", b"[$l#", b"[$lT", b"[#Z", b"[#L" + b"\xff" * 8, b"{Z", b"[" * 300,
    b"{" + _sized("a") + b"T" + _sized("a") + b"T}", b"[$?#i\x01", b"{i\x01\xffT}",
)  # fmt: skip


@pytest.mark.parametrize("data", BROKEN_UBJSON)
def test_broken_ubjson_is_refused(data: bytes) -> None:
    """Types, lengths, keys and depth."""
    with pytest.raises((Malformed, UnicodeDecodeError)):
        build(walk_ubjson(data))


@pytest.mark.parametrize(
    "data", [b"S" + struct.pack(">cq", b"L", 2**62), b"[$l#" + struct.pack(">cq", b"L", 2**60)]
)
def test_a_promised_length_is_not_believed(data: bytes) -> None:
    """Nothing is made room for before the bytes are there."""
    for take in (build, lambda walk: walk.skip()):
        with pytest.raises(Cut):
            take(walk_ubjson(data))


def test_values_without_bytes_cannot_go_on_for_ever() -> None:
    """A list of 2^60 times "true" has no length to check it by, so the steps are counted."""
    data = b"[$T#" + struct.pack(">cq", b"L", 2**60)
    with pytest.raises(LimitReached):
        build(walk_ubjson(data))
    walk_ubjson(data).skip()  # in one step
    with pytest.raises(LimitReached):
        walk_ubjson(b"[#" + struct.pack(">cq", b"L", 2**22) + b"N" * 5_000_000).skip()


def test_too_many_parts_are_too_much() -> None:
    """Small values of which there are too many to hold them all."""
    with pytest.raises(LimitReached):
        build(JsonWalk(io.BytesIO(b"[" + b"1," * 200_000 + b"1]")))


def test_only_what_fits_is_taken() -> None:
    """Texts of a list, and scalars of an object as texts."""

    def walk(text: str) -> Walk:
        return JsonWalk(io.BytesIO(text.encode()))

    assert texts(walk('["a",1,["b"],null]')) == ["a"]
    assert texts(walk("{}")) == []
    assert plain(walk('{"a":"x","b":true,"c":null,"d":1.5,"e":[1]}')) == {
        "a": "x",
        "b": "true",
        "c": "",
        "d": "1.5",
    }
