"""ONNX: inputs, outputs, operators and outside data of a model, skimmed without protobuf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.families.onnx_graph import GraphFacts, key_value, skim_function, skim_graph
from modelshelf.formats.families.onnx_outside import judge_outside
from modelshelf.formats.interface import LIKELY, NAMED, Extent
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
        with Reader.of(source.only) as reader:
            model = _skim_model(Skimmer(reader))
        if not model.graphs:
            raise Malformed("there is no graph in it")
        graph = model.graph
        found = (
            *judge_outside(graph.outside, source),
            *_custom_operators(model, source.name),
        )
        inputs = tuple(spec for spec in graph.inputs if spec.name not in graph.initializers)
        return Inspection(
            self.name,
            framework=f"{model.producer} {model.producer_version}".strip(),
            inputs=inputs,
            outputs=tuple(graph.outputs),
            parameters=graph.parameters if graph.tensors else None,
            tensors=graph.tensors,
            metadata=model.properties | model.metadata | _opsets(model),
            verdict=say.judge(found),
            findings=found,
        )

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


def _skim_model(skimmer: Skimmer) -> _Model:
    model = _Model()
    for each in skimmer.fields(skimmer.everything):
        if each.number == _GRAPH:
            model.graphs += 1
            skim_graph(skimmer, each.span, model.graph, 1)
        elif each.number in {_TRAINING, _FUNCTIONS}:
            skim_function(skimmer, each.span, model.graph, training=each.number == _TRAINING)
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


def _custom_operators(model: _Model, where: str) -> Iterator[Finding]:
    used = model.graph.domains | model.opsets.keys()
    for domain in sorted(used - _COMMON_DOMAINS - model.graph.defined):
        detail = f"operators of {domain!r} need a library of code that is not part of the model"
        yield say.warning("onnx.custom_operators", where, detail)
