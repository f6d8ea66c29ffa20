"""GGUF: the header is read, and no number in it is believed before it fits into the file."""

from __future__ import annotations

import struct

import pytest

from tests.formats.builders import fixture, gguf, gguf_text, look, rules

U32, STRING, ARRAY = (struct.pack("<I", kind) for kind in (4, 8, 9))


def test_a_model_is_described() -> None:
    """Architecture, quantization and parameters of a file from gguf's own writer."""
    found = look("tiny.gguf", fixture("tiny.gguf"))
    assert (found.format, found.framework) == ("gguf", "GGUF 3")
    assert (found.tensors, found.parameters) == (2, 224)
    assert found.metadata["general.architecture"] == "llama"
    assert found.metadata["quantization"] == "Q8_0"
    assert (found.verdict, rules(found)) == ("warning", {"gguf.chat_template"})


def pair(key: str, kind: bytes, value: bytes) -> bytes:
    """Return one entry of the header."""
    return gguf_text(key) + kind + value


def weight(*shape: int, kind: int = 0, offset: int = 0, name: str = "w") -> bytes:
    """Return one entry of the tensor list."""
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return gguf_text(name) + sizes + struct.pack("<IQ", kind, offset)


def test_an_unknown_tensor_type_is_a_warning() -> None:
    """A type of the future is pointed out."""
    found = look("m.gguf", gguf(b"", weight(4, kind=99) + bytes(64), (1, 0)))
    assert (found.verdict, rules(found)) == ("warning", {"gguf.type"})


def big(value: int) -> bytes:
    """Return a number of eight bytes."""
    return struct.pack("<Q", value)


BROKEN = {
    "2^60 tensors": gguf(counts=(1 << 60, 0)),
    "2^60 pairs": gguf(counts=(0, 1 << 60)),
    "more pairs than bytes": gguf(bytes(50), counts=(0, 100)),
    "2^63 of text": gguf(big(1 << 63), counts=(0, 1)),
    "a text over the end": gguf(pair("a", STRING, big(10_000)), counts=(0, 1)),
    "an array of 2^61": gguf(pair("a", ARRAY, U32 + big(1 << 61)), counts=(0, 1)),
    "an array that overflows": gguf(pair("a", ARRAY, U32 + big((1 << 62) + 1)), counts=(0, 1)),
    "texts of 2^60": gguf(pair("a", ARRAY, STRING + big(1 << 60)), counts=(0, 1)),
    "a text in an array over the end": gguf(
        pair("a", ARRAY, STRING + big(1) + big(1 << 40)), counts=(0, 1)
    ),
    "an array of arrays": gguf(pair("a", ARRAY, ARRAY + big(1) + bytes(20)), counts=(0, 1)),
    "type 77": gguf(pair("a", struct.pack("<I", 77), bytes(20)), counts=(0, 1)),
    "a key twice": gguf(pair("a", U32, bytes(4)) * 2, counts=(0, 2)),
    "an odd alignment": gguf(pair("general.alignment", U32, struct.pack("<I", 33)), counts=(0, 1)),
    "no alignment": gguf(pair("general.alignment", U32, bytes(4)), counts=(0, 1)),
    "an alignment of text": gguf(pair("general.alignment", STRING, gguf_text("32")), counts=(0, 1)),
    "five dimensions": gguf(b"", weight(1, 1, 1, 1, 1) + bytes(64), (1, 0)),
    "2^32 dimensions": gguf(
        b"", gguf_text("w") + struct.pack("<I", 0xFFFFFFFF) + bytes(64), (1, 0)
    ),
    "a product that overflows": gguf(b"", weight(1 << 32, 1 << 32) + bytes(64), (1, 0)),
    "a tensor over the end": gguf(b"", weight(1_000) + bytes(64), (1, 0)),
    "a tensor far outside": gguf(b"", weight(4, offset=1 << 40) + bytes(64), (1, 0)),
    "a crooked offset": gguf(b"", weight(4, offset=8) + bytes(64), (1, 0)),
    "a tensor twice": gguf(b"", weight(1) * 2 + bytes(99), (2, 0)),
    "half a block": gguf(b"", weight(33, kind=8) + bytes(64), (1, 0)),
    "version 1": b"GGUF" + struct.pack("<III", 1, 0, 0),
    "cut": fixture("tiny.gguf")[:300],
    "cut in the weights": fixture("tiny.gguf")[:-200],
    "only the name": b"GGUF",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_header_that_lies_is_dangerous(case: str) -> None:
    """Counts, lengths, sizes and places are held against the bytes that are there."""
    found = look("m.gguf", BROKEN[case])
    assert (found.format, found.verdict, rules(found)) == ("gguf", "dangerous", {"gguf.malformed"})
