"""What a dataset of HDF5 is, and where its elements lie; they are never read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.hdf5.datatype import read_dataspace, read_datatype
from modelshelf.formats.hdf5.header import Kind, Message, first
from modelshelf.formats.hdf5.heaps import local_heap, name_in
from modelshelf.formats.hdf5.storage import Storage
from modelshelf.formats.trouble import Malformed

_LAYOUTS = ("compact", "contiguous", "chunked", "virtual")
_WITHOUT_SIZE, _NEWEST = 2, 5
_CONTIGUOUS = 1
_MOST_FILES = 1_000
_REGISTERED = 256  # filters from this number on have a name
_WITH_H5PY = 32000
_FILTERS = {
    1: "gzip", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset",
    307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle",
    32013: "zfp", 32015: "zstd", 32026: "blosc2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset.

    Attributes:
        dtype: Type of its elements, see :class:`~modelshelf.formats.hdf5.datatype.Datatype`.
        shape: Sizes; None when it has no element.
        layout: ``compact``, ``contiguous``, ``chunked`` or ``virtual``.
        start: Byte of the file where its elements lie plainly, else -1.
        length: Number of bytes of its elements.
        filters: Names of what its chunks are packed with.
        plugins: Those of the filters that neither HDF5 nor h5py brings itself.
        files: Names of other files that hold its elements.
    """

    dtype: str
    shape: tuple[int, ...] | None
    layout: str
    start: int
    length: int
    filters: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def read_dataset(storage: Storage, messages: list[Message]) -> Dataset:
    """Return the dataset that an object's messages describe."""
    raw_type, raw_space = first(messages, Kind.DATATYPE), first(messages, Kind.DATASPACE)
    if raw_type is None or raw_space is None:
        if storage.unread:
            return Dataset("unknown", None, "", -1, 0)
        raise Malformed("a dataset has no type or no shape")
    datatype = read_datatype(storage.of(raw_type))
    shape = read_dataspace(storage.of(raw_space))
    outside = first(messages, Kind.EXTERNAL)
    files = tuple(_files(storage, outside)) if outside is not None else ()
    layout, address = _layout(storage, first(messages, Kind.LAYOUT) or b"")
    filters = tuple(_filters(storage, first(messages, Kind.FILTERS)))
    length = 0 if shape is None else math.prod(shape) * datatype.size
    plain = datatype.plain and layout == "contiguous" and not filters and not files
    start = storage.base + address if plain and address is not None else -1
    if start >= 0 and start + length > storage.size:
        raise Malformed("a dataset reaches beyond the end of the file")
    return Dataset(
        datatype.name,
        shape,
        layout,
        0 if plain and not length else start,
        length,
        tuple(_FILTERS.get(number, name or f"filter {number}") for number, name in filters),
        tuple(
            f"HDF5 filter {number} ({_FILTERS.get(number, name or '?')})"
            for number, name in filters
            if number >= _REGISTERED and number != _WITH_H5PY
        ),
        files,
    )


def _layout(storage: Storage, data: bytes) -> tuple[str, int | None]:
    """Return the layout and, for a contiguous one, its address."""
    if not data:
        return "contiguous", None
    fields = storage.of(data)
    version = fields.number(1)
    if not 1 <= version <= _NEWEST:
        storage.unread.add(f"data layouts of version {version}")
        return "", None
    fields.skip(1 if version <= _WITHOUT_SIZE else 0)  # number of dimensions
    sort = fields.number(1)
    if sort >= len(_LAYOUTS):
        raise Malformed(f"there is no data layout {sort}")
    fields.skip(5 if version <= _WITHOUT_SIZE else 0)
    return _LAYOUTS[sort], fields.address() if sort == _CONTIGUOUS else None


def _filters(storage: Storage, data: bytes | None) -> Iterator[tuple[int, str]]:
    if data is None:
        return
    fields = storage.of(data)
    version, count = fields.number(1), fields.number(1)
    fields.skip(6 if version == 1 else 0)
    for _ in range(count):
        number = fields.number(2)
        named = version == 1 or number >= _REGISTERED
        size = fields.number(2) if named else 0
        fields.skip(2)
        values = fields.number(2)
        name = fields.take(size).partition(b"\x00")[0].decode("utf-8", "replace")
        fields.skip(4 * (values + (values % 2 if version == 1 else 0)))
        yield number, name


def _files(storage: Storage, data: bytes) -> Iterator[str]:
    fields = storage.of(data)
    fields.skip(4)
    fields.skip(2)
    used = fields.number(2)
    heap = local_heap(storage, fields.place())
    for _ in range(min(used, _MOST_FILES)):
        yield name_in(heap, fields.length())
        fields.skip(2 * storage.lengths)
