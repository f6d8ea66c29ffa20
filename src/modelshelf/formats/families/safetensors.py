"""Safetensors: a JSON header and raw tensors, with no room for anything else."""

from __future__ import annotations

import math
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.dtypes import COUNTED, counted_types
from modelshelf.formats.interface import LIKELY, NAMED, Extent, Placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.shards import other_parts
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.strict_json import parse_object
from modelshelf.formats.trouble import Malformed

_LENGTH = 8
_MOST_HEADER = 100_000_000
_MOST_COUNT = 1 << 63
_MOST_PARTS = 10_000
_KEYS = frozenset({"dtype", "shape", "data_offsets"})
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
# To the names of NumPy and, where it has no such type, of ml_dtypes.
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "F8_E5M2": "float8_e5m2",
    "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "F4": "float4_e2m1fn", "F6_E2M3": "float6_e2m3fn",
    "F6_E3M2": "float6_e3m2fn", "I16": "int16", "U16": "uint16", "F16": "float16",
    "BF16": "bfloat16", "I32": "int32", "U32": "uint32", "F32": "float32", "I64": "int64",
    "U64": "uint64", "F64": "float64", "C64": "complex64",
}  # fmt: skip
_SMALL = frozenset({"U8", "I8"}) | {
    dtype for dtype in _BITS if dtype.startswith(("F8", "F6", "F4"))
}
_BITSANDBYTES = re.compile(r".+\.quant_state\.bitsandbytes__(\w+)")
# What the Stability AI model specification and kohya's scripts write into the metadata.
_ARCHITECTURES = ("modelspec.architecture", "ss_base_model_version")
_BASES = ("modelspec.merged_from", "ss_sd_model_name")
_FRAMEWORKS = {"pt": "PyTorch", "tf": "TensorFlow", "flax": "Flax", "np": "NumPy", "mlx": "MLX"}


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    dtype: str
    shape: tuple[int, ...]
    count: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Header:
    size: int
    tensors: tuple[_Tensor, ...]
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Safetensors:
    """Source of the format: safetensors' README, "Format", and its Rust reader's checks.

    Stricter than that reader, which lets a name occur twice: two programs would then see two
    different tensors.
    """

    name: ClassVar[str] = "safetensors"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a length, then a brace."""
        length = int.from_bytes(head[:_LENGTH], "little")
        fits = head[_LENGTH : _LENGTH + 1] == b"{" and 1 < length <= _MOST_HEADER
        if fits and head[_LENGTH + 1 : _LENGTH + 2] in {b'"', b"}", b" ", b"\n"}:
            return LIKELY
        return NAMED if source.extension == ".safetensors" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            header = _read_header(reader)
            _check_ranges(header, reader.size)
        found = tuple(_unknown_types(header, source.name))
        told = header.metadata
        return Inspection(
            self.name,
            framework=_FRAMEWORKS.get(told.get("format", ""), ""),
            parameters=sum(tensor.count for tensor in header.tensors),
            tensors=len(header.tensors),
            metadata=told | _counted(header),
            verdict=say.judge(found),
            findings=found,
            architecture=next((told[key] for key in _ARCHITECTURES if told.get(key)), ""),
            quantization=_quantization(header),
            license=told.get("modelspec.license", ""),
            base_models=tuple(told[key] for key in _BASES if told.get(key)),
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        with Reader.of(source.only) as reader:
            if reader.size < _LENGTH:
                return Extent(_LENGTH, whole=False)
            length = reader.u64()
            if reader.remaining < length <= _MOST_HEADER:
                return Extent(_LENGTH + length, whole=False)
            reader.seek(0)
            header = _read_header(reader)
        expected = header.size + max((tensor.end for tensor in header.tensors), default=0)
        return Extent(expected, whole=source.only.size >= expected)

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        with Reader.of(source.only) as reader:
            header = _read_header(reader)
            _check_ranges(header, reader.size)
        for tensor in sorted(header.tensors, key=lambda tensor: tensor.begin):
            start, length = header.size + tensor.begin, tensor.end - tensor.begin
            dtype = _DTYPES.get(tensor.dtype, tensor.dtype)
            yield Placed(tensor.name, dtype, tensor.shape, source.only.path, start, length)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the other parts, when its name says that there are some."""
        return other_parts(posixpath.basename(source.only.path), _MOST_PARTS)


def tensor_names(file: SourceFile) -> frozenset[str]:
    """Return the names of the tensors in a safetensors file; raises as its inspector does."""
    with Reader.of(file) as reader:
        return frozenset(tensor.name for tensor in _read_header(reader).tensors)


def _read_header(reader: Reader) -> _Header:
    length = reader.u64()
    if length > _MOST_HEADER:
        raise Malformed(f"a header of {length:,} bytes, {_MOST_HEADER:,} are allowed")
    data = reader.take(length)
    if data[:1] != b"{":
        raise Malformed("the header does not begin with a brace")
    entries = parse_object(data)
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise Malformed("__metadata__ is not an object")
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise Malformed(f"the value of {key[:200]!r} in __metadata__ is not a text")
    tensors = tuple(_tensor(name, entry) for name, entry in entries.items())
    return _Header(_LENGTH + length, tensors, metadata)


def _tensor(name: str, entry: object) -> _Tensor:
    if not isinstance(entry, dict) or entry.keys() != _KEYS:
        raise Malformed(f"the entry of {name[:200]!r} is not dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or not _counts(shape) or not _counts(offsets):
        raise Malformed(f"the entry of {name[:200]!r} holds values of the wrong kind")
    if len(offsets) != 2 or offsets[0] > offsets[1]:  # noqa: PLR2004 - begin and end
        raise Malformed(f"the range of {name[:200]!r} is no range")
    count = math.prod(shape)
    if count >= _MOST_COUNT:
        raise Malformed(f"{name[:200]!r} has too many elements")
    begin, end = offsets
    bits = _BITS.get(dtype)
    if bits is not None and count * bits != (end - begin) * 8:
        raise Malformed(f"the range of {name[:200]!r} does not fit its shape and dtype")
    return _Tensor(name, dtype, tuple(shape), count, begin, end)


def _counts(value: object) -> bool:
    """Tell whether a value is a list of whole numbers; ``True`` is none, nor is ``1.0``."""
    return isinstance(value, list) and all(
        type(each) is int and 0 <= each < _MOST_COUNT for each in value
    )


def _check_ranges(header: _Header, size: int) -> None:
    reached = 0
    for tensor in sorted(header.tensors, key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != reached:
            what = "overlaps another" if tensor.begin < reached else "leaves bytes in front of it"
            raise Malformed(f"the range of {tensor.name[:200]!r} {what}")
        reached = tensor.end
    if header.size + reached != size:
        raise Malformed(f"the header accounts for {header.size + reached:,} bytes of {size:,}")


def _counted(header: _Header) -> dict[str, str]:
    """Return how many tensors there are of each type, and what counts as one parameter."""
    told = counted_types(tensor.dtype for tensor in header.tensors)
    if _packed(header):
        told[COUNTED] = "stored elements; some hold several weights each"
    return told


def _packed(header: _Header) -> str:
    """Return how several weights are packed into one element, in the words of who packs so."""
    names = {tensor.name for tensor in header.tensors}
    for tensor in header.tensors:
        if match := _BITSANDBYTES.fullmatch(tensor.name):
            return f"bitsandbytes {match[1]}"
        stem, _, last = tensor.name.rpartition(".")
        if last in {"qweight", "weight_packed"} and tensor.dtype in {"I32", "U32", "U8", "I8"}:
            return f"packed {_DTYPES[tensor.dtype]}"
        if last == "weight" and tensor.dtype == "U32" and f"{stem}.scales" in names:
            return "packed uint32"
    return ""


def _quantization(header: _Header) -> str:
    """Return how most of the weights are stored smaller, if they are."""
    if packed := _packed(header):
        return packed
    elements: Counter[str] = Counter()
    for tensor in header.tensors:
        elements[tensor.dtype] += tensor.count
    most = max(elements, key=lambda dtype: elements[dtype], default="")
    return _DTYPES[most] if most in _SMALL else ""


def _unknown_types(header: _Header, where: str) -> Iterator[Finding]:
    for dtype in sorted({tensor.dtype for tensor in header.tensors} - _BITS.keys()):
        yield say.warning("safetensors.dtype", where, f"the dtype {dtype!r} is not known")
