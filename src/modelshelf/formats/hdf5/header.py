"""Object headers of HDF5: the messages that describe a group, a dataset or a named type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from modelshelf.formats.hdf5.storage import Fields, Storage
from modelshelf.formats.trouble import LimitReached, Malformed

_SHARED = 0x02
_TIMES, _PHASES, _ORDERED, _SIZE_OF_SIZE = 0x20, 0x10, 0x04, 0x03
_CHECKSUM = 4
_MOST_BLOCKS, _MOST_MESSAGES = 10_000, 200_000
_COMMITTED, _IN_HEAP = 2, 1
_WITH_HEAPS = 3  # the version of a shared message in which there are heaps of messages
_FIRST_BLOCK = 16


class Kind(IntEnum):
    """The messages that are looked into."""

    DATASPACE = 0x01
    LINK_INFO = 0x02
    DATATYPE = 0x03
    LINK = 0x06
    EXTERNAL = 0x07
    LAYOUT = 0x08
    FILTERS = 0x0B
    ATTRIBUTE = 0x0C
    CONTINUATION = 0x10
    SYMBOL_TABLE = 0x11
    ATTRIBUTE_INFO = 0x15


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an object header.

    Attributes:
        kind: Its type, of which :class:`Kind` names the interesting ones.
        shared: Whether it only says where the message is.
        data: Its bytes.
    """

    kind: int
    shared: bool
    data: bytes


def read_messages(storage: Storage, address: int) -> list[Message]:
    """Return the messages of the object at ``address``, those of other shared places resolved."""
    found: list[Message] = []
    for message in _raw(storage, address):
        whole = resolved(storage, message) if message.shared else message
        if whole is not None:
            found.append(whole)
        if len(found) > _MOST_MESSAGES:
            raise LimitReached(f"an object header of more than {_MOST_MESSAGES:,} messages")
    return found


def resolved(storage: Storage, message: Message) -> Message | None:
    """Return the message that a shared one points at; nothing when that place is not read."""
    fields = storage.of(message.data)
    version, sort = fields.number(1), fields.number(1)
    if version >= _WITH_HEAPS and sort == _IN_HEAP:
        storage.unread.add("messages in a shared heap")
        return None
    if version == 1:
        fields.skip(6)
    for each in _raw(storage, fields.place()):
        if each.kind == message.kind and not each.shared:
            return each
    raise Malformed("a shared message is not where it should be")


def first(messages: list[Message], kind: Kind) -> bytes | None:
    """Return the bytes of the first message of a kind, or nothing."""
    return next((message.data for message in messages if message.kind == kind), None)


def _raw(storage: Storage, address: int) -> Iterator[Message]:
    prefix = storage.read(address, 5)
    if prefix[:4] == b"OHDR":
        yield from _newer(storage, address, prefix[4])
    elif prefix[0] == 1:
        yield from _older(storage, address)
    else:
        raise Malformed(f"there is no object at byte {storage.base + address:,}")


def _older(storage: Storage, address: int) -> Iterator[Message]:
    fields = storage.fields(address, 12)
    fields.skip(2)
    count = fields.number(2)
    fields.skip(4)
    blocks = [(address + _FIRST_BLOCK, fields.number(4))]
    seen: set[int] = set()
    while blocks and count:
        start, size = _next(blocks, seen)
        block = storage.fields(start, size)
        while block.left >= 8 and count:  # noqa: PLR2004 - a message's own header
            count -= 1
            storage.step()
            kind, length, flags = block.number(2), block.number(2), block.number(1)
            block.skip(3)
            message = Message(kind, bool(flags & _SHARED), block.take(length))
            yield from _passed_on(storage, message, blocks)


def _newer(storage: Storage, address: int, version: int) -> Iterator[Message]:
    if version != 2:  # noqa: PLR2004 - the only one there is
        raise Malformed(f"there is no object header of version {version}")
    flags = storage.read(address + 5, 1)[0]
    before = 6 + (16 if flags & _TIMES else 0) + (4 if flags & _PHASES else 0)
    width = 1 << (flags & _SIZE_OF_SIZE)
    size = storage.fields(address + before, width).number(width)
    # From here on the first block looks as the later ones do behind their signatures.
    blocks = [(address + before + width - 4, size + 4 + _CHECKSUM)]
    seen: set[int] = set()
    while blocks:
        start, size = _next(blocks, seen)
        block = storage.fields(start, size, b"" if len(seen) == 1 else b"OCHK")
        block.at = 4
        yield from _of_block(storage, block, blocks, ordered=bool(flags & _ORDERED))


def _of_block(
    storage: Storage, block: Fields, blocks: list[tuple[int, int]], *, ordered: bool
) -> Iterator[Message]:
    own = 6 if ordered else 4
    while block.left >= own + _CHECKSUM:
        storage.step()
        kind, length, flags = block.number(1), block.number(2), block.number(1)
        block.skip(2 if ordered else 0)
        message = Message(kind, bool(flags & _SHARED), block.take(length))
        yield from _passed_on(storage, message, blocks)


def _passed_on(
    storage: Storage, message: Message, blocks: list[tuple[int, int]]
) -> Iterator[Message]:
    if message.kind == Kind.CONTINUATION:
        fields = storage.of(message.data)
        blocks.append((fields.place(), fields.length()))
    elif message.kind:
        yield message


def _next(blocks: list[tuple[int, int]], seen: set[int]) -> tuple[int, int]:
    start, size = blocks.pop(0)
    if start in seen:
        raise Malformed("an object header goes on where it was already")
    if len(seen) >= _MOST_BLOCKS:
        raise LimitReached(f"an object header of more than {_MOST_BLOCKS:,} pieces")
    seen.add(start)
    return start, size
