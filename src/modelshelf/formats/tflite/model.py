"""What a TensorFlow Lite model holds, skimmed without its schema's library.

Source of the format: tensorflow/compiler/mlir/lite/schema/schema.fbs, schema_v3c.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.flatbuffers import Buffer, Table, Vector
from modelshelf.formats.tflite.operators import BUILT_IN, CUSTOM
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_VERSION, _CODES, _GRAPHS, _DESCRIPTION, _BUFFERS, _, _METADATA, _SIGNATURES = range(8)
_G_TENSORS, _G_INPUTS, _G_OUTPUTS, _G_OPERATORS = range(4)
_T_SHAPE, _T_TYPE, _T_BUFFER, _T_NAME, _T_QUANTIZATION, _T_VARIABLE = range(6)
_T_SIGNATURE = 7  # the shape with its unknown sizes
_Q_SCALE = 2
_TYPES = (
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64",
    "int8", "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4",
    "bfloat16", "int2", "uint4",
)  # fmt: skip
_MOST_TENSORS = 500_000
_MOST_NAMED = 5_000
_EMPTY = Vector(0, 0)


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor whose elements are in the file.

    Attributes:
        name: Its name.
        dtype: Of its elements.
        shape: Sizes.
        place: Where they lie.
        buffer: Number of the buffer, which several tensors may share.
        quantized: Whether numbers stand for others by a scale.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    place: Vector
    buffer: int
    quantized: bool


@dataclass(slots=True)
class Model:
    """What a file holds.

    Attributes:
        version: Of the schema.
        description: What wrote it, mostly.
        operators: How often each built-in operator is used.
        custom: How often each other operator is used.
        inputs: Of the first graph.
        outputs: Of the first graph.
        constants: Tensors with elements in the file, of all graphs.
        graphs: How many graphs there are.
        signatures: Names under which graphs can be called.
        metadata: Place of each piece of metadata by name.
    """

    version: int
    description: str
    operators: dict[str, int] = field(default_factory=dict)
    custom: dict[str, int] = field(default_factory=dict)
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    constants: list[Constant] = field(default_factory=list)
    graphs: int = 0
    signatures: list[str] = field(default_factory=list)
    metadata: dict[str, Vector] = field(default_factory=dict)

    @property
    def distinct(self) -> list[Constant]:
        """The constants, each buffer once."""
        return list({each.buffer: each for each in reversed(self.constants)}.values())[::-1]


def read_model(buffer: Buffer) -> Model:
    """Return what a file holds.

    Raises:
        Malformed: Something in it lies outside of it.
        LimitReached: There is more than in any honest model.
    """
    root = buffer.root()
    model = Model(root.number(_VERSION, 4), root.text(_DESCRIPTION))
    buffers = list(_buffers(root, buffer.size))
    codes = [_operator(code) for code in root.tables(_CODES)]
    for graph in root.tables(_GRAPHS):
        _graph(graph, model, buffers, codes)
    if not model.graphs:
        raise Malformed("there is no graph in it")
    for each in root.tables(_METADATA):
        if len(model.metadata) < _MOST_NAMED:
            model.metadata[each.text(0, 200)] = _at(buffers, each.number(1, 4))
    for each in root.tables(_SIGNATURES):
        if len(model.signatures) < _MOST_NAMED:
            model.signatures.append(each.text(2, 200))
    return model


def _buffers(root: Table, size: int) -> Iterator[Vector]:
    """Yield where each buffer lies: in its table, or behind all tables in a large file."""
    for each in root.tables(_BUFFERS):
        start, length = each.number(1, 8), each.number(2, 8)
        if start > 1:
            if start + length > size:
                raise Cut(f"a buffer at byte {start:,} is outside of the file")
            yield Vector(start, length)
        else:
            yield each.vector(0, 1)


def _operator(code: Table) -> tuple[str, bool]:
    """Return the name of an operator, and whether it is not built in."""
    number = max(code.number(0, 1, signed=True), code.number(3, 4, signed=True))
    if number == CUSTOM:
        return code.text(1, 200) or "?", True
    known = 0 <= number < len(BUILT_IN)
    return (BUILT_IN[number], False) if known else (f"operator {number}", True)


def _graph(
    graph: Table, model: Model, buffers: list[Vector], codes: list[tuple[str, bool]]
) -> None:
    tensors = list(graph.tables(_G_TENSORS))
    for tensor in tensors:
        if len(model.constants) >= _MOST_TENSORS:
            raise LimitReached(f"more than {_MOST_TENSORS:,} tensors")
        if (place := _at(buffers, tensor.number(_T_BUFFER, 4))).count:
            model.constants.append(_constant(tensor, place))
    if not model.graphs:
        model.inputs = _specs(graph, tensors, _G_INPUTS)
        model.outputs = _specs(graph, tensors, _G_OUTPUTS)
    model.graphs += 1
    for operator in graph.tables(_G_OPERATORS):
        index = operator.number(0, 4)
        if index >= len(codes):
            raise Malformed(f"an operation is of the kind {index}, which is not listed")
        name, custom = codes[index]
        counted = model.custom if custom else model.operators
        counted[name] = counted.get(name, 0) + 1


def _at(buffers: list[Vector], index: int) -> Vector:
    if index >= len(buffers):
        if index:
            raise Malformed(f"there is no buffer {index}")
        return _EMPTY
    return buffers[index]


def _constant(tensor: Table, place: Vector) -> Constant:
    sizes = tensor.numbers(_T_SHAPE)
    if any(size < 0 for size in sizes):
        raise Malformed("a stored tensor has an unknown size")
    scaled = tensor.table(_T_QUANTIZATION)
    return Constant(
        tensor.text(_T_NAME),
        _dtype(tensor),
        sizes,
        place,
        tensor.number(_T_BUFFER, 4),
        scaled is not None and scaled.vector(_Q_SCALE, 4).count > 0,
    )


def _specs(graph: Table, tensors: list[Table], side: int) -> tuple[TensorSpec, ...]:
    specs: list[TensorSpec] = []
    for index in graph.numbers(side)[:_MOST_NAMED]:
        if index >= len(tensors):
            raise Malformed(f"there is no tensor {index}")
        if index >= 0:  # an optional one that is left out
            tensor = tensors[index]
            sizes = tensor.numbers(_T_SIGNATURE) or tensor.numbers(_T_SHAPE)
            shape = tuple(size if size >= 0 else None for size in sizes)
            specs.append(TensorSpec(tensor.text(_T_NAME), _dtype(tensor), shape))
    return tuple(specs)


def _dtype(tensor: Table) -> str:
    number = tensor.number(_T_TYPE, 1)
    return _TYPES[number] if number < len(_TYPES) else f"type {number}"
