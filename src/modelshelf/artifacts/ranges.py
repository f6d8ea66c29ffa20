"""Digests of stretches of a file, taken from the bytes that pass by while the whole is hashed.

A tensor's digest costs no second read of the source. Of ranges that overlap as many as fit into
one pass are taken from it; what is left over is read from what was stored.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import BinaryIO

Range = tuple[int, int]
"""First byte and number of bytes."""

_BLOCK = 256 * 1024
# Ranges may lie over each other without end; they are read again up to this many times the file.
_AGAIN_MOST = 2
_BEYOND = 1 << 64


class RangeDigests:
    """The byte ranges of an artifact's files whose SHA-256 is wanted, and the digests as they come.

    Hand it to :func:`~modelshelf.artifacts.ingest.ingest`, then ask it. Every digest is that of
    bytes that were *stored*. Ranges that are empty or not wholly inside their file have none.
    """

    def __init__(self, wanted: Mapping[str, Iterable[Range]] | None = None) -> None:
        """Want these ranges of the files at these paths of the artifact."""
        self._wanted = {path: tuple(ranges) for path, ranges in (wanted or {}).items()}
        self._found: dict[str, dict[Range, bytes]] = {}

    def of(self, path: str, size: int) -> RangeHasher | None:
        """Return what the bytes of a file shall pass through; nothing when no range is wanted."""
        ranges = _in_one_pass(self._wanted.get(path, ()), size)
        if not ranges:
            return None
        hasher = RangeHasher(ranges)
        self._found[path] = hasher.found
        return hasher

    def digest(self, path: str, start: int, length: int) -> str:
        """Return the SHA-256 of a range, 64 hexadecimal digits; an empty text without one."""
        found = self._found.get(path, {}).get((start, length))
        return "" if found is None else found.hex()

    def complete(
        self, path: str, size: int, ranges: Iterable[Range], opened: Callable[[], BinaryIO]
    ) -> None:
        """Read the digests that are still missing from a stored file.

        At most two times the file's size is read; ranges that would take more stay without one.

        Args:
            path: The file's path in the artifact.
            size: Its length in bytes.
            ranges: What is wanted of it, foretold or not.
            opened: Opens it; is not called when nothing is missing.

        Raises:
            ModelshelfError, OSError: It cannot be opened or read.
        """
        found = self._found.setdefault(path, {})
        missing = [each for each in _inside(ranges, size) if each not in found]
        if not missing:
            return
        budget = size * _AGAIN_MOST
        buffer = memoryview(bytearray(min(_BLOCK, size)))
        with opened() as stream:
            for start, length in missing:
                if length > budget:
                    continue
                budget -= length
                digest = _digest_at(stream, start, length, buffer)
                if digest is not None:
                    found[start, length] = digest


class RangeHasher:
    """Takes the digests of ranges that do not overlap from a file's bytes in their order.

    Attributes:
        found: The digests of the ranges that have passed.
    """

    def __init__(self, ranges: Iterable[Range]) -> None:
        """Wait for these ranges, sorted, none of them empty."""
        self.found: dict[Range, bytes] = {}
        self._ahead = iter(ranges)
        self._at = 0
        self._next()

    def update(self, block: memoryview) -> None:
        """Take the file's next bytes."""
        start = self._at
        self._at += len(block)
        while self._begin < self._at:
            self._digest.update(block[max(self._begin - start, 0) : self._end - start])
            if self._end > self._at:
                return
            self.found[self._begin, self._end - self._begin] = self._digest.digest()
            self._next()

    def _next(self) -> None:
        self._begin, length = next(self._ahead, (_BEYOND, 0))
        self._end = self._begin + length
        self._digest = hashlib.sha256()


def _inside(ranges: Iterable[Range], size: int) -> list[Range]:
    """Return each range once that holds a byte and lies inside the file, by where they end."""
    within = {
        (start, length)
        for start, length in ranges
        if start >= 0 and length > 0 and start + length <= size
    }
    return sorted(within, key=lambda each: (each[0] + each[1], each[0]))


def _in_one_pass(ranges: Iterable[Range], size: int) -> list[Range]:
    """Return as many ranges as can be had without an overlap, sorted."""
    chosen: list[Range] = []
    end = 0
    for start, length in _inside(ranges, size):  # the first to end leaves most room for others
        if start >= end:
            chosen.append((start, length))
            end = start + length
    return chosen


def _digest_at(stream: BinaryIO, start: int, length: int, buffer: memoryview) -> bytes | None:
    stream.seek(start)
    digest = hashlib.sha256()
    while length:
        count = stream.readinto(buffer[:length])  # type: ignore[attr-defined]
        if not count:
            return None
        digest.update(buffer[:count])
        length -= count
    return digest.digest()
