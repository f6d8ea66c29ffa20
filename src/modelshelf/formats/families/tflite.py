"""TensorFlow Lite: what a model takes and gives, its operators, and what its metadata says."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.flatbuffers import Buffer, Table
from modelshelf.formats.interface import CERTAIN, Extent, Placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.savedmodel import judged
from modelshelf.formats.source import Source
from modelshelf.formats.tflite.model import Constant, Model, read_model

_MAGIC = b"TFL3"
_DESCRIBED = "TFLITE_METADATA"  # a second FlatBuffers file, of metadata_schema.fbs
_DESCRIBED_MAGIC = b"M001"
_CONVERTED, _TENSORFLOW = "CONVERSION_METADATA", "tensorflow_version"  # conversion_metadata.fbs
_TEXTS = {0: "name", 1: "description", 2: "model_version", 4: "author", 7: "min_parser_version"}
_LICENSE = 5
_MOST_METADATA = 16 * 1024 * 1024
_SHORT = 200
_FLEX = "Flex"  # in front of an operator of TensorFlow that is taken along as it is
_NUMBERS = {
    "float32": 4, "float16": 2, "int32": 4, "uint8": 1, "int64": 8, "bool": 1, "int16": 2,
    "complex64": 8, "int8": 1, "float64": 8, "complex128": 16, "uint64": 8, "uint32": 4,
    "uint16": 2, "bfloat16": 2,
}  # fmt: skip
_WRITTEN_BY = {
    "MLIR Converted.": "MLIR converter",
    "TOCO Converted.": "TOCO",
}
_INTEGERS = frozenset({"int8", "uint8", "int16", "int4", "int2", "uint4"})


@dataclass(frozen=True, slots=True)
class TfLite:
    """Source of the format: schema.fbs and metadata_schema.fbs of TensorFlow Lite.

    A zip with labels and the like may follow the model in the same file.
    """

    name: ClassVar[str] = "tflite"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the identifier of its schema."""
        return CERTAIN if head[4:8] == _MAGIC else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            buffer = Buffer(reader)
            model = read_model(buffer)
            metadata = _metadata(buffer, model)
        found = tuple(_judge(model, source.name))
        constants = [each for each in model.distinct if each.dtype != "string"]
        weights = [each for each in constants if each.quantized or "float" in each.dtype]
        return Inspection(
            self.name,
            framework=f"TensorFlow {metadata.get(_TENSORFLOW, 'Lite')}",
            inputs=model.inputs,
            outputs=model.outputs,
            parameters=sum(math.prod(each.shape) for each in weights),
            tensors=len(constants),
            metadata=metadata,
            verdict=say.judge(found),
            findings=found,
            version=f"TFLite schema {model.version}",
            producer=_WRITTEN_BY.get(model.description, model.description),
            quantization=_quantization(constants),
            license=metadata.get("license", ""),
            needs_code=tuple(sorted(model.custom)),
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`: the constants, each stored one once."""
        with Reader.of(source.only) as reader:
            model = read_model(Buffer(reader))
        path = source.only.path
        return [_placed(each, path) for each in model.distinct if each.dtype != "string"]

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: no total is written, but what is missing is noticed."""
        with Reader.of(source.only) as reader:
            read_model(Buffer(reader))
        return Extent()


def _placed(constant: Constant, path: str) -> Placed:
    item = _NUMBERS.get(constant.dtype, 0)
    place = constant.place
    plain = math.prod(constant.shape) * item == place.count
    start = place.start if plain else -1
    return Placed(constant.name, constant.dtype, constant.shape, path, start, place.count)


def _metadata(buffer: Buffer, model: Model) -> dict[str, str]:
    operators = (*model.operators.items(), *model.custom.items())
    said = {
        "description": model.description,
        "operators": ", ".join(f"{name} × {count:,}" for name, count in operators),
        "signatures": ", ".join(filter(None, model.signatures)),
        "graphs": f"{model.graphs:,}" if model.graphs > 1 else "",
    }
    for name, place in model.metadata.items():
        if name == _DESCRIBED:
            data = buffer.data(place.start, min(place.count, _MOST_METADATA))
            said.update(_described(data))
        elif name == _CONVERTED:
            said[_TENSORFLOW] = _converter(
                buffer.data(place.start, min(place.count, _MOST_METADATA))
            )
        elif 0 < place.count <= _SHORT:
            text = buffer.data(place.start, place.count).rstrip(b"\x00").decode("utf-8", "replace")
            said[name] = text if text.isprintable() else f"{place.count:,} bytes"
        else:
            said[name] = f"{place.count:,} bytes"
    return {name: text for name, text in said.items() if text}


def _described(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield what the metadata that people write says."""
    if data[4:8] != _DESCRIBED_MAGIC:
        return
    root = Buffer(Reader(BytesIO(data), len(data))).root()
    for field, name in _TEXTS.items():
        yield name, root.text(field)
    yield "license", root.text(_LICENSE)
    yield "associated_files", ", ".join(_files(root))


def _converter(data: bytes) -> str:
    """Return the version of TensorFlow that converted the model, where it is stated."""
    if not data:
        return ""
    environment = Buffer(Reader(BytesIO(data), len(data))).root().table(0)
    return environment.text(0, _SHORT) if environment else ""


def _files(root: Table) -> Iterator[str]:
    for number, each in enumerate(root.tables(6)):
        if number >= _SHORT:
            return
        yield each.text(0, _SHORT)


def _quantization(constants: list[Constant]) -> str:
    """Return the types in which weights are stored smaller, the one with the most numbers first."""
    sizes: Counter[str] = Counter()
    for each in constants:
        small = each.dtype in {"float16", "bfloat16"} or (
            each.quantized and each.dtype in _INTEGERS
        )
        if small:
            sizes[each.dtype] += math.prod(each.shape)
    return ", ".join(dtype for dtype, _ in sizes.most_common())


def _judge(model: Model, where: str) -> Iterator[Finding]:
    taken = [name[len(_FLEX) :] for name in model.custom if name.startswith(_FLEX)]
    yield from judged.judge(taken, where, "tflite")
    if model.custom:
        listed = ", ".join(re.sub(r"\s+", " ", name) for name in sorted(model.custom)[:_SHORT])
        detail = f"operators that need a library of code that is not part of the model: {listed}"
        yield say.warning("tflite.custom_operators", where, detail)
