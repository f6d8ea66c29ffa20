"""A cursor over one file that never reads past its end and never much at once."""

from __future__ import annotations

import struct
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

AT_ONCE = 64 * 1024 * 1024
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class Readable(Protocol):
    """Anything that gives out its bytes from front to back."""

    def read(self, most: int, /) -> bytes:
        """Return up to ``most`` bytes; none at the end."""
        ...


def up_to(source: Readable, most: int) -> bytes:
    """Return the next ``most`` bytes, or fewer only where they end."""
    parts: list[bytes] = []
    while most > 0 and (part := source.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


class Reader:
    """Reads one file of known length from any position.

    Attributes:
        size: Length of the file in bytes.
        position: Where the next read starts.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Take over ``file``; leaving the ``with`` block closes it."""
        self._file = file
        self.size = size
        self.position = 0

    @classmethod
    def of(cls, file: SourceFile) -> Self:
        """Open a file of a source."""
        return cls(file.open(), file.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def remaining(self) -> int:
        """Number of bytes after the position."""
        return self.size - self.position

    def take(self, count: int) -> bytes:
        """Return exactly ``count`` bytes and move behind them.

        Raises:
            Cut: The file ends earlier.
            LimitReached: That is more than is ever read at once.
        """
        if count > self.remaining:
            raise Cut(
                f"{count:,} bytes are promised at byte {self.position:,}, "
                f"{max(self.remaining, 0):,} are there"
            )
        if count > AT_ONCE:
            raise LimitReached(f"{count:,} bytes in one piece at byte {self.position:,}")
        data = self._file.read(count)
        if len(data) != count:
            raise Cut(f"the file ends at byte {self.position + len(data):,} while being read")
        self.position += count
        return data

    def peek(self, most: int) -> bytes:
        """Return up to ``most`` bytes without moving."""
        start = self.position
        data = self.take(max(min(most, self.remaining), 0))
        self.seek(start)
        return data

    def seek(self, position: int) -> None:
        """Move to ``position``, which lies inside the file or at its end."""
        if not 0 <= position <= self.size:
            raise Malformed(f"byte {position:,} is outside the {self.size:,} bytes of the file")
        self._file.seek(position)
        self.position = position

    def skip(self, count: int) -> None:
        """Move ``count`` bytes forward without reading them."""
        self.seek(self.position + count)

    def u32(self) -> int:
        """Return a little-endian unsigned number of 4 bytes."""
        value: int = _U32.unpack(self.take(4))[0]
        return value

    def u64(self) -> int:
        """Return a little-endian unsigned number of 8 bytes."""
        value: int = _U64.unpack(self.take(8))[0]
        return value
