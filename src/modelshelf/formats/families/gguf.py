"""GGUF: what a model of llama.cpp and its kin says about itself, and where its tensors lie."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.dtypes import counted_types
from modelshelf.formats.families import gguf_header
from modelshelf.formats.families.gguf_header import MAGIC, Contents, Tensor, check_places, shown
from modelshelf.formats.families.gguf_types import FILE_TYPES, TENSOR_NAMES
from modelshelf.formats.hub import hub_name
from modelshelf.formats.interface import CERTAIN, NAMED, Extent, Placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.shards import other_parts
from modelshelf.formats.source import Source

_GUESSED = 1024  # is added to a file type that was guessed from the tensors
_MOST_PARTS = 1_000
_MOST_BASES = 20
_PLAIN = frozenset({"F32", "F16", "BF16", "float32", "float16", "bfloat16", "float64"})
_TEMPLATE = "tokenizer.chat_template"


@dataclass(frozen=True, slots=True)
class Gguf:
    """Source of the keys: "Standardized key-value pairs" in ggml's docs/gguf.md."""

    name: ClassVar[str] = "gguf"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the magic bytes."""
        if head.startswith(MAGIC):
            return CERTAIN
        return NAMED if source.extension == ".gguf" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        contents = _read(source)
        check_places(contents, source.only.size)
        found = tuple(_findings(contents, source))
        return Inspection(
            self.name,
            framework="GGML",
            version=f"GGUF {contents.version}",
            architecture=contents.text("general.architecture"),
            quantization=_quantization(contents),
            license=contents.text("general.license.name") or contents.text("general.license"),
            base_models=tuple(_base_models(contents)),
            parameters=sum(tensor.elements for tensor in contents.tensors),
            tensors=len(contents.tensors),
            metadata={key: shown(value) for key, value in contents.pairs.items()}
            | counted_types(map(_type_name, contents.tensors)),
            verdict=say.judge(found),
            findings=found,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        expected = _read(source).end
        return Extent(expected, whole=source.only.size >= expected)

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`; quantised ones are the bytes of their blocks."""
        contents = _read(source)
        check_places(contents, source.only.size)
        for tensor in contents.tensors:
            dtype = _type_name(tensor)
            start = -1 if tensor.length is None else contents.data_start + tensor.offset
            length = tensor.length or 0
            yield Placed(tensor.name, dtype, tensor.shape, source.only.path, start, length)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the other parts, when its name says that there are some."""
        return other_parts(posixpath.basename(source.only.path), _MOST_PARTS)


def _read(source: Source) -> Contents:
    with Reader.of(source.only) as reader:
        return gguf_header.read(reader)


def _type_name(tensor: Tensor) -> str:
    return TENSOR_NAMES.get(tensor.kind, f"type {tensor.kind}")


def _findings(contents: Contents, source: Source) -> Iterator[Finding]:
    if any(key.startswith(_TEMPLATE) for key in contents.pairs):
        detail = "its chat template is a program of a template language"
        yield say.warning("gguf.chat_template", source.name, detail)
    unknown = {tensor.kind for tensor in contents.tensors if tensor.length is None}
    for kind in sorted(unknown)[:10]:
        yield say.warning("gguf.type", source.name, f"tensor type {kind} is not known")
    behind = source.only.size - contents.end
    if not unknown and behind >= contents.alignment:
        detail = f"{behind:,} bytes behind the last tensor belong to none"
        yield say.warning("gguf.tail", source.name, detail)
    number, count = contents.number("split.no"), contents.number("split.count")
    if number is not None and count is not None and count > 1:
        detail = f"it is part {number + 1:,} of {count:,}"
        yield say.info("gguf.split", source.name, detail)


def _quantization(contents: Contents) -> str:
    """Return the file type, or when it is not stored the type that most weights have."""
    number = contents.number("general.file_type")
    if number is not None:
        name = FILE_TYPES.get(number & ~_GUESSED, f"file type {number}")
    else:
        elements: Counter[str] = Counter()
        for tensor in contents.tensors:
            elements[_type_name(tensor)] += tensor.elements
        name = max(elements, key=lambda name: elements[name], default="")
    return "" if name in _PLAIN else name


def _base_models(contents: Contents) -> Iterator[str]:
    count = min(contents.number("general.base_model.count") or 0, _MOST_BASES)
    for each in range(count):
        key = f"general.base_model.{each}"
        address = contents.text(f"{key}.repo_url") or contents.text(f"{key}.url")
        named = " ".join(
            filter(None, (contents.text(f"{key}.organization"), contents.text(f"{key}.name")))
        )
        if base := hub_name(address) or named or address:
            yield base
