"""A walk through Universal Binary JSON of any length, in which rows of numbers are stepped over."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import LimitReached, Malformed
from modelshelf.formats.walking import DEEPEST, LONGEST_TEXT, Kind, Scalar, Steps

_NUMBERS = {
    b"i": struct.Struct(">b"),
    b"U": struct.Struct(">B"),
    b"I": struct.Struct(">h"),
    b"l": struct.Struct(">i"),
    b"L": struct.Struct(">q"),
    b"d": struct.Struct(">f"),
    b"D": struct.Struct(">d"),
}
_LENGTHS = frozenset({b"i", b"U", b"I", b"l", b"L"})
_WORDS: dict[bytes, Scalar] = {b"Z": None, b"T": True, b"F": False}
_SIZES = {mark: number.size for mark, number in _NUMBERS.items()} | dict.fromkeys(_WORDS, 0)
_SIZES |= {b"C": 1}
_KINDS: dict[bytes, Kind] = {b"{": "object", b"[": "list", b"S": "text", b"C": "text"}
_CLOSES = {b"{": b"}", b"[": b"]"}
_NOTHING = b"N"


@dataclass(slots=True)
class _Open:
    """A container that is being walked through.

    Attributes:
        opening: Its bracket.
        mark: The one type of all its values; empty when each has its own.
        left: How many values there still are; None when a bracket ends them.
    """

    opening: bytes
    mark: bytes
    left: int | None


class UbjsonWalk:
    """Source of the format: the UBJSON specification, draft 12.

    See :class:`modelshelf.formats.walking.Walk`. No key of an object that is entered may occur
    twice.
    """

    def __init__(self, reader: Reader) -> None:
        """Stand in front of the value at the position of ``reader``."""
        self._reader = reader
        self._mark = b""  # the type of the value at the cursor, once it is known
        self._waiting = True  # whether that value has not been taken yet
        self._depth = 0
        self._steps = Steps()

    def kind(self) -> Kind:
        """See :meth:`Walk.kind`."""
        self._mark = self._mark or self._next_mark()
        return _KINDS.get(self._mark, "other")

    def members(self) -> Iterator[str]:
        """See :meth:`Walk.members`."""
        seen: set[str] = set()
        for opened, _ in self._inside(b"{"):
            key = self._text(self._length(), "key")
            if key in seen:
                raise Malformed(f"the key {key[:200]!r} occurs twice in one object")
            seen.add(key)
            self._mark, self._waiting = opened.mark, True
            yield key

    def items(self) -> Iterator[int]:
        """See :meth:`Walk.items`."""
        for opened, number in self._inside(b"["):
            self._mark, self._waiting = opened.mark, True
            yield number

    def scalar(self) -> Scalar:
        """See :meth:`Walk.scalar`."""
        mark = self._take_mark()
        if mark in _WORDS:
            return _WORDS[mark]
        if mark in _NUMBERS:
            return self._number(mark)
        if mark == b"C":
            return self._text(1, "sign")
        if mark in {b"S", b"H"}:
            return self._text(self._length(), "text")
        raise Malformed(f"{mark!r} is no type of UBJSON")

    def skip(self) -> None:
        """See :meth:`Walk.skip`."""
        open_ones: list[_Open] = []
        self._pass(self._take_mark(), open_ones)
        while open_ones:
            innermost = open_ones[-1]
            if self._is_over(innermost):
                open_ones.pop()
                continue
            if innermost.opening == b"{":
                self._over(self._length())
            self._steps.count()
            self._pass(innermost.mark or self._next_mark(), open_ones)

    def finish(self) -> None:
        """Check that nothing follows."""
        if self._reader.remaining:
            raise Malformed(f"{self._reader.remaining:,} bytes follow behind the end")

    def _inside(self, opening: bytes) -> Iterator[tuple[_Open, int]]:
        if self._take_mark() != opening:
            raise Malformed(f"{opening.decode()!r} is missing")
        self._depth += 1
        if self._depth > DEEPEST:
            raise Malformed("the document is nested too deeply")
        opened = self._opened(opening)
        number = 0
        while not self._is_over(opened):
            yield opened, number
            number += 1
            if self._waiting:
                self.skip()
        self._depth -= 1

    def _opened(self, opening: bytes) -> _Open:
        """Read what may stand behind an opening bracket: one type for all values, their number."""
        mark = b""
        if self._reader.peek(1) == b"$":
            self._reader.skip(1)
            mark = self._reader.take(1)
            if self._reader.peek(1) != b"#":
                raise Malformed("a type is given for values without their number")
        if self._reader.peek(1) != b"#":
            return _Open(opening, mark, None)
        self._reader.skip(1)
        count = self._length()
        least = count * max(_SIZES.get(mark, 1), opening == b"{")
        if least > self._reader.remaining:
            self._reader.take(least)  # says how much is missing
        return _Open(opening, mark, count)

    def _is_over(self, opened: _Open) -> bool:
        if opened.left is None:
            over = self._reader.peek(1) == _CLOSES[opened.opening]
            if over:
                self._reader.skip(1)
            return over
        opened.left -= 1
        return opened.left < 0

    def _pass(self, mark: bytes, open_ones: list[_Open]) -> None:
        if mark in _SIZES:
            self._over(_SIZES[mark])
        elif mark in {b"S", b"H"}:
            self._over(self._length())
        elif mark in _CLOSES:
            opened = self._opened(mark)
            if mark == b"[" and opened.left is not None and opened.mark in _SIZES:
                self._over(opened.left * _SIZES[opened.mark])
                return
            open_ones.append(opened)
            if len(open_ones) > DEEPEST:
                raise Malformed("the document is nested too deeply")
        else:
            raise Malformed(f"{mark!r} is no type of UBJSON")

    def _over(self, count: int) -> None:
        if count > self._reader.remaining:
            self._reader.take(count)  # says how much is missing
        self._reader.skip(count)

    def _take_mark(self) -> bytes:
        self._steps.count()
        mark = self._mark or self._next_mark()
        self._mark, self._waiting = b"", False
        return mark

    def _next_mark(self) -> bytes:
        mark = self._reader.take(1)
        while mark == _NOTHING:
            self._steps.count()
            mark = self._reader.take(1)
        return mark

    def _number(self, mark: bytes) -> int | float:
        form = _NUMBERS[mark]
        value: int | float = form.unpack(self._reader.take(form.size))[0]
        return value

    def _length(self) -> int:
        mark = self._reader.take(1)
        length = self._number(mark) if mark in _LENGTHS else -1
        if not isinstance(length, int) or length < 0:
            raise Malformed(f"{mark!r} is no length")
        return length

    def _text(self, length: int, what: str) -> str:
        if length > LONGEST_TEXT:
            self._over(length)
            raise LimitReached(f"a {what} of {length:,} bytes")
        return self._reader.take(length).decode()
