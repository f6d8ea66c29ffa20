"""Skims protobuf messages in a file without building them; long fields are jumped over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_SMALLEST_WINDOW, _WINDOW = 4 * 1024, 256 * 1024
_LONGEST_VARINT = 10
_RUN_FROM = 64  # values of one field in a row, from which on the rest is jumped over
_MOST_FIELDS = 5_000_000
_MOST_NUMBER = 1 << 29


@dataclass(frozen=True, slots=True)
class Span:
    """Where a message or its bytes lie in the file: from ``start`` up to ``end``."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, and a number or the place of its bytes."""

    number: int
    value: int | Span

    @property
    def span(self) -> Span:
        """The place of the field's bytes; malformed when it has none."""
        if isinstance(self.value, Span):
            return self.value
        raise Malformed(f"field {self.number} is a number and not a message or text")

    @property
    def whole(self) -> int:
        """The field's number; malformed when it is something else."""
        if isinstance(self.value, int):
            return self.value
        raise Malformed(f"field {self.number} is not a number")


class Skimmer:
    """Reads fields at any place of one file through a window.

    Source of the encoding: "Encoding" in the Protocol Buffers documentation. Groups, which that
    page calls deprecated and no model format uses, are refused.
    """

    def __init__(self, reader: Reader) -> None:
        """Read from ``reader``, whose position this object moves as it likes."""
        self._reader = reader
        self._window = b""
        self._base = 0
        self._ahead = _SMALLEST_WINDOW
        self._fields = 0

    @property
    def everything(self) -> Span:
        """The whole file as one message."""
        return Span(0, self._reader.size)

    def fields(self, span: Span) -> Iterator[Field]:
        """Yield the fields of a message; long runs of one scalar field end after 64 values."""
        at = span.start
        previous, run = -1, 0
        while at < span.end:
            tag, at = self._varint(at, span.end)
            number, wire = tag >> 3, tag & 7
            if not 0 < number < _MOST_NUMBER:
                raise Malformed(f"there is no field number {number} at byte {at:,}")
            value, at = self._value(wire, at, span.end)
            self._count()
            yield Field(number, value)
            run = run + 1 if tag == previous else 0
            previous = tag
            if run > _RUN_FROM and wire != LENGTH:
                at = self._after_run(tag, wire, at, span.end)

    def numbers(self, field: Field) -> Iterator[int]:
        """Yield the whole numbers of a repeated field, packed or not."""
        if isinstance(field.value, int):
            yield field.value
            return
        at, end = field.value.start, field.value.end
        while at < end:
            value, at = self._varint(at, end)
            self._count()
            yield value

    def text(self, span: Span, most: int = 2_000) -> str:
        """Return the first bytes of a field as text, whatever they are."""
        return self.data(span, most).decode("utf-8", "replace")

    def data(self, span: Span, most: int) -> bytes:
        """Return the first bytes of a field."""
        return self._bytes(span.start, min(span.size, most))

    def _count(self) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise LimitReached(f"more than {_MOST_FIELDS:,} fields")

    def _value(self, wire: int, at: int, end: int) -> tuple[int | Span, int]:
        if wire == VARINT:
            return self._varint(at, end)
        if wire == LENGTH:
            size, at = self._varint(at, end)
        elif wire in {FIXED32, FIXED64}:
            size = 4 if wire == FIXED32 else 8
        else:
            raise Malformed(f"wire type {wire} at byte {at:,} is not used any more")
        if size > end - at:
            raise Cut(f"{size:,} bytes are promised at byte {at:,}, {end - at:,} are there")
        return Span(at, at + size), at + size

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        for byte in self._bytes(at, min(_LONGEST_VARINT, end - at)):
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the top bit says that more follow
                return value, at
            shift += 7
        raise Malformed(f"a number at byte {at:,} does not end")

    def _after_run(self, tag: int, wire: int, at: int, end: int) -> int:
        """Return where the values of one field stop, found by a pattern instead of a loop."""
        pattern = (
            re.escape(_encoded(tag))
            + {
                VARINT: rb"[\x80-\xff]{0,9}[\x00-\x7f]",
                FIXED32: rb"[\x00-\xff]{4}",
                FIXED64: rb"[\x00-\xff]{8}",
            }[wire]
        )
        run = re.compile(rb"(?:" + pattern + rb")*+")
        while True:
            data = self._bytes(at, min(_WINDOW, end - at))
            match = run.match(data)
            length = match.end() if match else 0
            at += length
            if not length or len(data) < _WINDOW:
                return at

    def _bytes(self, at: int, count: int) -> bytes:
        offset = at - self._base
        if offset < 0 or offset + count > len(self._window):
            # Small after a jump over weights, larger and larger while fields follow each other.
            follows = 0 <= offset <= len(self._window)
            self._ahead = min(self._ahead * 2, _WINDOW) if follows else _SMALLEST_WINDOW
            self._reader.seek(at)
            self._window = self._reader.peek(max(count, self._ahead))
            self._base, offset = at, 0
        return self._window[offset : offset + count]


def _encoded(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])
