"""Reads stretches of an artifact's files into buffers that are given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.domain.errors import Corrupt, Unavailable
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    import threading

    from modelshelf.formats.comparing.sides import Side
    from modelshelf.formats.source import SourceFile

_OPEN_MOST = 8
_AT_OFFSET = hasattr(os, "preadv")


class Streams:
    """The files of one side, as one thread reads them; few are open at once."""

    def __init__(self, side: Side, opening: threading.Lock) -> None:
        """Read from ``side``.

        Args:
            side: The artifact.
            opening: Is held while a file is opened: an adopted one is hashed then, and another
                thread that wants it finds that done.
        """
        source = side.source
        self._reference = side.reference
        self._files = {file.path: file for file in (*source.siblings, *source.files)}
        self._opening = opening
        self._open: dict[str, tuple[BinaryIO, int]] = {}

    def read(self, path: str, start: int, into: memoryview) -> None:
        """Fill ``into`` with the bytes of a file from ``start`` on.

        Raises:
            Corrupt: The file ends before.
            NotFound, Conflict, Unavailable: It is not there or cannot be read.
        """
        try:
            stream, descriptor = self._open.get(path) or self._opened(path)
            got = 0
            while got < len(into):
                count = _some(stream, descriptor, start + got, into[got:])
                if not count:
                    raise self._short(path)
                got += count
        except OSError as error:
            raise Unavailable(
                f"{safe(path, 120)} of {self._reference} cannot be read",
                why=error.strerror or type(error).__name__,
                subject=self._reference,
            ) from error

    def close(self) -> None:
        """Close every file."""
        while self._open:
            _, (stream, _) = self._open.popitem()
            stream.close()

    def _opened(self, path: str) -> tuple[BinaryIO, int]:
        file: SourceFile | None = self._files.get(path)
        if file is None:
            raise self._short(path)
        while len(self._open) >= _OPEN_MOST:
            self._open.pop(next(iter(self._open)))[0].close()
        with self._opening:
            stream = file.open()
        self._open[path] = stream, _descriptor(stream)
        return self._open[path]

    def _short(self, path: str) -> Corrupt:
        return Corrupt(
            f"{safe(path, 120)} of {self._reference} ends before its tensors do",
            why="its bytes are not those that were stored",
            hint="Restore it from a backup.",
            subject=self._reference,
        )


def _descriptor(stream: BinaryIO) -> int:
    """Return what a file can be read by at any place; -1 where it cannot."""
    if not _AT_OFFSET:
        return -1
    try:
        return stream.fileno()
    except (AttributeError, OSError, ValueError):
        return -1


def _some(stream: BinaryIO, descriptor: int, start: int, into: memoryview) -> int:
    if descriptor >= 0:
        return os.preadv(descriptor, [into], start)
    stream.seek(start)
    count: int = stream.readinto(into)  # type: ignore[attr-defined]
    return count
