"""Links in groups of HDF5, in each of the three ways in which groups keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.hdf5.btree import records, symbols
from modelshelf.formats.hdf5.header import Kind, Message
from modelshelf.formats.hdf5.heaps import FractalHeap, local_heap, name_in
from modelshelf.formats.hdf5.storage import NotRead, Storage
from modelshelf.formats.trouble import Malformed

_TYPED, _ORDERED, _CHARSET, _SIZE_OF_SIZE = 0x08, 0x04, 0x10, 0x03
_HARD, _SOFT, _EXTERNAL = 0, 1, 64
_HASH = 4


@dataclass(frozen=True, slots=True)
class Link:
    """One name in a group.

    Attributes:
        name: The name.
        header: Address of the object it stands for, when that is in the file.
        file: Name of the other file that it leads to.
        target: The path it leads to, for a soft or external link.
    """

    name: str
    header: int | None = None
    file: str = ""
    target: str = ""


def read_links(storage: Storage, messages: list[Message]) -> Iterator[Link]:
    """Yield the links of a group."""
    for message in messages:
        if message.kind == Kind.LINK:
            yield _link(storage, message.data)
        elif message.kind == Kind.SYMBOL_TABLE:
            yield from _old(storage, message.data)
        elif message.kind == Kind.LINK_INFO:
            yield from _many(storage, message.data)


def _old(storage: Storage, data: bytes) -> Iterator[Link]:
    fields = storage.of(data)
    tree, heap_at = fields.place(), fields.place()
    heap = local_heap(storage, heap_at)
    for symbol in symbols(storage, tree):
        name = name_in(heap, symbol.name)
        if symbol.soft is None:
            yield Link(name, symbol.header)
        else:
            yield Link(name, target=name_in(heap, symbol.soft))


def _many(storage: Storage, data: bytes) -> Iterator[Link]:
    fields = storage.of(data)
    fields.skip(1)
    fields.skip(8 if fields.number(1) & 1 else 0)
    heap_at, tree = fields.address(), fields.address()
    if heap_at is None or tree is None:
        return
    heap = FractalHeap(storage, heap_at)
    for record in records(storage, tree):
        found = heap.read(record[_HASH:])
        if found is None:
            raise NotRead("links that are too long for their heap")
        yield _link(storage, found)


def _link(storage: Storage, data: bytes) -> Link:
    fields = storage.of(data)
    version, flags = fields.number(1), fields.number(1)
    if version != 1:
        raise Malformed(f"there is no link of version {version}")
    sort = fields.number(1) if flags & _TYPED else _HARD
    fields.skip((8 if flags & _ORDERED else 0) + (1 if flags & _CHARSET else 0))
    size = fields.number(1 << (flags & _SIZE_OF_SIZE))
    name = fields.take(size).decode("utf-8", "surrogateescape")
    if sort == _HARD:
        return Link(name, fields.place())
    rest = storage.of(fields.take(fields.number(2)))
    if sort == _SOFT:
        return Link(name, target=rest.rest().decode("utf-8", "surrogateescape"))
    if sort == _EXTERNAL:
        rest.skip(1)
        return Link(name, file=rest.text() or "?", target=rest.text())
    storage.unread.add(f"links of the user-defined kind {sort}")
    return Link(name)
