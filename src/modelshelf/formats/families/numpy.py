"""NumPy's .npy and .npz: headers read without NumPy, arrays of objects scanned as pickles."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import open_member
from modelshelf.formats.containers.zipped import (
    STORED,
    Member,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.interface import CERTAIN, LIKELY, NAMED, NAMED_CONTAINER, Extent, Placed
from modelshelf.formats.literal import parse_literal
from modelshelf.formats.pickles.scan import PickleScan, scan
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.reading import Readable, Reader, up_to
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.trouble import Cut, Malformed

_MAGIC = b"\x93NUMPY"
_MOST_HEADER = 64 * 1024
_LONG_HEADER = 2  # since version 2.0 the header's length has four bytes
_NEWEST = 3
_CODE = re.compile(r"([<>=|]?)([?biufcmMSUVOaB])(\d{0,9})(\[.*\])?")
_KINDS = {"b": "int", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_TIMES = {"m": "timedelta64", "M": "datetime64"}


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What stands in front of an array's data."""

    version: str
    length: int  # of everything in front of the data
    dtype: str
    shape: tuple[int, ...]
    element: int
    objects: bool
    plain: bool  # little-endian and row-major

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def data(self) -> int:
        """Number of bytes of the data, where it is not a pickle."""
        return self.count * self.element


@dataclass(frozen=True, slots=True)
class Npy:
    """Source of the format: NumPy Enhancement Proposal 1 and numpy.lib.format."""

    name: ClassVar[str] = "npy"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the magic bytes."""
        if head.startswith(_MAGIC):
            return CERTAIN
        return NAMED if source.extension == ".npy" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        file = source.only
        header = _header_of(file)
        found: tuple[Finding, ...] = ()
        finished = True
        if header.objects:
            scanned = _scan_objects(file, header, source.name)
            found, finished = scanned.findings, scanned.finished
        elif header.length + header.data != file.size:
            raise Malformed(
                f"{header.count:,} elements of {header.element} bytes do not fill "
                f"the {file.size - header.length:,} bytes of data"
            )
        return Inspection(
            self.name,
            framework="NumPy",
            parameters=header.count,
            tensors=1,
            metadata={"dtype": header.dtype, "shape": str(list(header.shape))},
            verdict=say.judge(found, finished=finished),
            findings=found,
            version=header.version,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        header = _header_of(source.only)
        if header.objects:
            return Extent()
        expected = header.length + header.data
        return Extent(expected, whole=source.only.size >= expected)

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: the one array, which is called after its file."""
        file = source.only
        header = _header_of(file)
        if not header.objects:
            if header.length + header.data != file.size:
                raise Malformed("the array does not have its declared size")
            name = posixpath.splitext(posixpath.basename(file.path))[0]
            yield _placed(name, header, file, 0 if header.plain else None)


@dataclass(frozen=True, slots=True)
class Npz:
    """A zip of .npy members, as numpy.savez writes it."""

    name: ClassVar[str] = "npz"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip of nothing but arrays."""
        if not is_zip(head):
            return 0
        names = first_names(source.only)
        if names and all(name.endswith(".npy") for name in names):
            return LIKELY
        return NAMED_CONTAINER if not names and source.extension == ".npz" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        file = source.only
        with Reader.of(file) as reader:
            directory = read_directory(reader, source.name)
        found = list(directory.findings)
        headers: dict[str, ArrayHeader] = {}
        finished = True
        for member in directory.members:
            header, scanned = look_into_array(file, member, f"{source.name}: {member.name}")
            headers[member.name.removesuffix(".npy")] = header
            if scanned:
                found += scanned.findings
                finished = finished and scanned.finished
        return Inspection(
            self.name,
            framework="NumPy",
            parameters=sum(header.count for header in headers.values()),
            tensors=len(headers),
            metadata={
                name: f"{header.dtype} {list(header.shape)}" for name, header in headers.items()
            },
            verdict=say.judge(found, finished=finished),
            findings=tuple(found),
            version=max((header.version for header in headers.values()), default=""),
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`: members that are packed lie nowhere plainly."""
        file = source.only
        with Reader.of(file) as reader:
            directory = read_directory(reader, source.name)
        for member in directory.members:
            header = _header_of_member(file, member)
            if not header.objects:
                plain = header.plain and member.method == STORED
                name = member.name.removesuffix(".npy")
                yield _placed(name, header, file, member.start if plain else None)


def _placed(name: str, header: ArrayHeader, file: SourceFile, start: int | None) -> Placed:
    """Return where an array lies whose header begins at ``start``, None when not plainly."""
    begin = -1 if start is None else start + header.length
    return Placed(name, header.dtype, header.shape, file.path, begin, header.data)


def _header_of(file: SourceFile) -> ArrayHeader:
    with file.open() as opened:
        return _read_header(opened)


def _read_header(source: Readable) -> ArrayHeader:
    start = _exactly(source, len(_MAGIC) + 2)
    if not start.startswith(_MAGIC) or not 1 <= start[6] <= _NEWEST or start[7]:
        raise Malformed("this is no version of the NumPy format")
    width = 4 if start[6] >= _LONG_HEADER else 2
    length = int.from_bytes(_exactly(source, width), "little")
    if length > _MOST_HEADER:
        raise Malformed(f"a header of {length:,} bytes, {_MOST_HEADER:,} are read")
    text = _exactly(source, length).decode("latin-1" if start[6] < _NEWEST else "utf-8")
    version = f"{start[6]}.{start[7]}"
    return _described(parse_literal(text), version, len(start) + width + length)


def _described(header: object, version: str, length: int) -> ArrayHeader:
    if not isinstance(header, dict) or header.keys() != {"descr", "fortran_order", "shape"}:
        raise Malformed("the header is not descr, fortran_order and shape")
    shape = header["shape"]
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise Malformed("the shape is not a tuple of whole numbers")
    if math.prod(shape) >= 1 << 63:
        raise Malformed("the array has too many elements")
    descr, scattered = header["descr"], header["fortran_order"]
    if not isinstance(scattered, bool):
        raise Malformed("fortran_order is neither true nor false")
    element, objects = _element(descr)
    # One row or one column is the same in both orders.
    scattered = scattered and sum(size > 1 for size in shape) > 1
    plain = not scattered and not _is_foreign(descr)
    return ArrayHeader(version, length, _dtype(descr), shape, element, objects, plain)


def _is_foreign(descr: object) -> bool:
    """Tell whether an element, or a field of it, is big-endian or in the order of some machine."""
    if isinstance(descr, str):
        return descr[:1] in {">", "="}
    return not isinstance(descr, list) or any(_is_foreign(field[1]) for field in descr)


def _element(descr: object) -> tuple[int, bool]:
    """Return the size of one element and whether it holds Python objects."""
    if isinstance(descr, str):
        return _scalar(descr)
    if isinstance(descr, list):
        parts = [_field(field) for field in descr]
        return sum(size for size, _ in parts), any(objects for _, objects in parts)
    raise Malformed("the element type is not known")


def _field(field: object) -> tuple[int, bool]:
    if not isinstance(field, tuple) or not 2 <= len(field) <= 3:  # noqa: PLR2004 - name, type, shape
        raise Malformed("a field of the element type is not known")
    size, objects = _element(field[1])
    shape = field[2] if len(field) == 3 else ()  # noqa: PLR2004
    sizes = shape if isinstance(shape, tuple) else (shape,)
    if not all(type(n) is int and n >= 0 for n in sizes):
        raise Malformed("the shape of a field is not known")
    return size * math.prod(sizes), objects


def _scalar(code: str) -> tuple[int, bool]:
    match = _CODE.fullmatch(code)
    if match is None:
        raise Malformed(f"the element type {code[:40]!r} is not known")
    kind, size = match[2], int(match[3] or 1)
    if kind == "O":
        return 8, True
    return size * 4 if kind == "U" else size, False


def _dtype(descr: object) -> str:
    match = _CODE.fullmatch(descr) if isinstance(descr, str) else None
    if match is None:
        return str(descr)
    kind, size = match[2], match[3]
    if kind == "O":
        return "object"
    if kind == "?" or (kind, size) == ("b", "1"):
        return "bool"
    if kind in _KINDS and size:
        return f"{_KINDS[kind]}{int(size) * 8}"
    if kind in _TIMES:
        return f"{_TIMES[kind]}{match[4] or ''}"
    return str(descr)


def _exactly(source: Readable, count: int) -> bytes:
    data = up_to(source, count)
    if len(data) != count:
        raise Cut("the array ends inside its header")
    return data


def _scan_objects(file: SourceFile, header: ArrayHeader, where: str) -> PickleScan:
    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with file.open() as opened:
            opened.seek(header.length)
            yield ByteStream(opened, file.size - header.length, seekable=opened)

    return scan(opener, where)


def _header_of_member(file: SourceFile, member: Member) -> ArrayHeader:
    with open_member(file, member) as opened:
        header = _read_header(opened)
    if not header.objects and header.length + header.data != member.size:
        raise Malformed(f"the array {member.name[:200]!r} does not have its declared size")
    return header


def look_into_array(
    file: SourceFile, member: Member, where: str
) -> tuple[ArrayHeader, PickleScan | None]:
    """Return the header of an array in a zip, and the scan of its objects when it holds any."""
    header = _header_of_member(file, member)
    if not header.objects:
        return header, None

    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with open_member(file, member) as opened:
            _read_header(opened)
            yield ByteStream(opened)

    return header, scan(opener, where)
