"""Writes model files of two gigabytes of which only the headers take room on the disk."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.formats import builders as make
from tests.formats import hdf5_bytes as hdf

TENSORS = 200
COUNT = 2_500_000
"""Numbers of four bytes in each of the tensors."""
SIZE = 4 * COUNT * TENSORS
"""Bytes of all of them."""

_SIZE = 4 * COUNT
_WORDS = 50_000  # in the vocabulary of a language model
_NAMES = tuple(f"layers.{number // 4:02d}.part{number % 4}.weight" for number in range(TENSORS))

_Part = bytes | int
"""Bytes, or the length of a hole."""


def write(folder: Path) -> dict[str, Path]:
    """Write one file of each format into ``folder``; return them by what people call the format."""
    files = {}
    for called, (name, parts) in _FORMATS.items():
        files[called] = folder / name
        with files[called].open("wb") as file:
            for part in parts():
                if isinstance(part, int):
                    file.truncate(file.seek(part, 1))
                else:
                    file.write(part)
    return files


def _safetensors() -> Iterable[_Part]:
    header = {
        name: make.tensor(number * _SIZE, (number + 1) * _SIZE, [COUNT])
        for number, name in enumerate(_NAMES)
    }
    return make.safetensors(header), SIZE


def _gguf() -> Iterable[_Part]:
    words = b"".join(make.gguf_text(f"word{number}") for number in range(_WORDS))
    vocabulary = make.gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, _WORDS) + words
    tensors = b"".join(
        make.gguf_text(name) + struct.pack("<IQIQ", 1, COUNT, 0, number * _SIZE)
        for number, name in enumerate(_NAMES)
    )
    header = make.gguf(vocabulary, tensors, (TENSORS, 1))
    return header + bytes(-len(header) % 32), SIZE


def _onnx() -> Iterable[_Part]:
    heads = [make.field(1, COUNT) + make.field(2, 1) + make.field(8, name) for name in _NAMES]
    raw = make.varint(9 << 3 | 2) + make.varint(_SIZE)
    heads = [_opening(5, len(head + raw) + _SIZE) + head + raw for head in heads]
    yield make.field(1, 9) + make.field(8, make.field(2, 18))
    yield _opening(7, sum(len(head) + _SIZE for head in heads))
    for head in heads:
        yield head
        yield _SIZE


def _opening(number: int, length: int) -> bytes:
    """Return the beginning of a protobuf field of so many bytes."""
    return make.varint(number << 3 | 2) + make.varint(length)


def _torch() -> Iterable[_Part]:
    """Yield a zip as torch.save writes it, but for the checksums of the tensors."""
    members: dict[str, bytes | None] = {"archive/data.pkl": _state(), "archive/version": b"3\n"}
    members |= {f"archive/data/{number}": None for number in range(TENSORS)}
    at, listed = 0, b""
    for name, data in members.items():
        size, crc = (_SIZE, 0) if data is None else (len(data), zlib.crc32(data))
        words = (20, 0, 0, 0, 0, crc, size, size, len(name), 0)
        listed += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, *words, 0, 0, 0, 0, at)
        listed += name.encode()
        head = struct.pack("<4s5H3L2H", b"PK\x03\x04", *words) + name.encode()
        yield head
        yield _SIZE if data is None else data
        at += len(head) + size
    count = len(members)
    yield listed + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(listed), at, 0)


def _state() -> bytes:
    """Return the pickle of a state dict."""
    number = b"J" + struct.pack("<i", COUNT)
    storage = make.long_text("storage") + b"ctorch\nFloatStorage\n"
    body = b""
    for key, name in enumerate(_NAMES):
        where = b"((" + storage + make.long_text(str(key)) + make.long_text("cpu") + number + b"tQ"
        view = where + b"K\x00" + number + b"\x85K\x01\x85\x89}tR"
        body += make.long_text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n" + view
    return b"\x80\x02}(" + body + b"u."


def _hdf5() -> Iterable[_Part]:
    length = len(hdf.dataset(hdf.contiguous(0, _SIZE), (COUNT,)))
    first = hdf.behind([hdf.hard(name, 0) for name in _NAMES])
    data = first + TENSORS * length
    links = [hdf.hard(name, first + number * length) for number, name in enumerate(_NAMES)]
    sets = b"".join(
        hdf.dataset(hdf.contiguous(data + number * _SIZE, _SIZE), (COUNT,))
        for number in range(TENSORS)
    )
    return hdf.hdf5(links, sets, end=data + SIZE), SIZE


def _npy() -> Iterable[_Part]:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({TENSORS}, {COUNT}), }}"
    return make.npy(header), SIZE


_FORMATS: Mapping[str, tuple[str, Callable[[], Iterable[_Part]]]] = {
    "safetensors": ("m.safetensors", _safetensors),
    "GGUF": ("m.gguf", _gguf),
    "ONNX": ("m.onnx", _onnx),
    "torch.save": ("m.pt", _torch),
    "HDF5": ("m.h5", _hdf5),
    "npy": ("m.npy", _npy),
}
