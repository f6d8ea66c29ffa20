"""Files of two gigabytes are described from their first and last kilobytes."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.formats import inspectors
from modelshelf.formats.looking import look
from tests.formats.builders import field, long_text, varint
from tests.formats.placing import tensors_of
from tests.formats.weighing import Meter

COUNT = 500_000_000
SIZE = 4 * COUNT
_NAMED = struct.Struct("<4s5H3L2H")
_LISTED = struct.Struct("<4s6H3L5H2L")


def state() -> bytes:
    """Return the pickle of a state dict with one tensor of two gigabytes."""
    count = b"J" + struct.pack("<i", COUNT)
    storage = long_text("storage") + b"ctorch\nFloatStorage\n" + long_text("0") + long_text("cpu")
    view = b"(" + b"(" + storage + count + b"tQ" + b"K\x00" + count + b"\x85K\x01\x85\x89}tR"
    return b"\x80\x02}(" + long_text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n" + view + b"u."


def write_zip(path: Path) -> None:
    """Write a zip as torch.save does, with a hole for the tensor, whose CRC-32 nobody compares."""
    members: dict[str, bytes | None] = {
        "archive/data.pkl": state(),
        "archive/version": b"3\n",
        "archive/data/0": None,
    }
    listed = b""
    with path.open("wb") as file:
        for name, data in members.items():
            size = SIZE if data is None else len(data)
            crc = 0 if data is None else zlib.crc32(data)
            words = (20, 0, 0, 0, 0, crc, size, size, len(name), 0)
            listed += _LISTED.pack(b"PK\x01\x02", 20, *words, 0, 0, 0, 0, file.tell())
            listed += name.encode()
            file.write(_NAMED.pack(b"PK\x03\x04", *words) + name.encode() + (data or b""))
            file.seek(size if data is None else 0, 1)
        at = file.tell()
        file.write(listed + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(listed), at, 0))


def write_legacy(path: Path) -> None:
    """Write the older format."""
    parts = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    head = b"".join(pickle.dumps(part, 2) for part in parts) + state() + pickle.dumps(["0"], 2)
    with path.open("wb") as file:
        file.write(head + struct.pack("<q", COUNT))
        file.truncate(file.tell() + SIZE)


def write_onnx(path: Path) -> None:
    """Write a model whose only tensor is raw data."""
    tensor = field(1, COUNT) + field(2, 1) + field(8, "w") + varint(9 << 3 | 2) + varint(SIZE)
    start = varint(5 << 3 | 2) + varint(len(tensor) + SIZE) + tensor
    head = field(1, 9) + field(8, field(2, 18)) + varint(7 << 3 | 2) + varint(len(start) + SIZE)
    with path.open("wb") as file:
        file.write(head + start)
        file.truncate(file.tell() + SIZE)


@pytest.mark.parametrize(
    ("name", "write"), [("m.pt", write_zip), ("old.pt", write_legacy), ("m.onnx", write_onnx)]
)
def test_two_gigabytes_are_not_read(
    name: str, write: Callable[[Path], None], tmp_path: Path
) -> None:
    """Two megabytes at most are, for everything that is told and for the place of the tensor."""
    path = tmp_path / name
    write(path)
    meter = Meter()
    given = meter.source(name, path)
    found = look(given, inspectors())
    assert (found.parameters, found.tensors) == (COUNT, 1)
    assert found.verdict in {"warning", "clean"}
    (tensor,) = tensors_of(given)
    assert (tensor.name, tensor.shape, tensor.length) == ("w", (COUNT,), SIZE)
    assert 0 < tensor.start < 10_000
    assert meter.read < 2_000_000
