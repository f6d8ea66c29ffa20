"""The HDF5 file of weights that lies in a .keras file, read in its place."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from modelshelf.formats.containers.member import read_member
from modelshelf.formats.containers.zipped import STORED, Directory, Member
from modelshelf.formats.hdf5.survey import Survey, survey
from modelshelf.formats.interface import Placed
from modelshelf.formats.keras.weights import placed
from modelshelf.formats.reading import AT_ONCE, Reader
from modelshelf.formats.source import Source, SourceFile

_WEIGHTS = ".h5"
_MOST_FILES = 20


class _Part(Reader):
    """Reads a part of a file as if it were a file of its own."""

    def __init__(self, file: BinaryIO, size: int, start: int) -> None:
        super().__init__(file, size)
        self._start = start
        self.seek(0)

    def seek(self, position: int) -> None:
        """Move to ``position`` of the part."""
        super().seek(position)
        self._file.seek(self._start + position)


def surveys(source: Source, directory: Directory) -> Iterator[tuple[Survey, int]]:
    """Yield what the HDF5 files in a .keras file hold.

    With each comes the byte of the .keras file at which it begins, or -1 where it is packed. Keras
    does not pack them, so what has to be unpacked first is read only when it is small.

    Raises:
        Malformed: One breaks a rule of its format.
        LimitReached: One is packed and large.
    """
    members = [member for member in directory.members if member.name.endswith(_WEIGHTS)]
    for member in members[:_MOST_FILES]:
        with _open(source.only, member) as reader:
            found = survey(reader, f"{source.name}: {member.name}")
        yield found, member.start if member.method == STORED else -1


def weights(source: Source, found: list[tuple[Survey, int]]) -> list[Placed]:
    """Return where the tensors of all of them lie in the .keras file."""
    path = source.only.path
    return [each for own, start in found for each in placed(own, path, start)]


def _open(file: SourceFile, member: Member) -> Reader:
    if member.method != STORED:
        data = read_member(file, member, AT_ONCE)
        return Reader(BytesIO(data), len(data))
    return _Part(file.open(), member.size, member.start)
