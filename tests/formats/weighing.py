"""Asks inspectors for what they say besides an inspection, and counts the bytes they read."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from modelshelf.domain.content import ContentKind
from modelshelf.formats import Source, inspectors
from modelshelf.formats.interface import Placed
from modelshelf.formats.looking import choose, tensors
from modelshelf.formats.needing import missing, needs

__all__ = ["Meter", "missing_of", "needs_of", "placed", "raw", "strictly_placed"]


def placed(source: Source) -> dict[str, Placed]:
    """Return where the tensors lie, by name."""
    return {each.name: each for each in tensors(source, inspectors())}


def strictly_placed(source: Source) -> tuple[Placed, ...]:
    """Return where the tensors lie, and raise what the inspector raises."""
    inspector = choose(source, inspectors())
    found: Iterable[Placed] = inspector.tensors(source)  # type: ignore[attr-defined]
    return tuple(found)


def needs_of(source: Source) -> tuple[str, ...]:
    """Return the files that belong to a source by its own account."""
    return needs(source, inspectors())


def missing_of(source: Source) -> tuple[str, ...]:
    """Return those of them that are not there."""
    return missing(source, inspectors())


def raw(source: Source, each: Placed) -> bytes:
    """Return the bytes at the place of a tensor."""
    file = source.file(each.file)
    assert file is not None
    with file.open() as opened:
        opened.seek(each.start)
        return opened.read(each.length)


class Meter:
    """Gives out files and counts the bytes that are read from them."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.read = 0

    def source(self, name: str, path: Path, kind: ContentKind = "file") -> Source:
        """Return a file on disk as a source whose bytes are counted."""
        return Source.from_files(name, kind, [(name, path.stat().st_size, self.opener(path))])

    def opener(self, path: Path) -> _Opener:
        """Return what opens the file."""
        return _Opener(self, path)


class _Opener:
    def __init__(self, meter: Meter, path: Path) -> None:
        self._meter, self._path = meter, path

    def __call__(self) -> BinaryIO:
        return cast("BinaryIO", _Counted(self._meter, self._path))


class _Counted(io.FileIO):
    def __init__(self, meter: Meter, path: Path) -> None:
        super().__init__(path, "rb")
        self._meter = meter

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self._meter.read += len(data)
        return data
