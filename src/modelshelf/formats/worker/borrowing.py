"""The child's side of its files: asked for when opened, each opening with its own position."""

from __future__ import annotations

import errno
import io
import os
from typing import BinaryIO

from modelshelf.formats.worker.wire import Wire

_KEPT_OPEN = 8


class _Borrowed:
    """One descriptor and how many readers use it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.readers = 0

    def close(self) -> None:
        """Close it for good; whoever still reads meets a closed file."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class _Reader(io.RawIOBase):
    """Reads a borrowed file from a position of its own."""

    def __init__(self, borrowed: _Borrowed, size: int) -> None:
        self._borrowed = borrowed
        self._size = size
        self._at = 0
        borrowed.readers += 1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = os.pread(self._borrowed.descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        if not self.closed:
            self._borrowed.readers -= 1
        super().close()


class Borrowing:
    """The files of one request; the last few stay open, because most are opened again."""

    def __init__(self, wire: Wire) -> None:
        """Ask for files over ``wire``."""
        self._wire = wire
        self._held: dict[int, _Borrowed] = {}

    def put(self, number: int, descriptor: int) -> None:
        """Take a file that came with the request."""
        self._held[number] = _Borrowed(descriptor)

    def open(self, number: int) -> BinaryIO:
        """Open the file ``number`` of the request.

        Raises:
            OSError: The parent could not open it.
        """
        borrowed = self._held.pop(number, None) or self._ask(number)
        self._held[number] = borrowed  # the latest stands last
        self._give_back()
        size = os.fstat(borrowed.descriptor).st_size
        return io.BufferedReader(_Reader(borrowed, size))

    def end(self) -> None:
        """Close everything; the request is over."""
        for borrowed in self._held.values():
            borrowed.close()
        self._held.clear()

    def _ask(self, number: int) -> _Borrowed:
        self._wire.send({"open": number})
        answer, descriptor = self._wire.receive_with_file()
        if descriptor is not None:
            return _Borrowed(descriptor)
        why = answer.get("why") or os.strerror(errno.EMFILE)
        raise OSError(answer.get("errno", errno.EMFILE), why)

    def _give_back(self) -> None:
        idle = [number for number, held in self._held.items() if not held.readers]
        # The one that was just asked for has no reader yet, and stands last.
        for number in idle[: max(len(idle) - _KEPT_OPEN, 0)]:
            self._held.pop(number).close()
