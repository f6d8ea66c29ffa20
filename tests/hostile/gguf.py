"""GGUF headers that lie: counts, lengths, dimensions, nesting, places."""

from __future__ import annotations

import struct

from tests.formats.builders import fixture, gguf, gguf_text
from tests.hostile.case import Case, Expected, file

_U32, _STRING, _ARRAY = (struct.pack("<I", kind) for kind in (4, 8, 9))


def _pair(key: str, kind: bytes, value: bytes) -> bytes:
    return gguf_text(key) + kind + value


def _weight(*shape: int, kind: int = 0, offset: int = 0, name: str = "w") -> bytes:
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return gguf_text(name) + sizes + struct.pack("<IQ", kind, offset)


def _big(value: int) -> bytes:
    return struct.pack("<Q", value)


def _lie(
    id_: str,
    data: bytes,
    expected: Expected = "quarantined",
    rule: str = "gguf.malformed",
    *,
    waits: bool = False,
) -> Case:
    return file(f"gguf-{id_}", "m.gguf", data, expected, rule, waits=waits)


def _alignment(kind: bytes, value: bytes) -> bytes:
    return gguf(_pair("general.alignment", kind, value), counts=(0, 1))


_INJECTION = "{{ cycler.__init__.__globals__.os.mkdir('x') }}"

CASES = (
    _lie("2-60-tensors", gguf(counts=(1 << 60, 0))),
    _lie("2-60-pairs", gguf(counts=(0, 1 << 60))),
    _lie("more-pairs-than-bytes", gguf(bytes(50), counts=(0, 100)), waits=True),
    _lie("key-of-2-63", gguf(_big(1 << 63) + bytes(20), counts=(0, 1))),
    _lie("text-over-the-end", gguf(_pair("a", _STRING, _big(10_000)), counts=(0, 1)), waits=True),
    _lie("text-of-2-63", gguf(_pair("a", _STRING, _big(1 << 63)), counts=(0, 1)), waits=True),
    _lie("array-that-overflows",
         gguf(_pair("a", _ARRAY, _U32 + _big((1 << 62) + 1)), counts=(0, 1)), waits=True),
    _lie("array-of-arrays",
         gguf(_pair("a", _ARRAY, _ARRAY + _big(1) + bytes(20)), counts=(0, 1))),
    _lie("type-77", gguf(_pair("a", struct.pack("<I", 77), bytes(20)), counts=(0, 1))),
    _lie("key-twice", gguf(_pair("a", _U32, bytes(4)) * 2, counts=(0, 2))),
    _lie("alignment-33", _alignment(_U32, struct.pack("<I", 33))),
    _lie("alignment-zero", _alignment(_U32, bytes(4))),
    _lie("alignment-text", _alignment(_STRING, gguf_text("32"))),
    _lie("five-dimensions", gguf(b"", _weight(1, 1, 1, 1, 1) + bytes(64), (1, 0))),
    _lie("2-32-dimensions",
         gguf(b"", gguf_text("w") + b"\xff" * 4 + bytes(64), (1, 0))),
    _lie("size-overflows", gguf(b"", _weight(1 << 32, 1 << 32) + bytes(64), (1, 0))),
    _lie("tensor-over-the-end", gguf(b"", _weight(1_000) + bytes(64), (1, 0)), waits=True),
    _lie("tensor-far-outside", gguf(b"", _weight(4, offset=1 << 40) + bytes(64), (1, 0)),
         waits=True),
    _lie("crooked-offset", gguf(b"", _weight(4, offset=8) + bytes(64), (1, 0))),
    _lie("tensor-twice", gguf(b"", _weight(1) * 2 + bytes(99), (2, 0))),
    _lie("overlap",
         gguf(b"", _weight(16) + _weight(16, offset=32, name="v") + bytes(128), (2, 0))),
    _lie("half-a-block", gguf(b"", _weight(33, kind=8) + bytes(64), (1, 0))),
    _lie("version-1", b"GGUF" + struct.pack("<III", 1, 0, 0)),
    _lie("version-2-32", b"GGUF" + b"\xff" * 20),
    _lie("big-endian", b"GGUF" + struct.pack(">IQQ", 3, 0, 0), rule="gguf.limit"),
    _lie("cut-in-the-header", fixture("tiny.gguf")[:300], waits=True),
    _lie("magic-only", b"GGUF", waits=True),
    _lie("chat-template",
         gguf(_pair("tokenizer.chat_template", _STRING, gguf_text(_INJECTION)), counts=(0, 1)),
         "warning", "gguf.chat_template"),
    _lie("unknown-type", gguf(b"", _weight(4, kind=99) + bytes(64), (1, 0)), "warning",
         "gguf.type"),
    _lie("tail", gguf(b"", _weight(8), (1, 0)) + bytes(200), "warning", "gguf.tail"),
)  # fmt: skip
