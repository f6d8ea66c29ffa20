"""fastText models, plain and quantised: settings, labels, and where the matrices lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.formats.interface import CERTAIN, Extent, Placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_MAGIC = struct.pack("<i", 793_712_314)
_VERSIONS = frozenset({11, 12})
_ARGS = struct.Struct("<12id")
_NAMES = (
    "dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn",
    "maxn", "lrUpdateRate", "t",
)  # fmt: skip
_LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
_MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
_DICTIONARY = struct.Struct("<iiiqq")  # entries, words, labels, tokens, pruned entries
_ENTRY = struct.Struct("<qb")  # how often, and whether it is a label
_CHUNK = 1024 * 1024
_LONGEST_WORD = 64 * 1024
_MOST_ENTRIES = 20_000_000
_MOST_LABELS = 100_000
_LABEL = 1
_MATRIX = struct.Struct("<qq")
_QUANTIZER = struct.Struct("<4i")  # dimension, parts, size of a part, size of the last
_CENTROIDS = 256
_FLOAT = 4


@dataclass(slots=True)
class _Model:
    version: int = 0
    args: dict[str, int | float] = field(default_factory=dict)
    words: int = 0
    tokens: int = 0
    labels: list[str] = field(default_factory=list)
    label_count: int = 0
    quantized: bool = False
    placed: list[Placed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FastText:
    """Source of the format: ``FastText::loadModel`` and what it calls in fastText's src folder."""

    name: ClassVar[str] = "fasttext"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: its first number."""
        return CERTAIN if head.startswith(_MAGIC) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            model = _read(reader, source.only.path)
            if reader.remaining:
                raise Malformed(f"{reader.remaining:,} bytes follow behind the end")
        kind = _MODELS.get(int(model.args["model"]), "")
        rows_and_columns = [each.shape for each in model.placed]
        return Inspection(
            self.name,
            framework="fastText",
            inputs=(TensorSpec("text", "string", ()),),
            outputs=tuple(_outputs(model, kind)),
            parameters=sum(rows * columns for rows, columns in rows_and_columns),
            tensors=len(model.placed),
            metadata=_metadata(model),
            version=str(model.version),
            architecture=kind,
            quantization="product quantization" if model.quantized else "",
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: every part tells its length."""
        with Reader.of(source.only) as reader:
            _read(reader, source.only.path)
            return Extent(reader.position, whole=True)

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        with Reader.of(source.only) as reader:
            yield from _read(reader, source.only.path).placed


def _read(reader: Reader, path: str) -> _Model:
    magic = reader.take(len(_MAGIC))
    model = _Model(reader.u32())
    if magic != _MAGIC or model.version not in _VERSIONS:
        raise Malformed(f"there is no version {model.version} of the format")
    model.args = dict(zip(_NAMES, _ARGS.unpack(reader.take(_ARGS.size)), strict=True))
    _read_dictionary(reader, model)
    model.quantized = _flag(reader)
    _read_matrix(reader, model, path, "input", quantized=model.quantized)
    quantized_output = _flag(reader)
    # A quantised output is only there beside a quantised input.
    both = model.quantized and quantized_output
    _read_matrix(reader, model, path, "output", quantized=both)
    return model


def _read_dictionary(reader: Reader, model: _Model) -> None:
    fields = _DICTIONARY.unpack(reader.take(_DICTIONARY.size))
    entries, model.words, model.label_count, model.tokens, pruned = fields
    if entries < 0 or entries != model.words + model.label_count:
        raise Malformed(f"{entries:,} entries are not {model.words:,} words and the labels")
    if entries > _MOST_ENTRIES:
        raise LimitReached(f"{entries:,} words, {_MOST_ENTRIES:,} are looked at")
    for word in _labels(reader, entries):
        if len(model.labels) < _MOST_LABELS:
            model.labels.append(word.decode("utf-8", "replace"))
    _over(reader, max(pruned, 0) * 8)


def _labels(reader: Reader, entries: int) -> Iterator[bytes]:
    """Yield those words that are labels, and stand behind the last word."""
    start, data, at = reader.position, b"", 0
    for _ in range(entries):
        end = data.find(b"\x00", at)
        while end < 0 or end + 1 + _ENTRY.size > len(data):
            if len(data) - at > _LONGEST_WORD + _CHUNK:
                raise Malformed(f"a word has more than {_LONGEST_WORD:,} bytes")
            part = reader.take(min(_CHUNK, reader.remaining))
            if not part:
                raise Cut("it ends inside its words")
            start += at
            data, at = data[at:] + part, 0
            end = data.find(b"\x00")
        if _ENTRY.unpack_from(data, end + 1)[1] == _LABEL:
            yield data[at:end]
        at = end + 1 + _ENTRY.size
    reader.seek(start + at)


def _flag(reader: Reader) -> bool:
    byte = reader.take(1)
    if byte not in {b"\x00", b"\x01"}:
        raise Malformed(f"{byte!r} is neither yes nor no")
    return byte == b"\x01"


def _read_matrix(reader: Reader, model: _Model, path: str, name: str, *, quantized: bool) -> None:
    normed = quantized and _flag(reader)
    rows, columns = _MATRIX.unpack(reader.take(_MATRIX.size))
    if rows < 0 or columns < 0:
        raise Malformed(f"a matrix of {rows:,} by {columns:,}")
    if not quantized:
        size = rows * columns * _FLOAT
        model.placed.append(Placed(name, "float32", (rows, columns), path, reader.position, size))
        _over(reader, size)
        return
    codes = int.from_bytes(reader.take(4), "little", signed=True)
    if codes < 0:
        raise Malformed(f"{codes:,} codes")
    model.placed.append(Placed(name, "quantized", (rows, columns), path, -1, codes))
    _over(reader, codes)
    _over_quantizer(reader)
    if normed:
        _over(reader, rows)
        _over_quantizer(reader)


def _over_quantizer(reader: Reader) -> None:
    dimension, _, _, _ = _QUANTIZER.unpack(reader.take(_QUANTIZER.size))
    if dimension < 0:
        raise Malformed(f"a quantiser of {dimension:,} dimensions")
    _over(reader, dimension * _CENTROIDS * _FLOAT)


def _over(reader: Reader, count: int) -> None:
    if count > reader.remaining:
        reader.take(count)  # says how much is missing
    reader.skip(count)


def _outputs(model: _Model, kind: str) -> Iterator[TensorSpec]:
    if kind == "supervised":
        yield TensorSpec("labels", "string", (None,))
        yield TensorSpec("probabilities", "float32", (model.label_count,))
    else:
        yield TensorSpec("vector", "float32", (int(model.args["dim"]),))


def _metadata(model: _Model) -> dict[str, str]:
    told = {key: f"{value:g}" for key, value in model.args.items() if key not in {"loss", "model"}}
    told["loss"] = _LOSSES.get(int(model.args["loss"]), "")
    told |= {"words": str(model.words), "tokens": str(model.tokens)}
    if model.label_count:
        told |= {"labels_count": str(model.label_count), "labels": ", ".join(model.labels)}
    return {key: text for key, text in told.items() if text}
