"""Makes model files out of bytes, honest and hostile ones, without any model library."""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import Source, inspect
from modelshelf.formats.source import Opener

FIXTURES = Path(__file__).parent / "fixtures"
SAMPLES = Path(__file__).parents[2] / "sample_registry" / "models"


def fixture(name: str) -> bytes:
    """Return the bytes of a committed model file."""
    return (FIXTURES / name).read_bytes()


def opener(data: bytes) -> Opener:
    """Return what opens bytes as a file."""

    def opened() -> BinaryIO:
        return io.BytesIO(data)

    return opened


def source(name: str, data: bytes) -> Source:
    """Return bytes as a source of one file."""
    return Source.from_files(name, "file", [(name, len(data), opener(data))])


def folder(name: str, files: Mapping[str, bytes]) -> Source:
    """Return named bytes as a source that is a folder."""
    triples = [(path, len(data), opener(data)) for path, data in files.items()]
    return Source.from_files(name, "folder", triples)


def look(name: str, data: bytes) -> Inspection:
    """Look into bytes."""
    return inspect(source(name, data))


def rules(found: Inspection) -> set[str]:
    """Return the rules of all findings."""
    return {finding.rule for finding in found.findings}


def details(found: Inspection, rule: str) -> list[str]:
    """Return the details of the findings of one rule."""
    return [finding.detail for finding in found.findings if finding.rule == rule]


# --- safetensors ---------------------------------------------------------------------------------


def safetensors(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a safetensors file; ``header`` is JSON text, or a value that becomes one."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(begin: int, end: int, shape: Iterable[int], dtype: str = "F32") -> dict[str, object]:
    """Return one entry of a safetensors header."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


# --- protobuf ------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    """Return a protobuf number."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def field(number: int, value: int | bytes | str) -> bytes:
    """Return one protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def onnx(graph: bytes = b"", extra: bytes = b"") -> bytes:
    """Return an ONNX model around the bytes of a graph."""
    return field(1, 9) + field(2, "by hand") + field(7, graph) + field(8, field(2, 18)) + extra


def outside_tensor(**entries: str) -> bytes:
    """Return a tensor whose data is said to lie in another file."""
    pairs = [field(13, field(1, key) + field(2, value)) for key, value in entries.items()]
    return field(1, 4) + field(2, 1) + field(8, "w") + b"".join(pairs) + field(14, 1)


# --- pickles -------------------------------------------------------------------------------------


def short_text(value: str) -> bytes:
    """Return SHORT_BINUNICODE."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def framed(body: bytes) -> bytes:
    """Return a pickle of protocol 4 in one frame."""
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def long_text(value: str) -> bytes:
    """Return BINUNICODE."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def stored_tensor(kind: str, key: str, shape: tuple[int, ...]) -> bytes:
    """Return the opcodes with which PyTorch rebuilds a tensor from a storage kept elsewhere."""
    sizes = b"(" + b"".join(b"K" + bytes([size]) for size in shape) + b"t"
    steps = [math.prod(shape[at + 1 :]) for at in range(len(shape))]
    strides = b"(" + b"".join(b"K" + bytes([step]) for step in steps) + b"t"
    count = b"K" + bytes([math.prod(shape)])
    parts = [long_text("storage"), f"ctorch\n{kind}\n".encode(), long_text(key), long_text("cpu")]
    storage = b"(" + b"".join(parts) + count + b"tQ"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + sizes + strides + b"\x89}tR"
    )


STATE = (
    b"\x80\x02}("
    + (long_text("weight") + stored_tensor("FloatStorage", "0", (2, 3)))
    + (long_text("bias") + stored_tensor("LongStorage", "1", (2,)))
    + b"u."
)


def torch_zip(extra: Mapping[str, bytes] | None = None, root: bytes | None = None) -> bytes:
    """Return what torch.save writes."""
    members = {
        "archive/data.pkl": STATE if root is None else root,
        "archive/byteorder": b"little",
        "archive/data/0": struct.pack("<6f", *range(6)),
        "archive/data/1": struct.pack("<2q", 1, 2),
        "archive/version": b"3\n",
    }
    return zipped(members | dict(extra or {}))


def torch_legacy(tail: bytes = b"") -> bytes:
    """Return what torch.save wrote before PyTorch 1.6."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    system = pickle.dumps({"little_endian": True}, 2)
    parts = [magic, pickle.dumps(1001, 2), system, STATE, pickle.dumps(["0", "1"], 2)]
    storages = struct.pack("<q6f", 6, *range(6)) + struct.pack("<q2q", 2, 1, 2)
    return b"".join(parts) + storages + tail


# --- containers ----------------------------------------------------------------------------------


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return target.getvalue()


def tarred(members: Mapping[str, bytes], mode: str = "w", kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a tar, with mode ``w:gz`` and the like a compressed one."""
    target = io.BytesIO()
    with tarfile.open(mode=mode, fileobj=target) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


# --- others --------------------------------------------------------------------------------------


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    """Return a .npy file."""
    text = header.encode("latin-1") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def gguf(pairs: bytes = b"", tensors: bytes = b"", counts: tuple[int, int] = (0, 0)) -> bytes:
    """Return a GGUF file with ``counts`` of tensors and pairs."""
    return b"GGUF" + struct.pack("<IQQ", 3, *counts) + pairs + tensors


def gguf_text(value: str) -> bytes:
    """Return a GGUF string."""
    return struct.pack("<Q", len(value)) + value.encode()


PMML = """<?xml version="1.0"?>
<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4">
  <Header><Application name="JPMML" version="1.7"/></Header>
  <DataDictionary>
    <DataField name="age" dataType="integer"/><DataField name="risk" dataType="double"/>
  </DataDictionary>
  <RegressionModel modelName="risk" functionName="regression">
    <MiningSchema>
      <MiningField name="risk" usageType="target"/><MiningField name="age"/>
    </MiningSchema>
  </RegressionModel>
</PMML>
"""
