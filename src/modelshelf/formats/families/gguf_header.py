"""Reads the header of a GGUF file, where every count and length is checked before it is believed.

Source of the format: ggml's docs/gguf.md. The rules are those whose absence was CVE-2024-21802,
CVE-2025-53630, CVE-2026-27940 and CVE-2026-7482 in other readers.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from modelshelf.formats.families.gguf_types import TENSOR_TYPES
from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

MAGIC = b"GGUF"
_VERSIONS = frozenset({2, 3})
_MOST_COUNT = 1_000_000
_MOST_PAIRS, _MOST_TENSORS = 10_000, 100_000  # more than any model that exists has
_SMALLEST_PAIR, _SMALLEST_TENSOR = 8 + 4 + 1, 8 + 4 + 4 + 8
_LONGEST_NAME = 65_535
_MOST_STEPS = 5_000_000
_MOST_DIMENSIONS = 4
_SHOWN, _SHOWN_VALUES = 2_000, 32
_DEFAULT_ALIGNMENT, _LARGEST_ALIGNMENT = 32, 1 << 20
_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: struct.Struct("<B"), 1: struct.Struct("<b"), 2: struct.Struct("<H"),
    3: struct.Struct("<h"), 4: struct.Struct("<I"), 5: struct.Struct("<i"),
    6: struct.Struct("<f"), 7: struct.Struct("<?"), 10: struct.Struct("<Q"),
    11: struct.Struct("<q"), 12: struct.Struct("<d"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the tensor list.

    Attributes:
        name: Its name.
        shape: Sizes as NumPy counts them, which is the file's order reversed.
        kind: Number of its type.
        elements: Number of weights.
        offset: First byte, counted from the start of the data.
        length: Number of bytes; None when the type is not known.
    """

    name: str
    shape: tuple[int, ...]
    kind: int
    elements: int
    offset: int
    length: int | None


@dataclass(slots=True)
class Contents:
    """What the header says.

    Attributes:
        version: Of the format.
        pairs: Key to number, text or, for an array, what to say about it.
        tensors: In the order of the list.
        data_start: Where the data begins in the file.
    """

    version: int
    pairs: dict[str, object] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)
    data_start: int = 0

    @property
    def alignment(self) -> int:
        """The boundary at which the data of each tensor starts."""
        value = self.pairs.get("general.alignment", _DEFAULT_ALIGNMENT)
        if type(value) is not int or value & (value - 1) or not 0 < value <= _LARGEST_ALIGNMENT:
            raise Malformed("the alignment is not a power of two")
        return value

    @property
    def end(self) -> int:
        """Where the last tensor ends in the file, as far as types are known."""
        ends = (tensor.offset + (tensor.length or 0) for tensor in self.tensors)
        return self.data_start + max(ends, default=0)

    def text(self, key: str) -> str:
        """Return the text of a key, or an empty one."""
        value = self.pairs.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int | None:
        """Return the whole number of a key, or nothing."""
        value = self.pairs.get(key)
        return value if type(value) is int else None


def read(reader: Reader) -> Contents:
    """Return what the header says; its tensors may still reach over the end of the file.

    Raises:
        Malformed: A rule of the format is broken.
        LimitReached: It has more than any model needs, or is big-endian.
    """
    if reader.take(4) != MAGIC:
        raise Malformed("the file does not begin with GGUF")
    version = reader.take(4)
    if int.from_bytes(version, "big") in _VERSIONS:
        raise LimitReached("the file is big-endian, which is not read")
    contents = Contents(int.from_bytes(version, "little"))
    if contents.version not in _VERSIONS:
        raise Malformed(f"version {contents.version} is not one that is read")
    tensors = _count(reader, _MOST_TENSORS, _SMALLEST_TENSOR)
    pairs = _count(reader, _MOST_PAIRS, _SMALLEST_PAIR)
    steps = _Steps()
    for _ in range(pairs):
        key = _text(reader, _LONGEST_NAME)
        if key in contents.pairs:
            raise Malformed(f"the key {key[:200]!r} occurs twice")
        contents.pairs[key] = _value(reader, steps)
    _read_tensors(reader, contents, tensors, steps)
    return contents


def check_places(contents: Contents, size: int) -> None:
    """Raise :class:`Malformed` when tensors overlap or reach over the end of the file."""
    reached = 0
    places = sorted(contents.tensors, key=lambda tensor: (tensor.offset, tensor.length or 0))
    for tensor in places:
        if tensor.length is None:
            continue
        if tensor.offset < reached:
            raise Malformed(f"the tensor {tensor.name[:200]!r} overlaps another")
        reached = tensor.offset + tensor.length
    if contents.end > size:
        raise Malformed("tensors reach over the end of the file")


def _count(reader: Reader, most: int, smallest: int) -> int:
    count = reader.u64()
    if count > _MOST_COUNT:
        raise Malformed(f"a count of {count:,} does not fit into any file")
    if count * smallest > reader.remaining:
        raise Cut(f"a count of {count:,} does not fit into the file")
    if count > most:
        raise LimitReached(f"a count of {count:,}, {most:,} are read")
    return count


class _Steps:
    """Counts small things, of which a header may have only so many."""

    def __init__(self) -> None:
        self._left = _MOST_STEPS

    def take(self, count: int) -> None:
        """Use up ``count`` of them."""
        self._left -= count
        if self._left < 0:
            raise LimitReached(f"more than {_MOST_STEPS:,} values in the header")


def _text(reader: Reader, most: int) -> str:
    length = reader.u64()
    if length > most:
        raise Malformed(f"a name of {length:,} bytes")
    return reader.take(length).decode()


def _long_text(reader: Reader) -> str:
    length = reader.u64()
    if length > reader.remaining:
        raise Cut(f"a text of {length:,} bytes, {reader.remaining:,} are there")
    shown = reader.take(min(length, _SHOWN))
    reader.skip(length - len(shown))
    return shown.decode("utf-8", "replace")


def _value(reader: Reader, steps: _Steps) -> object:
    kind = reader.u32()
    steps.take(1)
    if kind in _SCALARS:
        return _scalar(reader, kind)
    if kind == _STRING:
        return _long_text(reader)
    if kind == _ARRAY:
        return _array(reader, steps)
    raise Malformed(f"there is no value type {kind}")


def _scalar(reader: Reader, kind: int) -> object:
    scalar = _SCALARS[kind]
    value: object = scalar.unpack(reader.take(scalar.size))[0]
    return value


def _array(reader: Reader, steps: _Steps) -> str:
    """Return what to say about an array: its values when they are few; none may be an array."""
    kind, count = reader.u32(), reader.u64()
    if kind != _STRING and kind not in _SCALARS:
        raise Malformed(f"an array of values of type {kind}")
    least = 8 if kind == _STRING else _SCALARS[kind].size
    if count * least > reader.remaining:
        raise Cut(f"an array of {count:,} values does not fit into the file")
    if count <= _SHOWN_VALUES:
        steps.take(count)
        one = _long_text if kind == _STRING else lambda reader: _scalar(reader, kind)
        return ", ".join(shown(one(reader)) for _ in range(count))[:_SHOWN]
    if kind == _STRING:
        steps.take(count)
        for _ in range(count):
            reader.skip(reader.u64())
    else:
        reader.skip(count * least)
    return f"{count:,} values"


def shown(value: object) -> str:
    """Return a value of the header as a text."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read_tensors(reader: Reader, contents: Contents, count: int, steps: _Steps) -> None:
    steps.take(count)
    names: set[str] = set()
    alignment = contents.alignment
    for _ in range(count):
        tensor = _tensor(reader, alignment)
        if tensor.name in names:
            raise Malformed(f"the tensor {tensor.name[:200]!r} occurs twice")
        names.add(tensor.name)
        contents.tensors.append(tensor)
    contents.data_start = -(-reader.position // alignment) * alignment if count else reader.position


def _tensor(reader: Reader, alignment: int) -> Tensor:
    name = _text(reader, _LONGEST_NAME)
    dimensions = reader.u32()
    if dimensions > _MOST_DIMENSIONS:
        raise Malformed(f"the tensor {name[:200]!r} has {dimensions:,} dimensions")
    shape = [reader.u64() for _ in range(dimensions)]
    kind, offset = reader.u32(), reader.u64()
    elements = math.prod(shape)
    if elements >= 1 << 63 or offset % alignment:
        raise Malformed(f"the tensor {name[:200]!r} has an impossible size or place")
    length = _bytes(kind, elements, shape[0] if shape else 1)
    return Tensor(name, tuple(reversed(shape)), kind, elements, offset, length)


def _bytes(kind: int, elements: int, row: int) -> int | None:
    if kind not in TENSOR_TYPES:
        return None
    block, size = TENSOR_TYPES[kind]
    if row % block:
        raise Malformed(f"rows of {row:,} elements do not fill blocks of {block}")
    return elements // block * size
