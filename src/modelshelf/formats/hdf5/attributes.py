"""Attributes of HDF5 objects: their names, types, and values as far as they are short."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.hdf5.btree import records
from modelshelf.formats.hdf5.datatype import Datatype, read_dataspace, read_datatype
from modelshelf.formats.hdf5.header import Kind, Message, resolved
from modelshelf.formats.hdf5.heaps import FractalHeap, GlobalHeap
from modelshelf.formats.hdf5.storage import NotRead, Storage
from modelshelf.formats.trouble import Malformed

_NEWEST = 3
_TYPE_SHARED, _SPACE_SHARED = 1, 2
_MOST_VALUES = 10_000
_MOST_ATTRIBUTES = 50_000
_FORMATS = {"float16": "e", "float32": "f", "float64": "d"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named value of an object.

    Attributes:
        name: Its name.
        datatype: Of its elements.
        shape: Sizes; None when it holds nothing.
        data: Its bytes, texts of any length only as places in the global heap.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...] | None
    data: bytes

    def values(self, storage: Storage, heap: GlobalHeap, most: int) -> list[str | int | float]:
        """Return its elements, as far as they are texts of up to ``most`` bytes or numbers.

        Raises:
            Malformed: There are fewer bytes than elements.
        """
        size = self.datatype.size
        count = 0 if self.shape is None else min(math.prod(self.shape), _MOST_VALUES)
        if count * size > len(self.data):
            raise Malformed(f"the attribute {self.name[:200]!r} is shorter than its shape")
        parts = (self.data[at : at + size] for at in range(0, count * size, size or 1))
        if self.datatype.text and self.datatype.variable:
            return [_long_text(storage, heap, part, most) for part in parts]
        if self.datatype.text:
            return [_as_text(part[:most]) for part in parts]
        if not self.datatype.number:
            return []
        return [_number(part, self.datatype) for part in parts]


def read_attributes(storage: Storage, messages: list[Message]) -> Iterator[Attribute]:
    """Yield the attributes of an object, from its header and from the heap it may have."""
    for message in messages:
        try:
            if message.kind == Kind.ATTRIBUTE:
                yield read_attribute(storage, message.data)
            elif message.kind == Kind.ATTRIBUTE_INFO:
                yield from _many(storage, message.data)
        except NotRead as error:
            storage.unread.add(error.detail)


def read_attribute(storage: Storage, data: bytes) -> Attribute:
    """Return the attribute that a message holds."""
    fields = storage.of(data)
    version, flags = fields.number(1), fields.number(1)
    if not 1 <= version <= _NEWEST:
        raise Malformed(f"there is no attribute of version {version}")
    flags = flags if version > 1 else 0
    name_size, type_size, space_size = (fields.number(2) for _ in range(3))
    fields.skip(1 if version == _NEWEST else 0)
    unit = 8 if version == 1 else 1
    parts: list[bytes] = []
    for size in (name_size, type_size, space_size):
        start = fields.at
        parts.append(fields.take(size))
        fields.align(start, unit)
    raw_type = _own(storage, Kind.DATATYPE, parts[1], shared=bool(flags & _TYPE_SHARED))
    raw_space = _own(storage, Kind.DATASPACE, parts[2], shared=bool(flags & _SPACE_SHARED))
    return Attribute(
        parts[0].rstrip(b"\x00").decode("utf-8", "surrogateescape"),
        read_datatype(storage.of(raw_type)),
        read_dataspace(storage.of(raw_space)),
        fields.rest(),
    )


def _own(storage: Storage, kind: Kind, data: bytes, *, shared: bool) -> bytes:
    if not shared:
        return data
    message = resolved(storage, Message(kind, shared, data))
    if message is None:
        raise NotRead("attributes whose type is in a shared heap")
    return message.data


def _many(storage: Storage, data: bytes) -> Iterator[Attribute]:
    fields = storage.of(data)
    fields.skip(1)
    fields.skip(2 if fields.number(1) & 1 else 0)
    heap_at, tree = fields.address(), fields.address()
    if heap_at is None or tree is None:
        return
    heap = FractalHeap(storage, heap_at)
    huge = _huge(storage, heap) if heap.huge is not None else {}
    for count, record in enumerate(records(storage, tree)):
        if count >= _MOST_ATTRIBUTES:
            raise NotRead(f"more than {_MOST_ATTRIBUTES:,} attributes of one object")
        found = heap.read(record[:8])
        if found is None:
            number = int.from_bytes(record[1:8], "little")
            if number not in huge:
                raise Malformed("an attribute is not where its object says")
            found = storage.read(*huge[number])
        if record[8] & 2:
            raise NotRead("attributes in a shared heap")
        yield read_attribute(storage, found)


def _huge(storage: Storage, heap: FractalHeap) -> dict[int, tuple[int, int]]:
    places: dict[int, tuple[int, int]] = {}
    for record in records(storage, heap.huge or 0):
        fields = storage.of(record)
        address, length = fields.place(), fields.length()
        places[fields.length()] = (address, length)
    return places


def _long_text(storage: Storage, heap: GlobalHeap, part: bytes, most: int) -> str:
    fields = storage.of(part)
    size, collection, index = fields.number(4), fields.address(), fields.number(4)
    if collection is None or not size or not collection:
        return ""
    return _as_text(heap.read(collection, index, min(size, most)))


def _as_text(data: bytes) -> str:
    return data.partition(b"\x00")[0].decode("utf-8", "replace")


def _number(part: bytes, datatype: Datatype) -> int | float:
    if datatype.number != "float":
        signed = datatype.number == "int"
        return int.from_bytes(part, "big" if datatype.big else "little", signed=signed)
    form = _FORMATS.get(datatype.name)
    if form is None:
        return math.nan
    value: float = struct.unpack((">" if datatype.big else "<") + form, part)[0]
    return value
