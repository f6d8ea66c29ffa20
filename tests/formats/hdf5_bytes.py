"""Makes HDF5 files out of bytes, small ones with one object, honest or not."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_HEADER_AT = 48
FLOAT32 = struct.pack("<B3sIHHBBBBI", 0x11, b"\x20\x1f\x00", 4, 0, 32, 23, 8, 0, 23, 127)


def message(kind: int, data: bytes, flags: int = 0) -> bytes:
    """Return one message of an object header of version 2."""
    return struct.pack("<BHB", kind, len(data), flags) + data


def header(messages: Iterable[bytes]) -> bytes:
    """Return an object header of version 2."""
    body = b"".join(messages)
    return b"OHDR\x02\x02" + struct.pack("<I", len(body)) + body + bytes(4)


def hdf5(messages: Iterable[bytes], more: bytes = b"", end: int | None = None) -> bytes:
    """Return a file whose root group has some messages, with bytes behind its header."""
    root = header(messages)
    size = _HEADER_AT + len(root) + len(more)
    block = b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00"
    block += struct.pack("<QQQQI", 0, (1 << 64) - 1, size if end is None else end, _HEADER_AT, 0)
    return block + root + more


def behind(messages: Iterable[bytes]) -> int:
    """Return the address of what comes behind a root header of these messages."""
    return _HEADER_AT + len(header(messages))


def hard(name: str, address: int) -> bytes:
    """Return a link to an object of the file."""
    raw = name.encode()
    return message(6, b"\x01\x00" + bytes([len(raw)]) + raw + struct.pack("<Q", address))


def typed(name: str, kind: int, data: bytes) -> bytes:
    """Return a link of another kind."""
    raw = name.encode()
    head = b"\x01\x08" + bytes([kind, len(raw)]) + raw
    return message(6, head + struct.pack("<H", len(data)) + data)


def dataset(layout: bytes, shape: tuple[int, ...] = (2,), *more: bytes) -> bytes:
    """Return the header of a dataset of floats."""
    space = bytes([2, len(shape), 0, 1]) + struct.pack(f"<{len(shape)}Q", *shape)
    return header([message(1, space), message(3, FLOAT32), message(8, layout), *more])


def contiguous(address: int, size: int) -> bytes:
    """Return the layout of elements in one piece."""
    return struct.pack("<BBQQ", 3, 1, address, size)


def text(name: str, value: bytes) -> bytes:
    """Return an attribute that is a text of one length."""
    raw = name.encode() + b"\x00"
    kind = struct.pack("<B3sI", 0x13, bytes(3), len(value))
    space = b"\x02\x00\x00\x00"
    sizes = struct.pack("<HHHB", len(raw), len(kind), len(space), 0)
    return message(12, b"\x03\x00" + sizes + raw + kind + space + value)
