"""The index of a TensorFlow checkpoint: which variables lie where in the files of data.

Source of the format: tensor_bundle.proto and tensor_bundle.cc in tensorflow/core, and the table
format in doc/table_format.md of LevelDB, of which it is one without compression.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from modelshelf.formats.protobuf import Skimmer, Span
from modelshelf.formats.reading import Reader
from modelshelf.formats.savedmodel.types import dtype, shape
from modelshelf.formats.trouble import LimitReached, Malformed

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER, _TRAILER = 48, 5
_MOST_BYTES = 64 * 1024 * 1024
_MOST_ENTRIES = 500_000
_VARINT = 10
_BIG = 1


@dataclass(frozen=True, slots=True)
class Variable:
    """One entry of the index.

    Attributes:
        name: Its key.
        dtype: Of its elements.
        shape: Sizes.
        shard: Number of the file of data.
        start: Its first byte there.
        size: Number of bytes.
        sliced: Whether it is stored in slices under other keys.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    shard: int
    start: int
    size: int
    sliced: bool


@dataclass(frozen=True, slots=True)
class Index:
    """What a checkpoint's index holds.

    Attributes:
        shards: Number of files of data.
        big: Whether numbers are big-endian.
        variables: The variables, sorted by name.
    """

    shards: int
    big: bool
    variables: tuple[Variable, ...]


def read_index(reader: Reader) -> Index:
    """Return the index that a file holds.

    Raises:
        Malformed: It breaks a rule of the format.
        LimitReached: It is compressed, which TensorFlow never does, or too large.
    """
    if reader.size > _MOST_BYTES:
        raise LimitReached(f"an index of {reader.size:,} bytes")
    data = reader.take(reader.size)
    if data[-len(_MAGIC) :] != _MAGIC or len(data) < _FOOTER:
        raise Malformed("the index of the variables does not end as one")
    footer = data[-_FOOTER:]
    at = 0
    for _ in range(2):  # the meta index, which is not used
        _, at = _varint(footer, at)
    shards, big = 1, False
    variables: list[Variable] = []
    left = _MOST_ENTRIES
    for _, handle in _entries(_block(data, footer[at:])):
        for key, value in _entries(_block(data, handle)):
            left -= 1
            if left < 0:
                raise LimitReached(f"more than {_MOST_ENTRIES:,} variables")
            if key:
                variables.append(_variable(key, value))
            else:
                shards, big = _header(value)
    return Index(shards, big, tuple(variables))


def _block(data: bytes, handle: bytes) -> bytes:
    """Return the entries of the block at a place, without its restart points."""
    start, at = _varint(handle, 0)
    size, _ = _varint(handle, at)
    block = data[start : start + size + _TRAILER]
    if len(block) != size + _TRAILER or size < 4:  # noqa: PLR2004 - the number of restart points
        raise Malformed("a block of the index is outside of it")
    if block[size]:
        raise LimitReached("the index of the variables is compressed")
    restarts = int.from_bytes(block[size - 4 : size], "little")
    if restarts > (size - 4) // 4:
        raise Malformed("a block of the index has more restart points than bytes")
    return block[: size - 4 - 4 * restarts]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, key = 0, b""
    while at < len(block):
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        size, at = _varint(block, at)
        if shared > len(key) or own + size > len(block) - at:
            raise Malformed("an entry of the index is longer than its block")
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # noqa: PLR2004 - the top bit says that more follow
            return value, at + place + 1
    raise Malformed("a number in the index does not end")


def _header(value: bytes) -> tuple[int, bool]:
    shards, big = 0, False
    skimmer = Skimmer(Reader(BytesIO(value), len(value)))
    for each in skimmer.fields(skimmer.everything):
        if each.number == 1:
            shards = each.whole
        elif each.number == 2:  # noqa: PLR2004 - endianness
            big = each.whole == _BIG
    return shards, big


def _variable(key: bytes, value: bytes) -> Variable:
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    sizes: tuple[int | None, ...] = ()
    sliced = False
    skimmer = Skimmer(Reader(BytesIO(value), len(value)))
    for each in skimmer.fields(skimmer.everything):
        if each.number in numbers:
            numbers[each.number] = each.whole
        elif each.number == 2 and isinstance(each.value, Span):  # noqa: PLR2004 - shape
            sizes = shape(skimmer, each.value)
        elif each.number == 7:  # noqa: PLR2004 - slices
            sliced = True
    kind, shard, start, size = numbers.values()
    known = tuple(each for each in sizes if each is not None)
    if len(known) != len(sizes) or max((*known, start, size), default=0) >= 1 << 63:
        raise Malformed("a variable in the index has a size that cannot be")
    name = key.decode("utf-8", "surrogateescape")
    return Variable(name, dtype(kind), known, shard, start, size, sliced)
