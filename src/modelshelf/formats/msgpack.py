"""Steps through MessagePack and tells what its texts, numbers and runs of bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Cut, Malformed
from modelshelf.formats.walking import Steps

_LONGEST_TEXT = 4 * 1024
# First byte to the bytes of the length that follows.
_TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_LISTS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_FIXED |= {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}


@dataclass(frozen=True, slots=True)
class Run:
    """A text or a run of bytes.

    Attributes:
        start: Its first byte in the file.
        length: Number of bytes.
        binary: Whether it is given as bytes and not as a text.
        text: What it says, when it is short.
    """

    start: int
    length: int
    binary: bool
    text: str


def runs(reader: Reader, end: int) -> Iterator[Run]:
    """Yield the texts and runs of bytes of the one value between the position and ``end``.

    Source of the format: "MessagePack specification" of the msgpack project. The caller may move
    the reader in between.

    Raises:
        Cut: The value goes on behind ``end``.
        Malformed: It ends before, or is no MessagePack.
        LimitReached: It has too many parts.
    """
    steps = Steps()
    at, waiting = reader.position, 1
    while waiting:
        steps.count()
        waiting -= 1
        reader.seek(at)
        run, inside = _value(reader)
        at = reader.position if run is None else run.start + run.length
        waiting += inside
        # Each value that is still to come takes one byte at least.
        if at + waiting > end:
            raise Cut("the MessagePack value is cut")
        if run is not None:
            yield run
    if at != end:
        raise Malformed(f"{end - at:,} bytes follow behind the MessagePack value")


def _value(reader: Reader) -> tuple[Run | None, int]:
    """Return the next value's run, when it is one, and how many values it holds."""
    mark = reader.take(1)[0]
    if 0xA0 <= mark <= 0xBF:  # noqa: PLR2004 - a short text
        return _run(reader, mark & 0x1F), 0
    for widths in (_TEXTS, _BYTES, _EXTENSIONS):
        if mark in widths:
            length = _number(reader, widths[mark])
            reader.take(widths is _EXTENSIONS)  # the extension's own type
            return _run(reader, length, binary=widths is not _TEXTS), 0
    return None, _inside(reader, mark)


def _inside(reader: Reader, mark: int) -> int:
    """Pass over a value that is no run, and return how many values it holds."""
    if 0x80 <= mark <= 0x9F:  # noqa: PLR2004 - a small map or list
        return (mark & 0x0F) * (1 if mark & 0x10 else 2)
    if mark in _LISTS:
        return _number(reader, _LISTS[mark])
    if mark in _MAPS:
        return _number(reader, _MAPS[mark]) * 2
    if 0x7F < mark < 0xE0:  # noqa: PLR2004 - no small number
        if mark not in _FIXED:
            raise Malformed(f"{mark:#x} begins no MessagePack value")
        reader.take(_FIXED[mark])
    return 0


def _number(reader: Reader, width: int) -> int:
    return int.from_bytes(reader.take(width), "big")


def _run(reader: Reader, length: int, *, binary: bool = False) -> Run:
    start = reader.position
    if length > reader.remaining:
        raise Cut("the MessagePack value is cut")
    short = reader.take(length) if length <= _LONGEST_TEXT else b""
    return Run(start, length, binary, short.decode("utf-8", "replace"))
