"""The graph of an ONNX model: what goes in and out, and every tensor wherever it hides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.families.onnx_tensors import (
    Outside,
    Stored,
    is_outside,
    skim_outside,
    skim_tensor,
    type_name,
)
from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.trouble import LimitReached, Malformed

_DEEPEST = 32
_MOST_OUTSIDE = 100_000
_MOST_TENSORS = 200_000
_MOST_OPERATORS = 10_000
FEW = 64
"""Constants of so many elements are mostly axes, scales and limits."""

# Field numbers in onnx.proto.
_G_NODE, _G_NAME, _G_INITIALIZER, _G_INPUT, _G_OUTPUT, _G_SPARSE = 1, 2, 5, 11, 12, 15
_N_OUTPUT, _N_TYPE, _N_ATTRIBUTE, _N_DOMAIN = 2, 4, 5, 7
_A_TENSOR, _A_GRAPH, _A_TENSORS, _A_GRAPHS, _A_SPARSE, _A_SPARSES = 5, 6, 10, 11, 22, 23
_F_NAME, _F_NODE, _F_DOMAIN, _F_ATTRIBUTE_PROTO = 1, 7, 10, 11
_TRAINING_GRAPHS = frozenset({1, 2})

_CONTAINERS = {4: "sequence", 5: "map", 7: "opaque", 8: "sparse_tensor", 9: "optional"}

Operator = tuple[str, str]
"""Domain and name; the domain of ONNX itself is empty."""


@dataclass(slots=True)
class GraphFacts:
    """What a model's graphs hold.

    Attributes:
        name: Of the main graph.
        inputs: Inputs of the main graph, with those that have a default value.
        outputs: Outputs of the main graph.
        initializers: Names of the main graph's stored tensors.
        stored: The stored tensors of all graphs, with the weights in nodes that are constants.
        outside: Distinct places of tensors that are stored in other files.
        operators: How often each operator is used.
        defined: Functions that the model defines itself.
        subgraphs: How many graphs there are inside others.
    """

    name: str = ""
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    initializers: set[str] = field(default_factory=set)
    stored: list[Stored] = field(default_factory=list)
    outside: set[Outside] = field(default_factory=set)
    operators: Counter[Operator] = field(default_factory=Counter)
    defined: set[Operator] = field(default_factory=set)
    subgraphs: int = 0

    def store(self, tensor: Stored) -> None:
        """Add a tensor."""
        if len(self.stored) >= _MOST_TENSORS:
            raise LimitReached(f"more than {_MOST_TENSORS:,} stored tensors")
        self.stored.append(tensor)
        if tensor.outside:
            self.place(tensor.outside)

    def weights(self) -> list[Stored]:
        """Return the stored tensors without small constants, unless all weights are constants."""
        if all(tensor.constant for tensor in self.stored):
            return self.stored
        return [tensor for tensor in self.stored if not tensor.constant or tensor.count > FEW]

    def place(self, outside: Outside) -> None:
        """Add a place in another file."""
        if len(self.outside) > _MOST_OUTSIDE:
            raise LimitReached("too many tensors in other files")
        self.outside.add(outside)

    def use(self, operator: Operator) -> None:
        """Count an operator."""
        if operator not in self.operators and len(self.operators) >= _MOST_OPERATORS:
            raise LimitReached("too many operators")
        self.operators[operator] += 1


def skim_graph(skimmer: Skimmer, span: Span, facts: GraphFacts, depth: int) -> None:
    """Add what a GraphProto holds; the outermost one has depth 1."""
    if depth > _DEEPEST:
        raise Malformed(f"graphs are nested more than {_DEEPEST} deep", rule="onnx.depth")
    facts.subgraphs += depth > 1
    for each in skimmer.fields(span):
        if each.number == _G_NODE:
            _skim_node(skimmer, each.span, facts, depth)
        elif each.number == _G_INITIALIZER:
            _add(skim_tensor(skimmer, each.span), facts, named=depth == 1)
        elif each.number == _G_SPARSE:
            _skim_sparse(skimmer, each.span, facts, named=depth == 1)
        elif each.number in {_G_INPUT, _G_OUTPUT} and depth == 1:
            specs = facts.inputs if each.number == _G_INPUT else facts.outputs
            specs.append(_spec(skimmer, each.span))
        elif each.number == _G_NAME and depth == 1:
            facts.name = skimmer.text(each.span)


def skim_training(skimmer: Skimmer, span: Span, facts: GraphFacts) -> None:
    """Add what a TrainingInfoProto holds."""
    for each in skimmer.fields(span):
        if each.number in _TRAINING_GRAPHS:
            skim_graph(skimmer, each.span, facts, 2)


def skim_function(skimmer: Skimmer, span: Span, facts: GraphFacts) -> None:
    """Add what a FunctionProto holds."""
    name = domain = ""
    for each in skimmer.fields(span):
        if each.number == _F_NODE:
            _skim_node(skimmer, each.span, facts, 2)
        elif each.number == _F_ATTRIBUTE_PROTO:
            _skim_attribute(skimmer, each.span, facts, 2)
        elif each.number == _F_NAME:
            name = skimmer.text(each.span)
        elif each.number == _F_DOMAIN:
            domain = skimmer.text(each.span)
    facts.defined.add((domain, name))


def _skim_node(skimmer: Skimmer, span: Span, facts: GraphFacts, depth: int) -> None:
    operator = domain = output = ""
    held: list[Stored] = []
    for each in skimmer.fields(span):
        if each.number == _N_ATTRIBUTE:
            held += _skim_attribute(skimmer, each.span, facts, depth)
        elif each.number == _N_DOMAIN:
            domain = skimmer.text(each.span)
        elif each.number == _N_TYPE:
            operator = skimmer.text(each.span)
        elif each.number == _N_OUTPUT:
            output = output or skimmer.text(each.span)
    facts.use((domain, operator))
    if (domain, operator) == ("", "Constant"):
        for tensor in held:
            if _may_be_weight(tensor):
                facts.store(replace(tensor, name=tensor.name or output, constant=True))


def _may_be_weight(tensor: Stored) -> bool:
    """Tell whether a constant may be a weight: axes are few whole numbers, a scale is one."""
    whole = tensor.dtype in {"int64", "int32", "bool", "string"}
    return tensor.count > (FEW if whole else 1)


def _skim_attribute(skimmer: Skimmer, span: Span, facts: GraphFacts, depth: int) -> list[Stored]:
    """Add the graphs and outside data of an attribute; return the tensor that it is."""
    held: list[Stored] = []
    for each in skimmer.fields(span):
        if each.number in {_A_GRAPH, _A_GRAPHS}:
            skim_graph(skimmer, each.span, facts, depth + 1)
        elif each.number == _A_TENSOR:
            held.append(skim_tensor(skimmer, each.span))
            _note_outside(skimmer, each.span, facts)
        elif each.number == _A_TENSORS:
            _note_outside(skimmer, each.span, facts)
        elif each.number in {_A_SPARSE, _A_SPARSES}:
            for part in skimmer.fields(each.span):
                if isinstance(part.value, Span) and part.number in {1, 2}:
                    _note_outside(skimmer, part.span, facts)
    return held


def _skim_sparse(skimmer: Skimmer, span: Span, facts: GraphFacts, *, named: bool) -> None:
    for each in skimmer.fields(span):
        if each.number == 1:  # values; the indices are no parameters
            _add(skim_tensor(skimmer, each.span), facts, named=named)
        elif each.number == 2:  # noqa: PLR2004 - indices
            _note_outside(skimmer, each.span, facts)


def _add(tensor: Stored, facts: GraphFacts, *, named: bool) -> None:
    facts.store(tensor)
    if named:
        facts.initializers.add(tensor.name)


def _note_outside(skimmer: Skimmer, span: Span, facts: GraphFacts) -> None:
    if is_outside(skimmer, span):
        facts.place(skim_outside(skimmer, span))


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
            dtype = type_name(each.whole)
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
