"""ONNX: inputs, outputs, operators and outside data of a model, skimmed without protobuf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.families.onnx_graph import (
    GraphFacts,
    Operator,
    skim_function,
    skim_graph,
    skim_training,
)
from modelshelf.formats.families.onnx_outside import judge_outside, needed, placed
from modelshelf.formats.families.onnx_tensors import key_value
from modelshelf.formats.interface import LIKELY, NAMED, Extent, Placed
from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import LimitReached, Malformed

# ModelProto's fields in onnx.proto (ONNX IR version 13).
_IR_VERSION, _PRODUCER, _PRODUCER_VERSION, _DOMAIN, _MODEL_VERSION, _DOC = 1, 2, 3, 4, 5, 6
_GRAPH, _OPSETS, _PROPERTIES, _TRAINING, _FUNCTIONS, _CONFIGURATION = 7, 8, 14, 20, 25, 26
_NUMBERS = frozenset({_IR_VERSION, _MODEL_VERSION})
_KNOWN_FIELDS = frozenset(
    {_IR_VERSION, _PRODUCER, _PRODUCER_VERSION, _DOMAIN, _MODEL_VERSION, _DOC, _GRAPH}
    | {_OPSETS, _PROPERTIES, _TRAINING, _FUNCTIONS, _CONFIGURATION}
)
_TEXTS = {_DOMAIN: "domain", _MODEL_VERSION: "model_version", _DOC: "doc_string"}
_NEWEST_IR = 1_000
_MOST_PROPERTIES = 200
_MOST_SHOWN = 20
_LICENSES = ("model_license", "license", "licence")
_SMALL = frozenset(
    {"int8", "uint8", "int4", "uint4", "int2", "uint2", "float4_e2m1", "float8_e4m3fn"}
    | {"float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"}
)
# Operators of these come with the runtimes; ONNX Runtime brings com.microsoft itself.
_COMMON_DOMAINS = frozenset(
    {
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.preview",
        "ai.onnx.preview.training",
        "ai.onnx.training",
        "com.microsoft",
        "com.microsoft.experimental",
        "com.microsoft.nchwc",
    }
)


@dataclass(slots=True)
class _Model:
    graph: GraphFacts = field(default_factory=GraphFacts)
    metadata: dict[str, str] = field(default_factory=dict)
    opsets: dict[str, int] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    producer: str = ""
    producer_version: str = ""
    graphs: int = 0
    training: int = 0


@dataclass(frozen=True, slots=True)
class Onnx:
    """Source of the format: onnx/onnx.proto of the ONNX project."""

    name: ClassVar[str] = "onnx"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the model's own fields and a graph among them."""
        named = NAMED if source.extension == ".onnx" else 0
        if not head or head[0] & 7 not in {0, 2}:
            return named
        numbers: set[int] = set()
        try:
            for each in _top_level(source):
                numbers.add(each.number)
                if each.number not in _KNOWN_FIELDS:
                    return named
        except (Malformed, LimitReached):
            return named
        return LIKELY if {_IR_VERSION, _GRAPH} <= numbers else named

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        model = _model(source)
        graph = model.graph
        weights = graph.weights()
        custom = _custom(model)
        found = (
            *judge_outside(graph.outside, source),
            *_about_custom(custom, source.name),
            *_about_sizes(graph, source.name),
        )
        producer = f"{model.producer} {model.producer_version}".strip()
        inputs = tuple(spec for spec in graph.inputs if spec.name not in graph.initializers)
        return Inspection(
            self.name,
            framework=producer,
            inputs=inputs,
            outputs=tuple(graph.outputs),
            parameters=sum(tensor.count for tensor in weights) if weights else None,
            tensors=len(weights),
            metadata=model.properties | model.metadata | _opsets(model) | _insides(model),
            verdict=say.judge(found),
            findings=found,
            version=_version(model),
            producer=producer,
            architecture=graph.name,
            quantization=_quantization(graph),
            license=next((model.properties[k] for k in _LICENSES if k in model.properties), ""),
            needs_code=tuple(f"{domain}.{name}" if name else domain for domain, name in custom),
        )

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        return placed(_model(source).graph.weights(), source)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the files of tensors that are stored outside."""
        return needed(_model(source).graph.outside)

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: no total is written, but a cut field is noticed."""
        for each in _top_level(source):
            if each.number not in _KNOWN_FIELDS:
                break  # it is no model, so nothing is known about its end
        return Extent()


def _top_level(source: Source) -> Iterator[Field]:
    with Reader.of(source.only) as reader:
        skimmer = Skimmer(reader)
        for each in skimmer.fields(skimmer.everything):
            if (each.number in _NUMBERS) != isinstance(each.value, int):
                raise Malformed(f"field {each.number} is of the wrong kind")
            yield each


def _model(source: Source) -> _Model:
    with Reader.of(source.only) as reader:
        model = _skim_model(Skimmer(reader))
    if not model.graphs:
        raise Malformed("there is no graph in it")
    return model


def _skim_model(skimmer: Skimmer) -> _Model:
    model = _Model()
    for each in skimmer.fields(skimmer.everything):
        if each.number == _GRAPH:
            model.graphs += 1
            skim_graph(skimmer, each.span, model.graph, 1)
        elif each.number == _FUNCTIONS:
            skim_function(skimmer, each.span, model.graph)
        elif each.number == _TRAINING:
            model.training += 1
            skim_training(skimmer, each.span, model.graph)
        else:
            _note(skimmer, each, model)
    return model


def _note(skimmer: Skimmer, each: Field, model: _Model) -> None:
    if each.number == _IR_VERSION:
        if not 0 < each.whole < _NEWEST_IR:
            raise Malformed(f"there is no IR version {each.whole}")
        model.metadata["ir_version"] = str(each.whole)
    elif each.number == _PRODUCER:
        model.producer = skimmer.text(each.span)
    elif each.number == _PRODUCER_VERSION:
        model.producer_version = skimmer.text(each.span)
    elif each.number == _OPSETS:
        domain, version = _opset(skimmer, each.span)
        model.opsets[domain] = version
    elif each.number == _PROPERTIES and len(model.properties) < _MOST_PROPERTIES:
        key, value = key_value(skimmer, each.span)
        model.properties[key] = value
    elif each.number in _TEXTS:
        text = str(each.value) if isinstance(each.value, int) else skimmer.text(each.span)
        if text and text != "0":
            model.metadata[_TEXTS[each.number]] = text


def _opset(skimmer: Skimmer, span: Span) -> tuple[str, int]:
    domain, version = "", 0
    for each in skimmer.fields(span):
        if each.number == 1:
            domain = skimmer.text(each.span)
        elif each.number == 2:  # noqa: PLR2004 - its second field
            version = each.whole
    return domain, version


def _opsets(model: _Model) -> dict[str, str]:
    texts = [f"{domain or 'ai.onnx'} {version}" for domain, version in model.opsets.items()]
    return {"opsets": ", ".join(texts)} if texts else {}


def _version(model: _Model) -> str:
    opsets = {domain or "ai.onnx": number for domain, number in model.opsets.items()}
    main = opsets.pop("ai.onnx", None)
    others = ", ".join(f"{domain} {number}" for domain, number in sorted(opsets.items()))
    parts = [f"IR {model.metadata['ir_version']}"] if "ir_version" in model.metadata else []
    parts += [f"opset {main}"] if main is not None else []
    return ", ".join(parts) + (f" ({others})" if others else "")


def _insides(model: _Model) -> dict[str, str]:
    """Return what the graphs are made of."""
    graph = model.graph
    most = graph.operators.most_common(_MOST_SHOWN)
    used = ", ".join(f"{count:,} × {_spelled(operator)}" for operator, count in most)
    counted = {
        "operators": used,
        "functions": str(len(graph.defined) or ""),
        "subgraphs": str(graph.subgraphs or ""),
        "training_graphs": str(model.training or ""),
    }
    return {key: value for key, value in counted.items() if value}


def _spelled(operator: Operator) -> str:
    domain, name = operator
    return f"{domain}.{name}" if domain else name


def _quantization(graph: GraphFacts) -> str:
    """Return the smallest of the types that most weights are stored in, and how they are used."""
    names = {name for _, name in graph.operators}
    styles = {
        "QDQ": "DequantizeLinear" in names,
        "QOperator": any(name.startswith("QLinear") for name in names),
        "dynamic": any(name.startswith("Dynamic") or name.endswith("Integer") for name in names),
        "n-bit blocks": "MatMulNBits" in names,
    }
    used = ", ".join(style for style, is_used in styles.items() if is_used)
    sizes: Counter[str] = Counter()
    for tensor in graph.stored:
        if tensor.dtype in _SMALL:
            sizes[tensor.dtype] += tensor.count
    if not used or not sizes:
        return used
    return f"{sizes.most_common(1)[0][0]} ({used})"


def _custom(model: _Model) -> list[Operator]:
    """Return the operators that neither the runtimes nor the model itself bring, sorted."""
    graph = model.graph
    used = {
        operator
        for operator in graph.operators
        if operator[0] not in _COMMON_DOMAINS and operator not in graph.defined
    }
    named = {domain for domain, _ in used | graph.defined}
    declared = {(domain, "") for domain in model.opsets.keys() - _COMMON_DOMAINS - named}
    return sorted(used | declared)


def _about_custom(custom: Iterable[Operator], where: str) -> Iterator[Finding]:
    by_domain: dict[str, list[str]] = {}
    for domain, name in custom:
        by_domain.setdefault(domain, []).append(name)
    for domain, names in by_domain.items():
        shown = ", ".join(filter(None, names[:_MOST_SHOWN]))
        which = f"operators of {domain!r}" + (f" ({shown})" if shown else "")
        detail = f"{which} need a library of code that is not part of the model"
        yield say.warning("onnx.custom_operators", where, detail)


def _about_sizes(graph: GraphFacts, where: str) -> Iterator[Finding]:
    wrong = [tensor for tensor in graph.stored if not tensor.has_its_size()]
    if wrong:
        detail = f"{len(wrong):,} tensors do not have their declared size: {wrong[0].name!r}"
        yield say.warning("onnx.tensor_size", where, detail)
