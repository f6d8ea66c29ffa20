"""The two B-trees of HDF5: entries of old groups, and records of new ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.formats.hdf5.storage import Storage
from modelshelf.formats.trouble import LimitReached, Malformed

_GROUP = 0
_SOFT = 2
_DEEPEST = 64
_MOST_NODES = 200_000
_AROUND = 10  # bytes of a node of version 2 that are no records: signature, type, checksum


@dataclass(frozen=True, slots=True)
class Symbol:
    """One entry of an old group.

    Attributes:
        name: Where its name starts in the group's heap.
        header: Address of its object; None for a soft link.
        soft: Where a soft link's target starts in the heap.
    """

    name: int
    header: int | None
    soft: int | None = None


def symbols(storage: Storage, root: int) -> Iterator[Symbol]:
    """Yield the entries of a group by its tree of version 1, sorted by name."""
    waiting = [(root, _DEEPEST)]
    seen: set[int] = set()
    while waiting:
        address, above = waiting.pop()
        _once(address, seen)
        if storage.read(address, 4) == b"SNOD":
            yield from _entries(storage, address)
            continue
        own = 8 + 2 * storage.offsets
        fields = storage.fields(address, own, b"TREE")
        sort, level, count = fields.number(1), fields.number(1), fields.number(2)
        if sort != _GROUP or level >= above:
            raise Malformed("a tree of a group is not one")
        step = storage.lengths + storage.offsets
        children = storage.fields(address + own, count * step)
        addresses: list[int] = []
        for _ in range(count):
            children.length()
            addresses.append(children.place())
        waiting.extend((child, level) for child in reversed(addresses))


def _entries(storage: Storage, address: int) -> Iterator[Symbol]:
    fields = storage.fields(address, 8, b"SNOD")
    fields.skip(2)
    count = fields.number(2)
    size = 2 * storage.offsets + 24
    fields = storage.fields(address + 8, count * size)
    for _ in range(count):
        storage.step()
        name, header, sort = fields.number(storage.offsets), fields.address(), fields.number(4)
        fields.skip(4)
        scratch = storage.of(fields.take(16))
        soft = scratch.number(4) if sort == _SOFT else None
        yield Symbol(name, header, soft)


@dataclass(frozen=True, slots=True)
class _Level:
    most: int  # records in one node
    total_bytes: int  # of the number of records below it


def records(storage: Storage, address: int) -> Iterator[bytes]:
    """Yield the records of a tree of version 2, in its order."""
    fields = storage.fields(address, 22 + storage.offsets + storage.lengths, b"BTHD")
    fields.skip(2)
    node, record, depth = fields.number(4), fields.number(2), fields.number(2)
    fields.skip(2)
    root, count = fields.address(), fields.number(2)
    if root is None:
        return
    if not record or node < _AROUND + record or depth > _DEEPEST:
        raise Malformed("a tree has sizes that cannot be")
    levels = _levels(storage, node, record, depth)
    count_bytes = bytes_for(levels[0].most)
    waiting = [(root, depth, count)]
    seen: set[int] = set()
    while waiting:
        at, height, held = waiting.pop()
        _once(at, seen)
        if held > levels[height].most:
            raise Malformed("a node of a tree holds more than fits into it")
        fields = storage.fields(at, node, b"BTIN" if height else b"BTLF")
        fields.skip(2)
        for _ in range(held):
            storage.step()
            yield fields.take(record)
        for _ in range(held + 1 if height else 0):
            child, below = fields.place(), fields.number(count_bytes)
            fields.skip(levels[height - 1].total_bytes if height > 1 else 0)
            waiting.append((child, height - 1, below))


def _levels(storage: Storage, node: int, record: int, depth: int) -> list[_Level]:
    most = (node - _AROUND) // record
    levels = [_Level(most, 0)]
    total = most
    count_bytes = bytes_for(most)
    for _ in range(depth):
        pointer = storage.offsets + count_bytes + levels[-1].total_bytes
        most = max(node - _AROUND - pointer, 0) // (record + pointer)
        total = (most + 1) * total + most
        levels.append(_Level(most, bytes_for(total)))
    return levels


def bytes_for(most: int) -> int:
    """Return how many bytes a number takes that may reach ``most``."""
    return (max(most.bit_length(), 1) - 1) // 8 + 1


def _once(address: int, seen: set[int]) -> None:
    if address in seen:
        raise Malformed("a tree leads back to where it was already")
    if len(seen) >= _MOST_NODES:
        raise LimitReached(f"a tree of more than {_MOST_NODES:,} nodes")
    seen.add(address)
