"""Safetensors headers that lie: about lengths, ranges, shapes, names, and what JSON is."""

from __future__ import annotations

import struct

from tests.formats.builders import safetensors, tensor
from tests.hostile.case import Case, Expected, file
from tests.hostile.pickles import mkdir

_F32 = '"dtype":"F32","shape":[1],"data_offsets":[0,4]'
_ONE = {"w": tensor(0, 4, [1])}
_DATA = bytes(4)


def _lie(
    id_: str,
    data: bytes,
    expected: Expected = "quarantined",
    rule: str = "safetensors.malformed",
    *,
    waits: bool = False,
) -> Case:
    return file(f"safetensors-{id_}", "m.safetensors", data, expected, rule, waits=waits)


def _entry(id_: str, text: str) -> Case:
    return _lie(id_, safetensors(f'{{"w":{{{text}}}}}'.encode(), _DATA))


CASES = (
    _lie("length-2-63", struct.pack("<Q", 1 << 63) + b"{}"),
    _lie("length-over-100-mb", struct.pack("<Q", 100_000_001) + b"{}"),
    _lie("length-zero", struct.pack("<Q", 0) + _DATA),
    _lie("length-over-the-end", safetensors(_ONE, _DATA, length=5_000), waits=True),
    _lie("length-too-short", safetensors(_ONE, _DATA, length=9)),
    _lie("seven-bytes", b"\x02" + bytes(6), waits=True),
    _lie("cut-in-the-data", safetensors({"w": tensor(0, 400, [100])}, bytes(200)), waits=True),
    _lie("no-json", safetensors(b"{nothing", _DATA)),
    _lie("a-list", safetensors(b"[1]     ", _DATA)),
    _lie("nested-100000-deep", safetensors(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
    _lie("utf-16", safetensors('{"w":{}}'.encode("utf-16-le"))),
    _lie("no-utf-8", safetensors(b'{"\xff":{}}')),
    _lie("nan", safetensors(b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', _DATA)),
    _lie("tensor-twice", safetensors(f'{{"w":{{{_F32}}},"w":{{{_F32}}}}}'.encode(), _DATA)),
    _lie("metadata-twice", safetensors(
        f'{{"__metadata__":{{}},"__metadata__":{{}},"w":{{{_F32}}}}}'.encode(), _DATA)),
    _entry("key-twice", f'"shape":[9],{_F32}'),
    _entry("key-too-many", f'"extra":1,{_F32}'),
    _entry("key-missing", '"dtype":"F32","shape":[1]'),
    _entry("shape-true", '"dtype":"F32","shape":[true],"data_offsets":[0,4]'),
    _entry("shape-float", '"dtype":"F32","shape":[1.0],"data_offsets":[0,4]'),
    _entry("shape-negative", '"dtype":"F32","shape":[-1],"data_offsets":[0,4]'),
    _entry("shape-text", '"dtype":"F32","shape":"1","data_offsets":[0,4]'),
    _entry("shape-overflow", '"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]'),
    _entry("shape-endless-number", f'"dtype":"F32","shape":[{"9" * 5_000}],"data_offsets":[0,4]'),
    _entry("offsets-reversed", '"dtype":"F32","shape":[1],"data_offsets":[4,0]'),
    _entry("offsets-three", '"dtype":"F32","shape":[1],"data_offsets":[0,4,8]'),
    _entry("range-does-not-fit", '"dtype":"F32","shape":[3],"data_offsets":[0,4]'),
    _lie("overlap", safetensors({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12))),
    _lie("hole", safetensors({"a": tensor(0, 4, [1]), "b": tensor(8, 12, [1])}, bytes(12))),
    _lie("tail", safetensors(_ONE, _DATA + b"PK\x05\x06" + bytes(18))),
    file("safetensors-payload-behind", "m.safetensors", lambda s: safetensors(_ONE, _DATA)
         + mkdir(s), rule="safetensors.malformed"),
    _lie("metadata-number", safetensors({"__metadata__": {"a": 1}} | _ONE, _DATA)),
    _lie("metadata-nested", safetensors({"__metadata__": {"a": {}}} | _ONE, _DATA)),
    _lie("half-a-character", safetensors(
        f'{{"__metadata__":{{"a":"\\ud800"}},"w":{{{_F32}}}}}'.encode(), _DATA)),
    _lie("unknown-dtype", safetensors({"w": tensor(0, 4, [1], "F1024")}, _DATA), "warning",
         "safetensors.dtype"),
    _lie("empty-tensors-share", safetensors(
        {"a": tensor(0, 0, [0]), "b": tensor(0, 0, [0, 5])} | _ONE, _DATA), "clean", ""),
    _lie("escapes-in-names", safetensors(
        {"\x1b]52;c;ZXZpbA==\x07\u202e[/bold]": tensor(0, 4, [1]),
         "__metadata__": {"\x1b[2J": "$(reboot)\n\r\x9b1A"}}, _DATA), "clean", ""),
)  # fmt: skip
