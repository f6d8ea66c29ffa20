"""A part of a file as a file of its own, for an archive that is stored inside another."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.formats.containers.zipped import Member
from modelshelf.formats.source import SourceFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def stored_member(file: SourceFile, member: Member) -> SourceFile:
    """Return a member that is stored without compression as a file."""

    def opened() -> BinaryIO:
        return io.BufferedReader(_Section(file.open(), member.start, member.size))

    return SourceFile(member.name, member.size, opened)


class _Section(io.RawIOBase):
    """Reads ``size`` bytes from ``start`` on of another file, which it closes with itself."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        view = memoryview(target).cast("B")
        self._file.seek(self._start + self._at)
        data = self._file.read(min(len(view), max(self._size - self._at, 0)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
