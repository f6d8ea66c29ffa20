"""Reads a zip file's directory under rules that leave no room for two readings.

Source: PKWARE APPNOTE 6.3.10. Refused are: bytes in front or behind, members that overlap, occur
twice, are encrypted, lie about their names or sizes, or have names that leave the archive.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

LOCAL_MAGIC = b"PK\x03\x04"
END_MAGIC = b"PK\x05\x06"
STORED, DEFLATED = 0, 8

_MOST_MEMBERS = 10_000
_SNIFFED = 256 * 1024
_MOST_DIRECTORY = 8 * 1024 * 1024
_BOMB_SIZE, _BOMB_RATIO = 64 * 1024 * 1024, 50
_DESCRIPTOR = 24  # the longest data descriptor behind a member
_ENCRYPTED, _HAS_DESCRIPTOR, _UTF8 = 0x0001 | 0x0040 | 0x2000, 0x0008, 0x0800
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_LINK, _TYPE_MASK = 0xA000, 0xF000

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a zip.

    Attributes:
        name: Its path in the archive.
        method: Compression method; 0 is stored, 8 deflated.
        crc: CRC-32 of the unpacked bytes.
        packed: Length in the archive.
        size: Length unpacked.
        start: Byte of the archive where the packed data starts.
    """

    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class Directory:
    """What a zip's directory says.

    Attributes:
        members: The files, folders left out, in the order of the directory.
        findings: Oddities that do not make it unreadable.
    """

    members: tuple[Member, ...]
    findings: tuple[Finding, ...]

    def get(self, name: str) -> Member | None:
        """Return the member called ``name``, or nothing."""
        return next((member for member in self.members if member.name == name), None)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int


@dataclass(frozen=True, slots=True)
class _End:
    count: int
    size: int
    offset: int
    start: int  # byte where the end records begin, which is where the directory must end


def is_zip(head: bytes) -> bool:
    """Tell whether a file begins as a zip does."""
    return head.startswith((LOCAL_MAGIC, END_MAGIC))


def first_names(file: SourceFile, most: int = 300) -> tuple[str, ...]:
    """Return the first names in the directory, without most of the checks; for sniffing.

    There are none where the directory cannot be read.
    """
    with Reader.of(file) as reader:
        try:
            end = _find_end(reader)
            reader.seek(end.offset)
            data = reader.take(min(end.size, _SNIFFED))
        except Malformed:
            return ()
    names: list[str] = []
    at = 0
    while at + _CENTRAL.size <= len(data) and len(names) < most:
        length, extra, comment = _CENTRAL.unpack_from(data, at)[10:13]
        at += _CENTRAL.size
        names.append(data[at : at + length].decode("utf-8", "replace"))
        at += length + extra + comment
    return tuple(names)


def is_finished(file: SourceFile) -> bool | None:
    """Tell whether a zip ends as zips end; None when it ends in some other way than by a cut."""
    with Reader.of(file) as reader:
        try:
            _find_end(reader)
        except Malformed:
            reader.seek(0)
            begins = is_zip(reader.peek(len(LOCAL_MAGIC)))
            return False if begins and END_MAGIC not in _tail(reader) else None
    return True


def read_directory(reader: Reader, where: str) -> Directory:
    """Return the members of a zip.

    Raises:
        Malformed: A rule is broken.
        LimitReached: There are more than 10,000 members.
    """
    end = _find_end(reader)
    if end.count > _MOST_MEMBERS or end.size > _MOST_DIRECTORY:
        raise LimitReached(f"{end.count:,} members, {_MOST_MEMBERS:,} are looked at")
    if end.offset + end.size != end.start:
        raise Malformed("bytes stand in front of the zip or behind its directory")
    reader.seek(end.offset)
    entries = _entries(reader.take(end.size), end.count)
    _check_names(entries)
    members = [_located(reader, entry) for entry in entries]
    findings = _check_layout(entries, members, end.offset, where)
    _check_growth(members, reader.size)
    files = tuple(member for member in members if not member.name.endswith("/"))
    return Directory(files, tuple(findings))


def _tail(reader: Reader) -> bytes:
    size = min(reader.size, _END.size + _FULL16)
    reader.seek(reader.size - size)
    return reader.take(size)


def _find_end(reader: Reader) -> _End:
    tail = _tail(reader)
    tail_size = len(tail)
    tail_start = reader.size - tail_size
    fitting: list[int] = []
    at = tail.find(END_MAGIC)
    while at >= 0:
        if at + _END.size <= tail_size:
            comment = _END.unpack_from(tail, at)[7]
            if at + _END.size + comment == tail_size:
                fitting.append(at)
        at = tail.find(END_MAGIC, at + 1)
    if len(fitting) != 1:
        detail = "ends without its directory" if not fitting else "has two directories"
        raise Malformed(f"the zip {detail}")
    start = tail_start + fitting[0]
    fields = _END.unpack_from(tail, fitting[0])
    _, disk, first_disk, here, count, size, offset, _ = fields
    full = _FULL16 in {here, count} or _FULL32 in {size, offset}
    wide = _find_end64(reader, start)
    if full and wide:
        return wide
    if full or disk or first_disk or here != count:
        raise Malformed("the zip is a part of several, or its zip64 directory is missing")
    if wide and (wide.count, wide.size, wide.offset) != (count, size, offset):
        raise Malformed("the zip has two directories")
    # PyTorch writes both kinds of end records even for small files.
    return wide or _End(count, size, offset, start)


def _find_end64(reader: Reader, end: int) -> _End | None:
    if end < _LOCATOR.size + _END64.size:
        return None
    reader.seek(end - _LOCATOR.size)
    magic, _, start, disks = _LOCATOR.unpack(reader.take(_LOCATOR.size))
    if magic != b"PK\x06\x07":
        return None
    if disks != 1:
        raise Malformed("the zip is a part of several")
    reader.seek(start)
    fields = _END64.unpack(reader.take(_END64.size))
    magic, record, _, _, disk, first_disk, here, count, size, offset = fields
    if magic != b"PK\x06\x06" or start + 12 + record != end - _LOCATOR.size:
        raise Malformed("the zip64 directory is not where it should be")
    if disk or first_disk or here != count:
        raise Malformed("the zip is a part of several")
    return _End(count, size, offset, start)


def _entries(data: bytes, count: int) -> list[_Entry]:
    entries: list[_Entry] = []
    at = 0
    while at < len(data):
        fields = _CENTRAL.unpack_from(data, at)
        magic, _, _, flags, method, _, _, crc, packed, size = fields[:10]
        name_length, extra_length, comment_length, disk, _, mode, offset = fields[10:]
        at += _CENTRAL.size
        raw_name = data[at : at + name_length]
        extra = data[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment_length
        if magic != b"PK\x01\x02" or disk not in {0, _FULL16} or at > len(data):
            raise Malformed("the directory of the zip is broken")
        size, packed, offset = _widened(extra, size, packed, offset)
        name = raw_name.decode("utf-8" if flags & _UTF8 else "cp437")
        entries.append(_Entry(name, raw_name, flags, method, crc, packed, size, mode >> 16, offset))
    if len(entries) != count:
        raise Malformed(f"the directory of the zip has {len(entries):,} members, not {count:,}")
    return entries


def _widened(extra: bytes, *values: int) -> tuple[int, ...]:
    """Replace full 32-bit fields by those of the zip64 extra field, in their fixed order."""
    if _FULL32 not in values:
        return values
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            whole = min(length, len(extra) - at - 4) // 8 * 8
            wide = [value for (value,) in struct.iter_unpack("<Q", extra[at + 4 : at + 4 + whole])]
            if len(wide) < values.count(_FULL32):
                raise Malformed("a zip64 size is missing")
            return tuple(wide.pop(0) if value == _FULL32 else value for value in values)
        at += 4 + length
    return values


def _check_names(entries: list[_Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            raise Malformed(f"the member {entry.name[:200]!r} occurs twice")
        seen.add(entry.name)
        if leaves_folder(entry.name):
            raise Malformed(f"the member {entry.name[:200]!r} leaves the archive", rule="zip.path")
        if entry.flags & _ENCRYPTED:
            raise Malformed(f"the member {entry.name[:200]!r} is encrypted", rule="zip.encrypted")
        if entry.mode & _TYPE_MASK == _LINK:
            raise Malformed(f"the member {entry.name[:200]!r} is a link", rule="zip.link")


def _located(reader: Reader, entry: _Entry) -> Member:
    reader.seek(entry.offset)
    fields = _LOCAL.unpack(reader.take(_LOCAL.size))
    magic, _, flags, method, _, _, crc, packed, size, name_length, extra_length = fields
    name = reader.take(name_length)
    same = (name, method, flags & _ENCRYPTED) == (entry.raw_name, entry.method, 0)
    if magic != LOCAL_MAGIC or not same:
        raise Malformed(f"the member {entry.name[:200]!r} is described in two ways")
    later = flags & _HAS_DESCRIPTOR or _FULL32 in {packed, size}
    if not later and (crc, packed, size) != (entry.crc, entry.packed, entry.size):
        raise Malformed(f"the member {entry.name[:200]!r} has two sizes")
    if entry.method == STORED and entry.packed != entry.size:
        raise Malformed(f"the stored member {entry.name[:200]!r} has two sizes")
    start = reader.position + extra_length
    return Member(entry.name, entry.method, entry.crc, entry.packed, entry.size, start)


def _check_layout(
    entries: list[_Entry], members: list[Member], end: int, where: str
) -> list[Finding]:
    places = sorted(
        (entry.offset, member.start + member.packed, bool(entry.flags & _HAS_DESCRIPTOR))
        for entry, member in zip(entries, members, strict=True)
    )
    previous, slack = 0, 0
    gaps = 0
    for start, stop, described in [*places, (end, end, False)]:
        if start < previous:
            raise Malformed("two members of the zip overlap")
        if start and not previous:
            raise Malformed("bytes stand in front of the zip")
        gaps += start - previous > slack
        previous, slack = stop, _DESCRIPTOR if described else 0
    if not gaps:
        return []
    return [say.warning("zip.gap", where, f"{gaps:,} gaps between members hold bytes of no member")]


def _check_growth(members: list[Member], archive: int) -> None:
    total = sum(member.size for member in members)
    if total > _BOMB_SIZE and total > archive * _BOMB_RATIO:
        raise Malformed(f"{archive:,} bytes would grow to {total:,}", rule="zip.bomb")
