"""Writes zips that lie, part by part, as no library would."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")


@dataclass(frozen=True, slots=True)
class Entry:
    """One member and every lie about it.

    Attributes:
        name: In the directory.
        data: What stands there.
        method: How it says it is packed.
        flags: General purpose flags, in both places.
        crc: What it says its CRC-32 is.
        size: What it says its unpacked length is.
        local_name: Its name in front of the data.
        mode: Its Unix mode.
        offset: Where the directory says it is.
        behind: Bytes behind the data that belong to no member.
    """

    name: str
    data: bytes = b""
    method: int = 0
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    local_name: str | None = None
    mode: int = 0
    offset: int | None = None
    behind: bytes = b""

    def local(self) -> bytes:
        """Return header and data."""
        name = (self.name if self.local_name is None else self.local_name).encode()
        packed = len(self.data)
        return (
            _LOCAL.pack(
                b"PK\x03\x04",
                20,
                self.flags,
                self.method,
                0,
                0,
                self._crc(),
                packed,
                self._size(),
                len(name),
                0,
            )
            + name
            + self.data
            + self.behind
        )

    def central(self, offset: int) -> bytes:
        """Return its entry in the directory."""
        name = self.name.encode()
        at = offset if self.offset is None else self.offset
        return (
            _CENTRAL.pack(
                b"PK\x01\x02",
                20,
                20,
                self.flags,
                self.method,
                0,
                0,
                self._crc(),
                len(self.data),
                self._size(),
                len(name),
                0,
                0,
                0,
                0,
                self.mode << 16,
                at,
            )
            + name
        )

    def _crc(self) -> int:
        return zlib.crc32(self.data) if self.crc is None else self.crc

    def _size(self) -> int:
        return len(self.data) if self.size is None else self.size


def lying_zip(entries: Iterable[Entry], *, count: int | None = None, wide: bytes = b"") -> bytes:
    """Return a zip of ``entries``, with ``wide`` between its directory and its end."""
    members: list[bytes] = []
    listed: list[bytes] = []
    at = 0
    for entry in entries:
        members.append(entry.local())
        listed.append(entry.central(at))
        at += len(members[-1])
    directory = b"".join(listed)
    number = min(len(listed) if count is None else count, 0xFFFF)
    end = _END.pack(b"PK\x05\x06", 0, 0, number, number, len(directory), at, 0)
    return b"".join(members) + directory + wide + end


def wide_end(count: int, size: int, offset: int, start: int) -> bytes:
    """Return a zip64 end record and its locator, which say what they are told to say."""
    record = _END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    return record + _LOCATOR.pack(b"PK\x06\x07", 0, start, 1)


def deflated(data: bytes) -> bytes:
    """Return data as a deflated member has it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()
