"""The layers of an OpenVINO model: what goes in and out, what is stored, and what runs."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST_LAYERS = 500_000
_OPSETS = re.compile(r"opset\d{1,3}|experimental|ie_internal_opset|util")
_NEWEST_WITHOUT_OPSETS = 7  # the last version of the format whose layers name no opset
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_COMMA = re.compile(r"(?<!\\),")
_DTYPES = {
    "f16": "float16", "f32": "float32", "f64": "float64", "bf16": "bfloat16", "boolean": "bool",
    "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "i4": "int4",
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "u4": "uint4",
    "FP16": "float16", "FP32": "float32", "FP64": "float64", "BF16": "bfloat16",
}  # fmt: skip
# Types in which weights are stored to be smaller; f16 is a plain type of weights by now.
_SMALL = frozenset(
    "i4 u4 i8 u8 u1 u2 u3 u6 nf4 f4e2m1 f8e4m3 f8e5m2 f8e8m0".split()  # noqa: SIM905
)
_BITS = {
    "f16": 16, "f32": 32, "f64": 64, "bf16": 16, "boolean": 8, "i4": 4, "u4": 4, "nf4": 4,
    "i8": 8, "i16": 16, "i32": 32, "i64": 64, "u8": 8, "u16": 16, "u32": 32, "u64": 64,
    "f8e4m3": 8, "f8e5m2": 8,
}  # fmt: skip
_NO_WEIGHTS = frozenset({"i32", "i64", "u32", "u64", "boolean", "string"})


@dataclass(frozen=True, slots=True)
class Constant:
    """One stored tensor.

    Attributes:
        name: Of its layer.
        dtype: Element type in OpenVINO's words.
        shape: Sizes.
        offset: First byte in the file of weights.
        size: Number of bytes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int

    @property
    def numpy_type(self) -> str:
        """The element type in NumPy spelling."""
        return _DTYPES.get(self.dtype, self.dtype)


@dataclass(slots=True)
class _Layer:
    identity: str
    name: str
    kind: str
    dtype: str = ""
    shape: list[int | str | None] = field(default_factory=list)
    names: str = ""


@dataclass(slots=True)
class Layers:
    """Takes in the elements of a model, see :func:`modelshelf.formats.xml_walk.walk_xml`.

    Attributes:
        name: Of the model.
        version: Of the format.
        constants: What is stored in the file of weights.
        opsets: The newest operator sets that are used, with the number of layers.
        foreign: Kinds of layers that are in no operator set of OpenVINO's own.
        facts: What its tools wrote about its making.
        count: Number of layers.
    """

    name: str = ""
    version: str = ""
    constants: list[Constant] = field(default_factory=list)
    opsets: Counter[str] = field(default_factory=Counter)
    foreign: dict[str, None] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    count: int = 0
    _open: _Layer | None = None
    _parameters: list[_Layer] = field(default_factory=list)
    _results: dict[str, _Layer] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _port: str = ""

    def start(self, path: list[str], attributes: dict[str, str]) -> None:
        """Take in the start of an element."""
        element = path[-1]
        if len(path) == 1:
            self._root(element, attributes)
        elif element == "layer":
            self._layer(path, attributes)
        elif path[1] == "rt_info":
            self._fact(path[2:], attributes)
        elif element == "data" and path[-2] == "layer":
            self._data(attributes)
        elif path[1] == "edges":
            self._edge(attributes)
        elif path[:3] == ["net", "layers", "layer"]:
            self._port_of(path[3:], attributes)

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What has to be given."""
        return tuple(
            TensorSpec(_first(layer.names) or layer.name, layer.dtype, tuple(layer.shape))
            for layer in self._parameters
        )

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """What comes out."""
        return tuple(
            TensorSpec(_first(layer.names) or layer.name, layer.dtype, tuple(layer.shape))
            for layer in self._results.values()
        )

    @property
    def parameters(self) -> int:
        """Number of stored elements that are weights and not sizes or indices."""
        return sum(math.prod(each.shape) for each in self.constants if _is_weight(each))

    @property
    def quantization(self) -> str:
        """The small types that most of the weights are stored in."""
        small: Counter[str] = Counter()
        for each in self.constants:
            if each.dtype in _SMALL:
                small[each.numpy_type] += math.prod(each.shape)
        if 2 * sum(small.values()) < self.parameters:
            return ""
        return ", ".join(name for name, _ in small.most_common())

    def _root(self, element: str, attributes: dict[str, str]) -> None:
        if element != "net":
            raise Malformed(f"the root element is {element[:80]!r}")
        self.name, self.version = attributes.get("name", ""), attributes.get("version", "")

    def _layer(self, path: list[str], attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MOST_LAYERS:
            raise LimitReached(f"more than {_MOST_LAYERS:,} layers")
        kind, opset = attributes.get("type", ""), attributes.get("version", "")
        self._open = _Layer(attributes.get("id", ""), attributes.get("name", ""), kind)
        self._open.names = attributes.get("output_names", "")
        self._port = ""
        self._note_opset(kind, opset)
        if path == ["net", "layers", "layer"]:  # layers of inner models have other inputs
            if kind in {"Parameter", "Input"}:
                self._parameters.append(self._open)
            elif kind == "Result":
                self._results[self._open.identity] = self._open

    def _note_opset(self, kind: str, opset: str) -> None:
        old = self.version.isdigit() and int(self.version[:9]) <= _NEWEST_WITHOUT_OPSETS
        if _OPSETS.fullmatch(opset):
            self.opsets[opset] += 1
        elif opset or not old:
            self.foreign[f"{opset}.{kind}".removeprefix(".")] = None

    def _data(self, attributes: dict[str, str]) -> None:
        layer = self._open
        if layer is None:
            return
        if layer.kind == "Const" and "offset" in attributes:
            self.constants.append(_constant(layer.name, attributes))
        elif layer.kind == "Parameter":
            kind = attributes.get("element_type", "")
            layer.dtype = _DTYPES.get(kind, kind)
            layer.shape = [_size(text) for text in _parts(attributes.get("shape", ""))]

    def _port_of(self, path: list[str], attributes: dict[str, str]) -> None:
        """Take in a port of the open layer or one of its sizes."""
        layer = self._open
        if layer is None or not path or path[0] not in {"input", "output"}:
            return
        if path[1:] == ["port"]:
            self._port = attributes.get("id", "")
            names = attributes.get("names", "")
            if names and path[0] == "output":
                self._names[layer.identity, self._port] = names
                layer.names = layer.names or names
            if layer.kind in {"Result", "Input"} and not layer.dtype:
                given = attributes.get("precision", "")
                layer.dtype = _DTYPES.get(given, given.lower())

    def sized(self, path: list[str], text: str) -> None:
        """Take in the text of a ``dim`` element, which is one size of a port."""
        layer = self._open
        if layer is not None and path[:3] == ["net", "layers", "layer"] and path[-1] == "dim":
            kinds = {"input": "Result", "output": "Input"}
            if layer.kind == kinds.get(path[3]):
                layer.shape.append(_size(text.strip()))

    def _edge(self, attributes: dict[str, str]) -> None:
        """Give a result the names of what flows into it."""
        names = self._names.get((attributes.get("from-layer", ""), attributes.get("from-port", "")))
        result = self._results.get(attributes.get("to-layer", ""))
        if names and result is not None:
            result.names = result.names or names

    def _fact(self, path: list[str], attributes: dict[str, str]) -> None:
        value = attributes.get("value")
        if value and path and len(self.facts) < 200:  # noqa: PLR2004 - more than is ever shown
            key = attributes.get("name") or ".".join(path)
            self.facts.setdefault(key, value)


def _constant(name: str, attributes: dict[str, str]) -> Constant:
    numbers = [attributes.get("offset", ""), attributes.get("size", "")]
    shape = _parts(attributes.get("shape", ""))
    if not all(_NUMBER.fullmatch(text) for text in (*numbers, *shape)):
        raise Malformed(f"the place of {name[:200]!r} in the file of weights is not numbers")
    dtype, offset, size = attributes.get("element_type", ""), int(numbers[0]), int(numbers[1])
    sizes = tuple(int(text) for text in shape)
    if dtype in _BITS and -(-math.prod(sizes) * _BITS[dtype] // 8) != size:
        raise Malformed(f"{name[:200]!r} has another size than its shape and type")
    return Constant(name, dtype, sizes, offset, size)


def _is_weight(each: Constant) -> bool:
    return each.dtype not in _NO_WEIGHTS


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _size(text: str) -> int | str | None:
    if _NUMBER.fullmatch(text):
        return int(text)
    return None if text in {"?", "-1", ""} else text  # "1..512" is a range


def _first(names: str) -> str:
    """Return the first of several names that are separated by commas."""
    return _COMMA.split(names)[0].replace("\\,", ",")
