"""The graph of an ONNX model: what goes in and out, and every tensor wherever it hides."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.trouble import LimitReached, Malformed

_DEEPEST = 32
_MOST_OUTSIDE = 100_000
_MOST_NAMES = 1_000_000

# Field numbers in onnx.proto.
_G_NODE, _G_INITIALIZER, _G_INPUT, _G_OUTPUT, _G_SPARSE = 1, 5, 11, 12, 15
_N_ATTRIBUTE, _N_DOMAIN = 5, 7
_A_TENSOR, _A_GRAPH, _A_TENSORS, _A_GRAPHS, _A_SPARSE, _A_SPARSES = 5, 6, 10, 11, 22, 23
_T_DIMS, _T_NAME, _T_EXTERNAL = 1, 8, 13
_F_NODE, _F_DOMAIN, _F_ATTRIBUTE_PROTO = 7, 10, 11
_TRAINING_GRAPHS = frozenset({1, 2})

_CONTAINERS = {4: "sequence", 5: "map", 7: "opaque", 8: "sparse_tensor", 9: "optional"}
_TYPES = (
    "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string",
    "bool", "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "uint4", "int4",
    "float4_e2m1", "float8_e8m0", "uint2", "int2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outside:
    """Where a tensor says that its data lies: a relative name, and a range in that file."""

    location: str
    offset: str = ""
    length: str = ""


@dataclass(slots=True)
class GraphFacts:
    """What a model's graphs hold.

    Attributes:
        inputs: Inputs of the main graph, with those that have a default value.
        outputs: Outputs of the main graph.
        initializers: Names of the main graph's stored tensors.
        tensors: How many stored tensors there are.
        parameters: How many numbers these hold.
        outside: Distinct places of tensors that are stored in other files.
        domains: Domains of the operators that are used.
        defined: Domains of the functions that the model defines itself.
    """

    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    initializers: set[str] = field(default_factory=set)
    tensors: int = 0
    parameters: int = 0
    outside: set[Outside] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)


def skim_graph(skimmer: Skimmer, span: Span, facts: GraphFacts, depth: int) -> None:
    """Add what a GraphProto holds; the outermost one has depth 1."""
    if depth > _DEEPEST:
        raise Malformed(f"graphs are nested more than {_DEEPEST} deep", rule="onnx.depth")
    for each in skimmer.fields(span):
        if each.number == _G_NODE:
            _skim_node(skimmer, each.span, facts, depth)
        elif each.number == _G_INITIALIZER:
            _skim_tensor(skimmer, each.span, facts, named=depth == 1)
        elif each.number == _G_SPARSE:
            _skim_sparse(skimmer, each.span, facts, named=depth == 1)
        elif each.number in {_G_INPUT, _G_OUTPUT} and depth == 1:
            specs = facts.inputs if each.number == _G_INPUT else facts.outputs
            specs.append(_spec(skimmer, each.span))


def skim_function(skimmer: Skimmer, span: Span, facts: GraphFacts, *, training: bool) -> None:
    """Add what a FunctionProto, or with ``training`` a TrainingInfoProto, holds."""
    for each in skimmer.fields(span):
        if training:
            if each.number in _TRAINING_GRAPHS:
                skim_graph(skimmer, each.span, facts, 2)
        elif each.number == _F_NODE:
            _skim_node(skimmer, each.span, facts, 2)
        elif each.number == _F_ATTRIBUTE_PROTO:
            _skim_attribute(skimmer, each.span, facts, 2)
        elif each.number == _F_DOMAIN:
            facts.defined.add(skimmer.text(each.span))


def _skim_node(skimmer: Skimmer, span: Span, facts: GraphFacts, depth: int) -> None:
    for each in skimmer.fields(span):
        if each.number == _N_ATTRIBUTE:
            _skim_attribute(skimmer, each.span, facts, depth)
        elif each.number == _N_DOMAIN:
            if len(facts.domains) > _MOST_OUTSIDE:
                raise LimitReached("too many operator domains")
            facts.domains.add(skimmer.text(each.span))


def _skim_attribute(skimmer: Skimmer, span: Span, facts: GraphFacts, depth: int) -> None:
    for each in skimmer.fields(span):
        if each.number in {_A_GRAPH, _A_GRAPHS}:
            skim_graph(skimmer, each.span, facts, depth + 1)
        elif each.number in {_A_TENSOR, _A_TENSORS}:
            _note_outside(skimmer, each.span, facts)
        elif each.number in {_A_SPARSE, _A_SPARSES}:
            for part in skimmer.fields(each.span):
                if isinstance(part.value, Span) and part.number in {1, 2}:
                    _note_outside(skimmer, part.span, facts)


def _skim_sparse(skimmer: Skimmer, span: Span, facts: GraphFacts, *, named: bool) -> None:
    for each in skimmer.fields(span):
        if each.number == 1:  # values; the indices are no parameters
            _skim_tensor(skimmer, each.span, facts, named=named)
        elif each.number == 2:  # noqa: PLR2004 - indices
            _note_outside(skimmer, each.span, facts)


def _skim_tensor(skimmer: Skimmer, span: Span, facts: GraphFacts, *, named: bool) -> None:
    dims: list[int] = []
    outside = False
    for each in skimmer.fields(span):
        outside = outside or each.number == _T_EXTERNAL
        if each.number == _T_DIMS:
            dims.extend(skimmer.numbers(each))
        elif each.number == _T_NAME and named:
            if len(facts.initializers) > _MOST_NAMES:
                raise LimitReached("too many stored tensors")
            facts.initializers.add(skimmer.text(each.span))
    if outside:
        _add_outside(skimmer, span, facts)
    count = math.prod(dims)
    if count >= 1 << 63 or any(size >= 1 << 63 for size in dims):
        raise Malformed("a tensor has a negative or endless size")
    facts.tensors += 1
    facts.parameters += count


def _note_outside(skimmer: Skimmer, span: Span, facts: GraphFacts) -> None:
    if any(each.number == _T_EXTERNAL for each in skimmer.fields(span)):
        _add_outside(skimmer, span, facts)


def _add_outside(skimmer: Skimmer, span: Span, facts: GraphFacts) -> None:
    entries: dict[str, str] = {}
    for each in skimmer.fields(span):
        if each.number == _T_EXTERNAL:
            key, value = key_value(skimmer, each.span)
            if key in entries and entries[key] != value:
                raise Malformed(f"the outside data of a tensor has two values for {key[:80]!r}")
            entries[key] = value
    if len(facts.outside) > _MOST_OUTSIDE:
        raise LimitReached("too many tensors in other files")
    place = (entries.get(key, "") for key in ("location", "offset", "length"))
    facts.outside.add(Outside(*place))


def _spec(skimmer: Skimmer, span: Span) -> TensorSpec:
    name, dtype, shape = "", "unknown", None
    for each in skimmer.fields(span):
        if each.number == 1:
            name = skimmer.text(each.span)
        elif each.number == 2:  # noqa: PLR2004 - TypeProto
            dtype, shape = _type(skimmer, each.span)
    return TensorSpec(name, dtype, shape or ())


def _type(skimmer: Skimmer, span: Span) -> tuple[str, tuple[int | str | None, ...]]:
    for each in skimmer.fields(span):
        if each.number == 1:  # a tensor
            return _tensor_type(skimmer, each.span)
        if each.number in _CONTAINERS:
            return _CONTAINERS[each.number], ()
    return "unknown", ()


def _tensor_type(skimmer: Skimmer, span: Span) -> tuple[str, tuple[int | str | None, ...]]:
    dtype = "unknown"
    shape: tuple[int | str | None, ...] = ()
    for each in skimmer.fields(span):
        if each.number == 1:
            known = each.whole < len(_TYPES)
            dtype = _TYPES[each.whole] if known else f"type {each.whole}"
        elif each.number == 2:  # noqa: PLR2004 - TensorShapeProto
            sizes = (part for part in skimmer.fields(each.span) if part.number == 1)
            shape = tuple(_size(skimmer, part) for part in sizes)
    return dtype, shape


def _size(skimmer: Skimmer, dimension: Field) -> int | str | None:
    for each in skimmer.fields(dimension.span):
        if each.number == 1:
            return each.whole if each.whole < 1 << 63 else None
        if each.number == 2:  # noqa: PLR2004 - dim_param
            return skimmer.text(each.span) or None
    return None


def key_value(skimmer: Skimmer, span: Span) -> tuple[str, str]:
    """Return a StringStringEntryProto."""
    key = value = ""
    for each in skimmer.fields(span):
        if each.number == 1:
            key = skimmer.text(each.span)
        elif each.number == 2:  # noqa: PLR2004 - its second field
            value = skimmer.text(each.span)
    return key, value
