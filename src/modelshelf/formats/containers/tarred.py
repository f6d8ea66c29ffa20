"""Walks through the members of a tar, plain or inside a compressed stream, front to back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.reading import Readable, up_to
from modelshelf.formats.trouble import LimitReached, Malformed

BLOCK = 512
_MOST_MEMBERS = 10_000
_MOST_NOTE = 1024 * 1024
_CHUNK = 256 * 1024
_FILES, _FOLDER, _LINKS = frozenset(b"0\x007"), ord("5"), frozenset(b"12")
_LONG_NAME, _LONG_LINK, _NOTES, _COMMON_NOTES = ord("L"), ord("K"), ord("x"), ord("g")
_MAGIC = slice(257, 262)
_CHECKSUM = slice(148, 156)
_DECISIVE = frozenset({"path", "size", "linkpath"})


@dataclass(frozen=True, slots=True)
class TarMember:
    """One file in a tar: its path, its length, and the byte of the tar where its data starts."""

    name: str
    size: int
    start: int


class Cursor:
    """Counts the bytes that are read from something that may or may not be able to jump."""

    def __init__(self, source: Readable, *, seekable: BinaryIO | None = None) -> None:
        """Read from ``source``; a ``seekable`` one is the same file."""
        self._source = source
        self._seekable = seekable
        self.position = 0

    def read(self, most: int, /) -> bytes:
        """Return up to ``most`` bytes; none at the end."""
        data = self._source.read(most)
        self.position += len(data)
        return data

    def exactly(self, count: int) -> bytes:
        """Return ``count`` bytes."""
        data = up_to(self, count)
        if len(data) != count:
            raise Malformed(f"the tar ends at byte {self.position:,}")
        return data

    def jump(self, position: int) -> None:
        """Move forward to ``position``."""
        if self._seekable is not None:
            self._seekable.seek(position)
            self.position = position
        while self.position < position:
            self.exactly(min(position - self.position, _CHUNK))


def is_tar(head: bytes) -> bool:
    """Tell whether a file begins as a tar of the POSIX or GNU kind does."""
    return head[_MAGIC] == b"ustar"


def walk(cursor: Cursor) -> Iterator[TarMember]:
    """Yield the files of a tar; between two of them the caller may read from the cursor.

    Source: POSIX.1-2017, pax Interchange Format; GNU tar's long names.

    Raises:
        Malformed: A header is broken, a member is a link or device, or its name leaves the archive.
        LimitReached: There are more than 10,000 members.
    """
    notes: dict[str, str] = {}
    for _ in range(_MOST_MEMBERS):
        header = up_to(cursor, BLOCK)
        if not header.strip(b"\x00"):
            return
        if len(header) < BLOCK or not is_tar(header) or not _has_checksum(header):
            raise Malformed(f"there is no tar header at byte {cursor.position - len(header):,}")
        kind, size = header[156], _number(header[124:136])
        if kind in {_LONG_NAME, _LONG_LINK, _NOTES, _COMMON_NOTES}:
            notes |= _notes(kind, _note(cursor, size))
            continue
        name = notes.get("path") or _name(header)
        size = int(notes.get("size") or size)
        notes = {}
        _check(name, kind)
        start = cursor.position
        if kind in _FILES:
            yield TarMember(name, size, start)
        cursor.jump(start + -(-size // BLOCK) * BLOCK)
    raise LimitReached(f"more than {_MOST_MEMBERS:,} members")


def _check(name: str, kind: int) -> None:
    if kind in _LINKS:
        raise Malformed(f"the member {name[:200]!r} is a link", rule="tar.link")
    if kind not in _FILES and kind != _FOLDER:
        raise Malformed(f"the member {name[:200]!r} is neither file nor folder", rule="tar.special")
    if leaves_folder(name):
        raise Malformed(f"the member {name[:200]!r} leaves the archive", rule="tar.path")


def _has_checksum(header: bytes) -> bool:
    blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    return sum(blank) == _number(header[_CHECKSUM])


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # GNU's base 256, for what octal digits cannot hold
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    return int(field.strip(b" \x00") or b"0", 8)


def _name(header: bytes) -> str:
    name, prefix = header[:100].rstrip(b"\x00"), b""
    if header[257:263] == b"ustar\x00":
        prefix = header[345:500].rstrip(b"\x00")
    return (prefix + b"/" + name if prefix else name).decode()


def _note(cursor: Cursor, size: int) -> bytes:
    if size > _MOST_NOTE:
        raise LimitReached(f"a note of {size:,} bytes about a member")
    data = cursor.exactly(-(-size // BLOCK) * BLOCK)
    return data[:size]


def _notes(kind: int, data: bytes) -> dict[str, str]:
    if kind == _LONG_NAME:
        return {"path": data.rstrip(b"\x00").decode()}
    if kind == _LONG_LINK:
        return {}
    found: dict[str, str] = {}
    while data:
        length = int(data[: data.index(b" ")])
        if not 0 < length <= len(data):
            raise Malformed("a note about a member is broken")
        key, _, value = data[:length].partition(b" ")[2].rstrip(b"\n").partition(b"=")
        found[key.decode()] = value.decode("utf-8", "replace")
        data = data[length:]
    if kind == _COMMON_NOTES:
        if found.keys() & _DECISIVE:
            raise Malformed("a note gives all members one name or size")
        return {}
    return {key: value for key, value in found.items() if key in _DECISIVE}
