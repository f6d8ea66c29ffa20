"""The unpacked bytes of one zip member, checked against its length and CRC-32."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from modelshelf.formats.containers.compressed import raw_deflate
from modelshelf.formats.containers.zipped import DEFLATED, STORED, Member
from modelshelf.formats.reading import up_to
from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_CHUNK = 64 * 1024


class MemberBytes:
    """Reads one member from front to back."""

    def __init__(self, file: BinaryIO, member: Member) -> None:
        """Read ``member`` from the archive ``file``."""
        if member.method not in {STORED, DEFLATED}:
            raise LimitReached(
                f"the member {member.name[:200]!r} is packed by method {member.method}, "
                "which is not read"
            )
        self._file = file
        self._member = member
        self._packed_left = member.packed
        self._left = member.size
        self._crc = 0
        self._inflate = raw_deflate() if member.method == DEFLATED else None
        file.seek(member.start)

    def read(self, most: int, /) -> bytes:
        """Return up to ``most`` bytes; none at the end.

        Raises:
            Malformed: The member is longer, shorter or other than the directory says.
        """
        # One more byte than is left shows a member that unpacks to more than it declares.
        data = self._some(min(most, self._left + 1)) if most > 0 else b""
        if len(data) > self._left:
            raise Malformed(f"the member {self._member.name[:200]!r} is longer than declared")
        self._crc = zlib.crc32(data, self._crc)
        self._left -= len(data)
        if not data and most > 0:
            if self._left or self._packed_left or (self._inflate and self._inflate.unused_data):
                raise Malformed(f"the member {self._member.name[:200]!r} has other bytes or sizes")
            if self._crc != self._member.crc:
                raise Malformed(
                    f"the member {self._member.name[:200]!r} does not have its CRC-32",
                    rule="zip.crc",
                )
        return data

    def _some(self, most: int) -> bytes:
        if self._inflate is None:
            return self._fetch(most)
        waiting = b""
        while not self._inflate.eof:
            data = self._inflate.decompress(waiting, most)
            if data:
                return data
            waiting = self._fetch(_CHUNK)
            if not waiting and not self._inflate.eof:
                break
        return b""

    def _fetch(self, most: int) -> bytes:
        data = self._file.read(min(most, self._packed_left))
        self._packed_left -= len(data)
        return data


@contextmanager
def open_member(file: SourceFile, member: Member) -> Iterator[MemberBytes]:
    """Open a member of the zip ``file``."""
    with file.open() as opened:
        yield MemberBytes(opened, member)


def read_member(file: SourceFile, member: Member, most: int) -> bytes:
    """Return all bytes of a member of at most ``most`` bytes, CRC-32 checked."""
    if member.size > most:
        raise LimitReached(f"the member {member.name[:200]!r} has more than {most:,} bytes")
    with open_member(file, member) as opened:
        return up_to(opened, member.size + 1)  # one more, so that the CRC-32 is compared
