"""Artifacts out of arrays, in every container, and comparisons of them in pieces of a few bytes."""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from modelshelf.domain.tensor_comparison import TensorComparison, TensorRow
from modelshelf.formats import Source
from modelshelf.formats.comparing import Side, plan, running
from modelshelf.formats.comparing.kinds import Array
from modelshelf.formats.interface import Placed
from tests.formats.builders import (
    field,
    folder,
    gguf,
    gguf_text,
    long_text,
    npy,
    onnx,
    safetensors,
    source,
    stored_tensor,
    tensor,
    torch_zip,
    zipped,
)
from tests.formats.placing import tensors_of

Arrays = Mapping[str, Array]
PIECE = 256


@contextmanager
def small_pieces(threads: int = 1) -> Iterator[None]:
    """Let a piece be 256 bytes, and let so many threads work whatever the size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "PIECE", PIECE)
        patch.setattr(running, "ELEMENTS", PIECE // 4)
        patch.setattr(running, "_helpers", lambda _: threads - 1)
        yield


def lying(name: str, dtype: str, shape: tuple[int, ...], data: bytes, start: int = 0) -> Side:
    """Return an artifact of one tensor; its bytes begin at ``start``."""
    placed = Placed(name, dtype, shape, "w", start, len(data))
    return Side("m:v1", source("w", bytes(start) + data), (placed,))


def compared(dtypes: tuple[str, str], left: bytes, right: bytes, elements: int) -> TensorRow:
    """Return what two tensors of so many elements differ in."""
    sides = (
        lying("w", d, (elements,), data) for d, data in zip(dtypes, (left, right), strict=True)
    )
    (row,) = plan(*sides).run().rows
    return row


def side(given: Source, reference: str = "m:v1", **known: object) -> Side:
    """Return a source as one side of a comparison."""
    return Side(reference, given, tuple(tensors_of(given)), **known)  # type: ignore[arg-type]


def compare(left: Source, right: Source) -> TensorComparison:
    """Compare two sources of which nothing is known."""
    return plan(side(left, "m:v1"), side(right, "m:v2")).run()


def states(found: TensorComparison) -> dict[str, str]:
    """Return the states of the rows by name."""
    return {row.name: row.state for row in found.rows}


# --- containers: arrays of float32 ---------------------------------------------------------------


def as_safetensors(given: Arrays) -> Source:
    """Return a safetensors file."""
    return source("m.safetensors", safetensors_of(given))


def safetensors_of(given: Arrays) -> bytes:
    """Return the bytes of a safetensors file."""
    header: dict[str, object] = {}
    at = 0
    for name, array in given.items():
        header[name] = tensor(at, at + array.nbytes, array.shape)
        at += array.nbytes
    return safetensors(header, b"".join(array.tobytes() for array in given.values()))


def as_shards(given: Arrays) -> Source:
    """Return a folder with a safetensors file for each tensor."""
    files = {
        f"model-{n + 1:05}-of-{len(given):05}.safetensors": safetensors_of({name: array})
        for n, (name, array) in enumerate(given.items())
    }
    return folder("m", files)


def as_npz(given: Arrays) -> Source:
    """Return what numpy.savez writes."""
    return source("m.npz", zipped({f"{name}.npy": npy_of(array) for name, array in given.items()}))


def npy_of(array: Array) -> bytes:
    """Return a .npy file."""
    order = array.flags.f_contiguous and not array.flags.c_contiguous
    head = f"{{'descr': '{array.dtype.str}', 'fortran_order': {order}, 'shape': {array.shape}, }}"
    return npy(head, array.tobytes("F" if order else "C"))


def as_onnx(given: Arrays) -> Source:
    """Return an ONNX model with initialisers of raw data."""
    held = [_initialiser(name, array, field(9, array.tobytes())) for name, array in given.items()]
    return source("m.onnx", onnx(b"".join(field(5, each) for each in held)))


def as_onnx_outside(given: Arrays) -> Source:
    """Return an ONNX model whose initialisers lie in a file beside it."""
    held, data = b"", b""
    for name, array in given.items():
        places = {"location": "w.bin", "offset": str(len(data)), "length": str(array.nbytes)}
        pairs = b"".join(field(13, field(1, key) + field(2, v)) for key, v in places.items())
        held += field(5, _initialiser(name, array, pairs + field(14, 1)))
        data += array.tobytes()
    return folder("m", {"model.onnx": onnx(held), "w.bin": data})


def _initialiser(name: str, array: Array, data: bytes) -> bytes:
    return b"".join(field(1, size) for size in array.shape) + field(2, 1) + field(8, name) + data


def as_torch(given: Arrays) -> Source:
    """Return what torch.save writes of a state dict."""
    state = b"".join(
        long_text(name) + stored_tensor("FloatStorage", str(number), array.shape)
        for number, (name, array) in enumerate(given.items())
    )
    parts = {f"archive/data/{n}": array.tobytes() for n, array in enumerate(given.values())}
    return source("m.pt", torch_zip(parts, b"\x80\x02}(" + state + b"u."))


def as_gguf(given: Arrays) -> Source:
    """Return a GGUF file."""
    held, data = b"", b""
    for name, array in given.items():
        sizes = struct.pack(f"<I{array.ndim}Q", array.ndim, *reversed(array.shape))
        held += gguf_text(name) + sizes + struct.pack("<IQ", 0, len(data))
        data += array.tobytes() + bytes(-array.nbytes % 32)
    head = gguf(b"", held, (len(given), 0))
    return source("m.gguf", head + bytes(-len(head) % 32) + data)


class Unseekable(io.BytesIO):
    """A file without a descriptor that notes how much is asked of it at once."""

    most = 0
    open_now = 0
    _counting = threading.Lock()

    def __init__(self, data: bytes) -> None:
        """Open it."""
        super().__init__(data)
        with self._counting:
            Unseekable.open_now += 1

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer."""
        Unseekable.most = max(Unseekable.most, len(buffer))
        return super().readinto(buffer)

    def close(self) -> None:
        """Close it."""
        with self._counting:
            Unseekable.open_now -= not self.closed
        super().close()


def noting(name: str, data: bytes) -> Source:
    """Return a source that notes how it is read."""

    def opened() -> BinaryIO:
        return Unseekable(data)

    return Source.from_files(name, "file", [(name, len(data), opened)])
