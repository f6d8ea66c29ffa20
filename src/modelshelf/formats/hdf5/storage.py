"""Bytes of an HDF5 file by address, every read counted against one budget."""

from __future__ import annotations

from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_MOST_BYTES = 96 * 1024 * 1024
_MOST_STEPS = 2_000_000


class NotRead(LimitReached):
    """Something legal that is too rare to be read here; the walk goes on without it."""


class Storage:
    """One file with the sizes that its superblock gives to addresses and lengths.

    Attributes:
        base: Byte of the file that the address 0 stands for.
        offsets: Bytes of an address.
        lengths: Bytes of a length.
        unread: What is legal, was met, and is not looked into.
    """

    def __init__(self, reader: Reader, base: int, offsets: int, lengths: int) -> None:
        """Read from ``reader``, whose position this object moves as it likes."""
        self._reader = reader
        self._left = _MOST_BYTES
        self._steps = _MOST_STEPS
        self.base = base
        self.offsets = offsets
        self.lengths = lengths
        self.unread: set[str] = set()

    @property
    def size(self) -> int:
        """Length of the whole file in bytes."""
        return self._reader.size

    def read(self, address: int, count: int) -> bytes:
        """Return ``count`` bytes at ``address``.

        Raises:
            Malformed: They are not in the file.
            LimitReached: The structure of the file takes more than any honest one.
        """
        self.step()
        self._reader.seek(self.base + address)
        data = self._reader.take(count)
        self._left -= count
        if self._left < 0:
            raise LimitReached(f"more than {_MOST_BYTES:,} bytes of structure")
        return data

    def fields(self, address: int, count: int, signature: bytes = b"") -> Fields:
        """Return ``count`` bytes at ``address`` as fields, those of a signature left out."""
        data = self.read(address, count)
        if not data.startswith(signature):
            raise Malformed(f"there is no {signature.decode()} at byte {self.base + address:,}")
        fields = Fields(data, self.offsets, self.lengths)
        fields.skip(len(signature))
        return fields

    def of(self, data: bytes) -> Fields:
        """Return bytes that were read before as fields."""
        return Fields(data, self.offsets, self.lengths)

    def step(self) -> None:
        """Count one small piece of work."""
        self._steps -= 1
        if self._steps < 0:
            raise LimitReached(f"more than {_MOST_STEPS:,} parts")


class Fields:
    """Reads little-endian fields from bytes, from front to back.

    Attributes:
        at: Where the next field starts.
    """

    def __init__(self, data: bytes, offsets: int, lengths: int) -> None:
        """Read from ``data``."""
        self._data = data
        self._offsets = offsets
        self._lengths = lengths
        self.at = 0

    @property
    def left(self) -> int:
        """Number of bytes behind the position."""
        return len(self._data) - self.at

    def take(self, count: int) -> bytes:
        """Return exactly ``count`` bytes."""
        if not 0 <= count <= self.left:
            raise Malformed(f"{count:,} bytes of a structure are promised, {self.left:,} are there")
        self.at += count
        return self._data[self.at - count : self.at]

    def skip(self, count: int) -> None:
        """Move ``count`` bytes forward."""
        self.take(count)

    def number(self, size: int) -> int:
        """Return an unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), "little")

    def length(self) -> int:
        """Return a length."""
        return self.number(self._lengths)

    def address(self) -> int | None:
        """Return an address; None for the one that stands for nothing, all bits set."""
        raw = self.take(self._offsets)
        return None if raw.count(0xFF) == len(raw) else int.from_bytes(raw, "little")

    def place(self) -> int:
        """Return an address that has to stand for something."""
        address = self.address()
        if address is None:
            raise Malformed("an address is missing")
        return address

    def align(self, start: int, unit: int = 8) -> None:
        """Move to a multiple of ``unit`` bytes behind ``start``, at most to the end."""
        self.skip(min(-(self.at - start) % unit, self.left))

    def text(self) -> str:
        """Return the text up to a NUL, and move behind it."""
        end = self._data.find(b"\x00", self.at)
        if end < 0:
            raise Malformed("a name does not end")
        raw = self.take(end - self.at)
        self.skip(1)
        return raw.decode("utf-8", "surrogateescape")

    def rest(self) -> bytes:
        """Return all bytes behind the position without moving."""
        return self._data[self.at :]


def check_end(reader: Reader, end: int) -> None:
    """Raise when a file is shorter than it says itself."""
    if reader.size < end:
        raise Cut(f"the file says that it has {end:,} bytes and has {reader.size:,}")
