"""The three heaps of HDF5: names of old groups, texts of any length, and entries of new groups."""

from __future__ import annotations

from dataclasses import dataclass

from modelshelf.formats.hdf5.btree import bytes_for
from modelshelf.formats.hdf5.storage import NotRead, Storage
from modelshelf.formats.trouble import LimitReached, Malformed

_MANAGED, _HUGE, _TINY = 0, 1, 2
_WIDEST_HEAP = 64
_MOST_NAMES = 64 * 1024 * 1024
_LONG_TINY = 18  # heap IDs longer than this give tiny objects two bytes of length
_KEPT = 64


def local_heap(storage: Storage, address: int) -> bytes:
    """Return the data of a local heap: names, each ended by a NUL."""
    fields = storage.fields(address, 8 + 2 * storage.lengths + storage.offsets, b"HEAP")
    fields.skip(4)
    size = fields.length()
    fields.length()
    if size > _MOST_NAMES:
        raise LimitReached(f"{size:,} bytes of names in one group")
    return storage.read(fields.place(), size)


def name_in(heap: bytes, offset: int) -> str:
    """Return the name at ``offset`` of a local heap."""
    end = heap.find(b"\x00", offset)
    if offset >= len(heap) or end < 0:
        raise Malformed("a name is outside the heap of its group")
    return heap[offset:end].decode("utf-8", "surrogateescape")


class GlobalHeap:
    """Texts of any length, kept in collections all over the file."""

    def __init__(self, storage: Storage) -> None:
        """Read from ``storage``."""
        self._storage = storage
        self._known: dict[int, dict[int, tuple[int, int]]] = {}

    def read(self, collection: int, index: int, most: int) -> bytes:
        """Return up to ``most`` bytes of one object of the collection at an address."""
        places = self._known.get(collection)
        if places is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            places = self._known[collection] = self._places(collection)
        if index not in places:
            raise Malformed(f"there is no object {index} in a heap of texts")
        start, size = places[index]
        return self._storage.read(start, min(size, most))

    def _places(self, collection: int) -> dict[int, tuple[int, int]]:
        lengths = self._storage.lengths
        head = self._storage.fields(collection, 8 + lengths, b"GCOL")
        head.skip(4)
        end = collection + head.length()
        at, step = collection + 8 + lengths, 8 + lengths
        places: dict[int, tuple[int, int]] = {}
        while at + step <= end:
            fields = self._storage.fields(at, step)
            index = fields.number(2)
            fields.skip(6)
            size = fields.length()
            if index == 0:
                break  # the free space behind the last object
            if size > end - at - step:
                raise Malformed("a text is longer than the heap it is in")
            places[index] = (at + step, size)
            at += step + (size + 7) // 8 * 8
        return places


@dataclass(frozen=True, slots=True)
class _Shape:
    id_length: int
    width: int  # blocks in a row
    first: int  # bytes of a block in the first two rows
    largest: int  # bytes of the largest block that holds objects
    offset_bytes: int
    length_bytes: int
    root: int | None
    rows: int
    huge: int | None


class FractalHeap:
    """Links or attributes of a group or object with many of them."""

    def __init__(self, storage: Storage, address: int) -> None:
        """Read the heap at ``address``."""
        self._storage = storage
        self._shape = _read_shape(storage, address)
        self._blocks: dict[tuple[int, int], list[int | None]] = {}

    @property
    def huge(self) -> int | None:
        """Address of the tree that tells where objects lie that fit into no block."""
        return self._shape.huge

    def read(self, heap_id: bytes) -> bytes | None:
        """Return an object by its ID; nothing for one that :attr:`huge` leads to."""
        sort = heap_id[0] >> 4 & 3
        fields = self._storage.of(heap_id)
        if sort == _TINY:
            long = self._shape.id_length > _LONG_TINY
            size = fields.number(1) & 15
            return fields.take((size << 8 | fields.number(1) if long else size) + 1)
        fields.skip(1)
        if sort == _HUGE:
            return None
        if sort != _MANAGED:
            raise Malformed("an entry of a heap is of a kind that does not exist")
        offset = fields.number(self._shape.offset_bytes)
        return self._managed(offset, fields.number(self._shape.length_bytes))

    def _managed(self, offset: int, length: int) -> bytes:
        shape = self._shape
        if shape.root is None:
            raise Malformed("an entry is in a heap without blocks")
        if not shape.rows:
            return self._inside(shape.root, 0, shape.first, offset, length)
        block, start, rows = shape.root, 0, shape.rows
        for _ in range(_WIDEST_HEAP):
            row, column, at, size = _cell(shape, offset - start)
            child = self._child(block, rows, row * shape.width + column)
            if size <= shape.largest:
                return self._inside(child, start + at, size, offset, length)
            block, start, rows = child, start + at, _rows(shape, size)
        raise Malformed("blocks of a heap are nested without end")

    def _inside(self, block: int, start: int, size: int, offset: int, length: int) -> bytes:
        if length > size - (offset - start):
            raise Malformed("an entry is longer than its block of the heap")
        return self._storage.read(block + offset - start, length)

    def _child(self, block: int, rows: int, index: int) -> int:
        if (block, rows) not in self._blocks:
            self._blocks[block, rows] = self._children(block, rows)
        children = self._blocks[block, rows]
        child = children[index] if index < len(children) else None
        if child is None:
            raise Malformed("an entry is in a block of a heap that is not there")
        return child

    def _children(self, block: int, rows: int) -> list[int | None]:
        shape, offsets = self._shape, self._storage.offsets
        before = 5 + offsets + shape.offset_bytes
        fields = self._storage.fields(block, before + rows * shape.width * offsets, b"FHIB")
        fields.skip(before - 4)
        return [fields.address() for _ in range(rows * shape.width)]


def _cell(shape: _Shape, offset: int) -> tuple[int, int, int, int]:
    """Return row, column, start and size of the block of a doubling table that holds a byte."""
    span = shape.first * shape.width
    row, start, size = 0, 0, shape.first
    if offset >= span:
        row = (offset // span).bit_length()
        start, size = span << row - 1, shape.first << row - 1
    column = (offset - start) // size
    return row, column, start + column * size, size


def _rows(shape: _Shape, size: int) -> int:
    """Return how many rows a block of blocks has that stands for ``size`` bytes."""
    return size.bit_length() - (shape.first * shape.width).bit_length() + 1


def _read_shape(storage: Storage, address: int) -> _Shape:
    size = 26 + 12 * storage.lengths + 3 * storage.offsets
    fields = storage.fields(address, size, b"FRHP")
    fields.skip(1)
    id_length, filters, _, most = (fields.number(size) for size in (2, 2, 1, 4))
    if filters:
        raise NotRead("heaps that are compressed")
    fields.length()
    huge = fields.address()
    fields.length()
    fields.address()
    for _ in range(8):
        fields.length()
    width, first, largest = fields.number(2), fields.length(), fields.length()
    bits = fields.number(2)
    fields.skip(2)
    root, rows = fields.address(), fields.number(2)
    _check_shape(width, first, largest, bits)
    return _Shape(
        id_length=id_length,
        width=width,
        first=first,
        largest=largest,
        offset_bytes=(bits + 7) // 8,
        length_bytes=min((largest.bit_length() + 6) // 8, bytes_for(most)),
        root=root,
        rows=rows,
        huge=huge,
    )


def _check_shape(width: int, first: int, largest: int, bits: int) -> None:
    powers = all(size > 0 and size.bit_count() == 1 for size in (width, first, largest))
    if not powers or first > largest or bits > _WIDEST_HEAP:
        raise Malformed("the blocks of a heap have sizes that cannot be")
