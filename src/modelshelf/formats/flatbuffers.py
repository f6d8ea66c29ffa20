"""Reads tables of a FlatBuffers file by offset, every one of them checked against the file's end.

Source of the encoding: "FlatBuffer Internals" in the FlatBuffers documentation. Nothing is built:
a table is a place in the file, and a field is looked up in its virtual table when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_MOST_READS = 4_000_000
_MOST_ELEMENTS = 500_000
_PAGE, _MOST_PAGES = 8 * 1024, 1_000


@dataclass(frozen=True, slots=True)
class Vector:
    """Elements in a row.

    Attributes:
        start: Byte of the first one.
        count: How many there are.
    """

    start: int
    count: int


class Buffer:
    """The bytes of one file, read by pages, with a limit on the number of reads."""

    def __init__(self, reader: Reader) -> None:
        """Read from ``reader``, whose position this object moves as it likes."""
        self._reader = reader
        self._pages: dict[int, bytes] = {}
        self._left = _MOST_READS

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return self._reader.size

    def data(self, at: int, count: int) -> bytes:
        """Return ``count`` bytes at a place.

        Raises:
            Cut: They are not all in the file.
        """
        if at + count > self.size:
            raise Cut(f"{count:,} bytes at byte {at:,} are outside of the file")
        number, offset = divmod(at, _PAGE)
        if offset + count > _PAGE:
            self._reader.seek(at)
            return self._reader.take(count)
        page = self._pages.get(number)
        if page is None:
            if len(self._pages) >= _MOST_PAGES:
                self._pages.clear()
            self._reader.seek(number * _PAGE)
            page = self._pages[number] = self._reader.peek(_PAGE)
        return page[offset : offset + count]

    def number(self, at: int, size: int, *, signed: bool = False) -> int:
        """Return the little-endian number at a place."""
        self._left -= 1
        if self._left < 0:
            raise LimitReached(f"more than {_MOST_READS:,} fields")
        return int.from_bytes(self.data(at, size), "little", signed=signed)

    def root(self, at: int = 0) -> Table:
        """Return the table that the offset at a place leads to."""
        return Table(self, at + self.number(at, 4))


class Table:
    """One table: fields by number, each of them there or not."""

    __slots__ = ("_at", "_buffer", "_fields", "_size")

    def __init__(self, buffer: Buffer, at: int) -> None:
        """Read the table at a place.

        Raises:
            Malformed: Its virtual table is not in the file.
        """
        self._buffer = buffer
        self._at = at
        self._fields = at - buffer.number(at, 4, signed=True)
        if self._fields < 0:
            raise Malformed(f"the table at byte {at:,} has no fields")
        self._size = buffer.number(self._fields, 2)

    def number(self, field: int, size: int, default: int = 0, *, signed: bool = False) -> int:
        """Return a whole number of ``size`` bytes."""
        at = self._place(field)
        return default if at is None else self._buffer.number(at, size, signed=signed)

    def table(self, field: int) -> Table | None:
        """Return a table in this one."""
        at = self._target(field)
        return None if at is None else Table(self._buffer, at)

    def vector(self, field: int, size: int) -> Vector:
        """Return where elements of ``size`` bytes lie; none where the field is not there."""
        at = self._target(field)
        if at is None:
            return Vector(0, 0)
        count = self._buffer.number(at, 4)
        if count * size > self._buffer.size - at - 4:
            raise Cut(f"{count:,} elements at byte {at:,} are more than the file has")
        return Vector(at + 4, count)

    def text(self, field: int, most: int = 2_000) -> str:
        """Return a text, of a longer one the beginning."""
        found = self.vector(field, 1)
        return self._buffer.data(found.start, min(found.count, most)).decode("utf-8", "replace")

    def tables(self, field: int) -> Iterator[Table]:
        """Yield the tables in a vector of them."""
        found = self.vector(field, 4)
        _check(found)
        for at in range(found.start, found.start + 4 * found.count, 4):
            yield self._buffer.root(at)

    def numbers(self, field: int, size: int = 4, *, signed: bool = True) -> tuple[int, ...]:
        """Return the whole numbers in a vector of them."""
        found = self.vector(field, size)
        _check(found)
        places = range(found.start, found.start + size * found.count, size)
        return tuple(self._buffer.number(at, size, signed=signed) for at in places)

    def _place(self, field: int) -> int | None:
        slot = 4 + 2 * field
        if slot + 2 > self._size:
            return None
        offset = self._buffer.number(self._fields + slot, 2)
        return self._at + offset if offset else None

    def _target(self, field: int) -> int | None:
        at = self._place(field)
        return None if at is None else at + self._buffer.number(at, 4)


def _check(found: Vector) -> None:
    if found.count > _MOST_ELEMENTS:
        raise LimitReached(f"{found.count:,} elements in a row")
