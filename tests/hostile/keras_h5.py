"""Keras models and HDF5 files that bring code, or data from elsewhere."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable

from tests.formats.builders import fixture, zipped
from tests.hostile.case import Case, Expected, Stage, file
from tests.hostile.pickles import DENIED, mkdir

_NONE = b"\xff" * 8
_ROOT = 96
_LINK, _ATTRIBUTE, _CONTINUATION = 0x06, 0x0C, 0x10
_HARD, _EXTERNAL, _ODD = 0, 64, 200


def keras(*objects: object, extra: dict[str, bytes] | None = None) -> bytes:
    """Return a .keras file whose configuration holds some objects."""
    members = {
        "metadata.json": b'{"keras_version": "3.15.1"}',
        "config.json": json.dumps(_config(objects)).encode(),
    }
    return zipped(members | (extra or {}))


def _config(objects: Iterable[object]) -> object:
    return {"module": "keras", "class_name": "Sequential", "config": {"layers": list(objects)}}


def _layer(
    id_: str, layer: object, expected: Expected = "quarantined", rule: str = "keras.code"
) -> Case:
    return file(f"keras-{id_}", "m.keras", keras(layer), expected, rule)


# --- HDF5: a superblock of version 0, and object headers of version 1 behind it ------------------


def hdf5(*objects: bytes, end: int | None = None) -> bytes:
    """Return an HDF5 file of objects, the first of which is the root group."""
    body = b"".join(objects)
    length = _ROOT + len(body)
    sizes = bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
    places = struct.pack("<Q", 0) + _NONE + struct.pack("<Q", length if end is None else end)
    root = struct.pack("<QQII", 0, _ROOT, 0, 0) + bytes(16)
    return b"\x89HDF\r\n\x1a\n" + sizes + places + _NONE + root + body


def header(*messages: bytes, count: int | None = None) -> bytes:
    """Return an object of messages."""
    block = b"".join(messages)
    number = len(messages) if count is None else count
    return struct.pack("<BBHII4x", 1, 0, number, 1, len(block)) + block


def message(kind: int, data: bytes) -> bytes:
    """Return one message."""
    padded = data + bytes(-len(data) % 8)
    return struct.pack("<HHB3x", kind, len(padded), 0) + padded


def link(name: str, kind: int, target: bytes) -> bytes:
    """Return a link of a kind."""
    raw = name.encode()
    return message(_LINK, bytes([1, 8, kind, len(raw)]) + raw + target)


def attribute(name: str, value: bytes) -> bytes:
    """Return an attribute that holds one text."""
    raw = name.encode() + b"\0"
    dtype = b"\x13\0\0\0" + struct.pack("<I", len(value))
    space = b"\x01\0\0\0\0\0\0\0"
    sizes = struct.pack("<BBHHH", 1, 0, len(raw), len(dtype), len(space))
    name_padded = raw + bytes(-len(raw) % 8)
    return message(_ATTRIBUTE, sizes + name_padded + dtype + space + value)


def _address(place: int) -> bytes:
    return struct.pack("<Q", place)


def _leading_out(stage: Stage) -> bytes:
    target = b"\0" + str(stage.canary).encode() + b"\0/x\0"
    return hdf5(header(link("x", _EXTERNAL, struct.pack("<H", len(target)) + target)))


def _chain(depth: int) -> bytes:
    size = len(header(link("g", _HARD, _NONE)))
    groups = [header(link("g", _HARD, _address(_ROOT + size * n))) for n in range(1, depth + 1)]
    return hdf5(*groups, header())


def _h5(
    id_: str, data: bytes, expected: Expected = "quarantined", rule: str = "hdf5.malformed",
    *, waits: bool = False,
) -> Case:  # fmt: skip
    return file(f"h5-{id_}", "m.h5", data, expected, rule, waits=waits)


def _in_config(layer: object) -> bytes:
    return hdf5(header(attribute("model_config", json.dumps(_config([layer])).encode())))


_LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {}}

KERAS = (
    file("keras-lambda", "m.keras", fixture("lambda.keras"), rule="keras.code"),
    _layer("tfsm-layer", {"module": "keras.layers", "class_name": "TFSMLayer", "config": {}}),
    _layer("torch-module",
           {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}),
    _layer("bare-lambda", {"class_name": "__lambda__", "config": {}}),
    _layer("deep-lambda", [[{"a": [{"b": _LAMBDA}]}]]),
    _layer("function-exec", {"module": "builtins", "class_name": "function", "config": "exec"}),
    _layer("function-system", {"module": "os", "class_name": "function", "config": "system"}),
    _layer("popen", {"module": "subprocess", "class_name": "Popen", "config": {}}),
    _layer("get-file",
           {"module": "keras.utils", "class_name": "function", "config": "get_file"}),
    _layer("unsafe-loading", {"module": "keras.src.saving.serialization_lib",
           "class_name": "function", "config": "enable_unsafe_deserialization"}),
    _layer("load-model",
           {"module": "keras.models", "class_name": "function", "config": "load_model"}),
    _layer("vocabulary-address",
           {"module": "keras.layers", "class_name": "StringLookup",
            "config": {"vocabulary": "http://x/y"}}, rule="keras.outside"),
    _layer("vocabulary-file",
           {"module": "keras.layers", "class_name": "StringLookup",
            "config": {"vocabulary": "/etc/passwd"}}, "warning", "keras.outside"),
    _layer("foreign-module", {"module": "my.layers", "class_name": "Mine", "config": {}},
           "warning", "keras.custom"),
    _layer("registered", {"class_name": "Mine", "registered_name": "my>Mine"}, "warning",
           "keras.custom"),
    file("keras-pickle-beside", "m.keras", lambda s: keras(extra={"assets/x": mkdir(s)}),
         rule=DENIED),
    file("keras-config-list", "m.keras", zipped({"config.json": b"[]", "metadata.json": b"{}"}),
         rule="keras.malformed"),
    file("keras-config-twice", "m.keras", zipped(
         {"config.json": b'{"class_name":"A","class_name":"Lambda"}', "metadata.json": b"{}"}),
         rule="keras.malformed"),
    file("keras-config-deep", "m.keras", zipped(
         {"config.json": b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "metadata.json": b"{}"}),
         rule="keras.malformed"),
    file("keras-link-in-weights", "m.keras", lambda s: keras(
         extra={"model.weights.h5": _leading_out(s)}), rule="hdf5.external_link"),
    file("keras-cut", "m.keras", keras()[:-30], rule="keras.malformed", waits=True),
)  # fmt: skip

HDF5 = (
    file("h5-external-link", "m.h5", _leading_out, rule="hdf5.external_link"),
    _h5("external-link-of-h5py", fixture("link.h5"), rule="hdf5.external_link"),
    _h5("external-storage", fixture("raw.h5"), rule="hdf5.external_data"),
    _h5("virtual-dataset", fixture("virtual.h5"), rule="hdf5.virtual"),
    _h5("lambda-in-attribute", _in_config(_LAMBDA), rule="keras.code"),
    _h5("foreign-module", _in_config({"module": "my", "class_name": "Mine", "config": {}}),
        "warning", "keras.custom"),
    _h5("config-twice", hdf5(header(attribute("model_config", b'{"a":1,"a":2}')))),
    file("h5-pickle-in-attribute", "m.h5",
         lambda s: hdf5(header(attribute("x", mkdir(s)))), rule=DENIED),
    _h5("cycle", hdf5(header(link("me", _HARD, _address(_ROOT)))), "clean", ""),
    _h5("300-groups-deep", _chain(300), rule="hdf5.limit"),
    _h5("header-goes-on-in-itself", hdf5(
        header(message(_CONTINUATION, struct.pack("<QQ", _ROOT + 16, 24)), count=9))),
    _h5("odd-link", hdf5(header(link("x", _ODD, struct.pack("<H", 1) + b"\0"))), "warning",
        "hdf5.not_read"),
    _h5("no-object", hdf5(header(link("x", _HARD, _address(8))))),
    _h5("address-outside", hdf5(header(link("x", _HARD, _address(1 << 40))))),
    _h5("end-lies", hdf5(header(), end=1 << 40), waits=True),
    _h5("message-length-lies", hdf5(header()[:2] + b"\x01\0" + header()[4:8]
        + struct.pack("<I4xHHB3x", 8, _LINK, 0xFFFF, 0))),
    _h5("superblock-9", b"\x89HDF\r\n\x1a\n\x09" + bytes(100)),
    _h5("cut", fixture("dense.h5")[:5_000], waits=True),
)  # fmt: skip

CASES: tuple[Case, ...] = (*KERAS, *HDF5)
