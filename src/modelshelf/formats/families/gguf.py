"""GGUF: the key-value header and tensor list of a llama.cpp model, every length checked first."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.families.gguf_types import FILE_TYPES, TENSOR_TYPES
from modelshelf.formats.interface import CERTAIN, NAMED, Extent
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_MAGIC = b"GGUF"
_VERSIONS = frozenset({2, 3})
_MOST_COUNT = 1_000_000
_MOST_PAIRS, _MOST_TENSORS = 10_000, 100_000  # more than any model that exists has
_SMALLEST_PAIR, _SMALLEST_TENSOR = 8 + 4 + 1, 8 + 4 + 4 + 8
_LONGEST_NAME = 65_535
_MOST_STEPS = 5_000_000
_MOST_DIMENSIONS = 4
_SHOWN = 2_000
_DEFAULT_ALIGNMENT, _LARGEST_ALIGNMENT = 32, 1 << 20
_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: struct.Struct("<B"), 1: struct.Struct("<b"), 2: struct.Struct("<H"),
    3: struct.Struct("<h"), 4: struct.Struct("<I"), 5: struct.Struct("<i"),
    6: struct.Struct("<f"), 7: struct.Struct("<?"), 10: struct.Struct("<Q"),
    11: struct.Struct("<q"), 12: struct.Struct("<d"),
}  # fmt: skip


@dataclass(slots=True)
class _Contents:
    version: int
    pairs: dict[str, object] = field(default_factory=dict)
    tensors: int = 0
    parameters: int = 0
    data_start: int = 0
    data_length: int = 0
    unknown_types: set[int] = field(default_factory=set)

    @property
    def alignment(self) -> int:
        """The boundary at which the data starts."""
        value = self.pairs.get("general.alignment", _DEFAULT_ALIGNMENT)
        if type(value) is not int or value & (value - 1) or not 0 < value <= _LARGEST_ALIGNMENT:
            raise Malformed("the alignment is not a power of two")
        return value


@dataclass(frozen=True, slots=True)
class Gguf:
    """Source of the format: ggml's docs/gguf.md.

    The rules are those whose absence was CVE-2024-21802, CVE-2025-53630, CVE-2026-27940 and
    CVE-2026-7482 in other readers: no count or length is believed before it fits into the file.
    """

    name: ClassVar[str] = "gguf"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the magic bytes."""
        if head.startswith(_MAGIC):
            return CERTAIN
        return NAMED if source.extension == ".gguf" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            contents = _read(reader)
        if contents.data_start + contents.data_length > source.only.size:
            raise Malformed("tensors reach over the end of the file")
        found = tuple(_findings(contents, source.name))
        metadata = {key: _shown(value) for key, value in contents.pairs.items()}
        quantisation = contents.pairs.get("general.file_type")
        if isinstance(quantisation, int):
            metadata["quantization"] = FILE_TYPES.get(quantisation, f"file type {quantisation}")
        return Inspection(
            self.name,
            framework=f"GGUF {contents.version}",
            parameters=contents.parameters,
            tensors=contents.tensors,
            metadata=metadata,
            verdict=say.judge(found),
            findings=found,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        with Reader.of(source.only) as reader:
            contents = _read(reader)
        expected = contents.data_start + contents.data_length
        return Extent(expected, whole=source.only.size >= expected)


def _findings(contents: _Contents, where: str) -> list[Finding]:
    found: list[Finding] = []
    if any(key.startswith("tokenizer.chat_template") for key in contents.pairs):
        detail = "its chat template is a program of a template language"
        found.append(say.warning("gguf.chat_template", where, detail))
    found += (
        say.warning("gguf.type", where, f"tensor type {kind} is not known")
        for kind in sorted(contents.unknown_types)[:10]
    )
    return found


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read(reader: Reader) -> _Contents:
    if reader.take(4) != _MAGIC:
        raise Malformed("the file does not begin with GGUF")
    contents = _Contents(reader.u32())
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
        scalar = _SCALARS[kind]
        return scalar.unpack(reader.take(scalar.size))[0]
    if kind == _STRING:
        return _long_text(reader)
    if kind == _ARRAY:
        return _array(reader, steps)
    raise Malformed(f"there is no value type {kind}")


def _array(reader: Reader, steps: _Steps) -> str:
    """Move over an array and return what to say about it; arrays in arrays are refused."""
    kind, count = reader.u32(), reader.u64()
    if kind in _SCALARS:
        size = _SCALARS[kind].size * count
        if size > reader.remaining:
            raise Cut(f"an array of {count:,} values does not fit into the file")
        reader.skip(size)
    elif kind == _STRING:
        if count * 8 > reader.remaining:
            raise Cut(f"an array of {count:,} texts does not fit into the file")
        steps.take(count)
        for _ in range(count):
            reader.skip(reader.u64())
    else:
        raise Malformed(f"an array of values of type {kind}")
    return f"{count:,} values"


def _read_tensors(reader: Reader, contents: _Contents, count: int, steps: _Steps) -> None:
    steps.take(count)
    names: set[str] = set()
    alignment = contents.alignment
    for _ in range(count):
        name = _text(reader, _LONGEST_NAME)
        if name in names:
            raise Malformed(f"the tensor {name[:200]!r} occurs twice")
        names.add(name)
        dimensions = reader.u32()
        if dimensions > _MOST_DIMENSIONS:
            raise Malformed(f"the tensor {name[:200]!r} has {dimensions:,} dimensions")
        shape = [reader.u64() for _ in range(dimensions)]
        kind, offset = reader.u32(), reader.u64()
        elements = math.prod(shape)
        if elements >= 1 << 63 or offset % alignment:
            raise Malformed(f"the tensor {name[:200]!r} has an impossible size or place")
        contents.parameters += elements
        end = offset + _bytes(contents, kind, elements, shape[0] if shape else 1)
        contents.data_length = max(contents.data_length, end)
    contents.tensors = count
    contents.data_start = -(-reader.position // alignment) * alignment if count else reader.position


def _bytes(contents: _Contents, kind: int, elements: int, row: int) -> int:
    if kind not in TENSOR_TYPES:
        contents.unknown_types.add(kind)
        return 0
    block, size = TENSOR_TYPES[kind]
    if row % block:
        raise Malformed(f"rows of {row:,} elements do not fill blocks of {block}")
    return elements // block * size
