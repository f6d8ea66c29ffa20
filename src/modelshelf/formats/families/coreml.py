"""Core ML: single .mlmodel files, and .mlpackage folders with the weights beside the program."""

from __future__ import annotations

import math
import posixpath
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.coreml.features import Description, read_description
from modelshelf.formats.coreml.network import Network, skim_network
from modelshelf.formats.coreml.program import Program, Stored, skim_program
from modelshelf.formats.interface import LIKELY, NAMED, Extent, Placed
from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_SPECIFICATION, _DESCRIPTION, _UPDATABLE = 1, 2, 10
_NEWEST = 100
_KINDS = {
    200: "pipelineClassifier", 201: "pipelineRegressor", 202: "pipeline", 300: "glmRegressor",
    301: "supportVectorRegressor", 302: "treeEnsembleRegressor", 303: "neuralNetworkRegressor",
    304: "bayesianProbitRegressor", 400: "glmClassifier", 401: "supportVectorClassifier",
    402: "treeEnsembleClassifier", 403: "neuralNetworkClassifier",
    404: "kNearestNeighborsClassifier", 500: "neuralNetwork", 501: "itemSimilarityRecommender",
    502: "mlProgram", 555: "customModel",
    556: "linkedModel", 560: "classConfidenceThresholding", 600: "oneHotEncoder", 601: "imputer",
    602: "featureVectorizer", 603: "dictVectorizer", 604: "scaler", 606: "categoricalMapping",
    607: "normalizer", 609: "arrayFeatureExtractor", 610: "nonMaximumSuppression", 900: "identity",
    2000: "textClassifier", 2001: "wordTagger", 2002: "visionFeaturePrint",
    2003: "soundAnalysisPreprocessing", 2004: "gazetteer", 2005: "wordEmbedding",
    2006: "audioFeaturePrint", 3000: "serializedModel",
}  # fmt: skip
_PIPELINES, _PIPELINE = frozenset({200, 201}), 202
_NETWORKS = frozenset({303, 403, 500})
_PROGRAM, _CUSTOM, _LINKED = 502, 555, 556
_CLASS_NAME = 10
_DEEPEST = 16
_MOST_MODELS = 1_000
_MOST_SHOWN = 40
_MOST_FILES = 100
_BESIDE = "@model_path/"  # what a program writes in front of a file of its own package
_BLOB, _SENTINEL = struct.Struct("<IIQQ"), 0xDEADBEEF
_BITS = {"float16": 16, "float32": 32, "float64": 64, "bfloat16": 16, "bool": 8, "int8": 8,
         "int16": 16, "int32": 32, "uint8": 8, "uint16": 16}  # fmt: skip
_TOOL = "com.github.apple.coremltools.version"
_SOURCE = "com.github.apple.coremltools.source"


@dataclass(slots=True)
class _Model:
    specification: int = 0
    description: Description = field(default_factory=Description)
    kinds: list[str] = field(default_factory=list)
    network: Network = field(default_factory=Network)
    operations: Counter[str] = field(default_factory=Counter)
    stored: list[Stored] = field(default_factory=list)
    parameters: int = 0
    custom: set[str] = field(default_factory=set)
    opsets: set[str] = field(default_factory=set)
    quantization: set[str] = field(default_factory=set)
    linked: bool = False


@dataclass(frozen=True, slots=True)
class CoreMl:
    """Source of the format: Model.proto in coremltools, mlmodel/format."""

    name: ClassVar[str] = "coreml"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a version, a description, and one kind of model."""
        named = NAMED if source.extension == ".mlmodel" else 0
        if head[:1] != b"\x08":
            return named
        try:
            kinds = [each.number for each in _top_level(source) if each.number in _KINDS]
        except (Malformed, LimitReached):
            return named
        return LIKELY if len(kinds) == 1 else named

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        model = _model(source)
        metadata = model.description.metadata
        tool = metadata.get(_TOOL, "")
        found = (*_judge(model, source.name), *_judge_files(model.stored, source))
        counted = model.stored or model.network.tensors
        quantized = sorted(model.quantization | model.network.bits)
        return Inspection(
            self.name,
            framework=" ".join(made)
            if len(made := metadata.get(_SOURCE, "").split("==")) > 1
            else "",
            inputs=tuple(model.description.inputs),
            outputs=tuple(model.description.outputs),
            parameters=model.network.parameters + model.parameters if counted else None,
            tensors=model.network.tensors + len(model.stored) if counted else None,
            metadata=_metadata(model),
            verdict=say.judge(found),
            findings=found,
            version=f"Core ML specification {model.specification}",
            producer=f"coremltools {tool}" if tool else "",
            architecture=model.kinds[0],
            quantization=", ".join(quantized),
            license=metadata.get("license", ""),
            needs_code=tuple(sorted(model.custom)),
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`: the constants of a program, in its files of weights."""
        readers: dict[str, Reader | None] = {"": None}
        with ExitStack() as stack:
            for each in _model(source).stored:
                if each.file not in readers and len(readers) <= _MOST_FILES:
                    file = _beside(each.file, source)
                    readers[each.file] = stack.enter_context(Reader.of(file)) if file else None
                yield _placed(each, readers.get(each.file), source)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the files of weights that a program names."""
        names = {each.file for each in _model(source).stored if each.file}
        inside = (_relative(name) for name in names)
        return tuple(sorted(name for name in inside if not leaves_folder(name)))

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: no total is written, but a cut field is noticed."""
        for _ in _top_level(source):
            pass
        return Extent()


def _top_level(source: Source) -> Iterator[Field]:
    known = {_SPECIFICATION, _DESCRIPTION, _UPDATABLE, *_KINDS}
    with Reader.of(source.only) as reader:
        skimmer = Skimmer(reader)
        for each in skimmer.fields(skimmer.everything):
            if each.number not in known:
                raise Malformed(f"there is no field {each.number} in a model of Core ML")
            yield each


def _model(source: Source) -> _Model:
    model = _Model()
    with Reader.of(source.only) as reader:
        skimmer = Skimmer(reader)
        _skim(skimmer, skimmer.everything, model, 1)
    if not model.kinds or not 0 < model.specification < _NEWEST:
        raise Malformed("it names no kind of model, or no version that there is")
    return model


def _skim(skimmer: Skimmer, span: Span, model: _Model, depth: int) -> None:
    if depth > _DEEPEST:
        raise Malformed(f"models are nested more than {_DEEPEST} deep", rule="coreml.depth")
    if len(model.kinds) > _MOST_MODELS:
        raise LimitReached(f"more than {_MOST_MODELS:,} models in one")
    for each in skimmer.fields(span):
        if each.number == _SPECIFICATION and depth == 1:
            model.specification = each.whole
        elif each.number == _DESCRIPTION and depth == 1:
            model.description = read_description(skimmer, each.span)
        elif each.number in _KINDS:
            model.kinds.append(_KINDS[each.number])
            _skim_kind(skimmer, each, model, depth)


def _skim_kind(skimmer: Skimmer, each: Field, model: _Model, depth: int) -> None:
    if each.number in _NETWORKS:
        skim_network(skimmer, each.span, model.network)
        model.custom |= model.network.custom
    elif each.number == _PROGRAM:
        _add(model, skim_program(skimmer, each.span))
    elif each.number == _PIPELINE:
        for part in skimmer.fields(each.span):
            if part.number == 1:
                _skim(skimmer, part.span, model, depth + 1)
    elif each.number in _PIPELINES:
        for part in skimmer.fields(each.span):
            if part.number == 1:
                _skim_kind(skimmer, Field(_PIPELINE, part.span), model, depth)
    elif each.number == _CUSTOM:
        parts = skimmer.fields(each.span)
        names = (skimmer.text(part.span) for part in parts if part.number == _CLASS_NAME)
        model.custom.add(next(names, "?"))
    model.linked = model.linked or each.number == _LINKED


def _add(model: _Model, program: Program) -> None:
    model.operations += program.operations
    model.stored += program.stored
    model.parameters += program.parameters
    model.custom |= program.custom
    model.opsets |= program.opsets
    model.quantization |= {program.quantization} - {""}


def _metadata(model: _Model) -> dict[str, str]:
    parts = model.operations or model.network.layers
    used = ", ".join(f"{name} × {count:,}" for name, count in parts.most_common(_MOST_SHOWN))
    said = {
        "models": " > ".join(model.kinds[:_MOST_SHOWN]) if len(model.kinds) > 1 else "",
        "opset": ", ".join(sorted(model.opsets)),
        "operations" if model.operations else "layers": used,
        "functions": ", ".join(model.description.functions),
    }
    return {k: v for k, v in {**said, **model.description.metadata}.items() if v}


def _judge(model: _Model, where: str) -> Iterator[Finding]:
    if model.custom:
        names = ", ".join(sorted(model.custom)[:_MOST_SHOWN])
        detail = f"it needs classes that are not part of the model: {names}"
        yield say.warning("coreml.custom", where, detail)
    if model.linked:
        detail = "it is a link to another model, which is looked for on the machine that runs it"
        yield say.warning("coreml.linked", where, detail)


def _judge_files(stored: list[Stored], source: Source) -> Iterator[Finding]:
    last: dict[str, int] = {}
    for each in stored:
        if each.file:
            last[each.file] = max(last.get(each.file, 0), each.offset)
    for name, offset in sorted(last.items()):
        if leaves_folder(_relative(name)):
            detail = f"weights are to be read from {name!r}, outside the model"
            yield say.dangerous("coreml.external_path", source.name, detail)
            continue
        file = _beside(name, source)
        if file is None:
            detail = f"weights are stored in {name!r}, which did not come with the model"
            yield say.warning("coreml.external_missing", source.name, detail)
        elif offset + _BLOB.size > file.size:
            detail = f"weights are to be read from outside the {file.size:,} bytes of {name!r}"
            yield say.dangerous("coreml.external_range", source.name, detail)


def _relative(name: str) -> str:
    """Return a name relative to the model's folder; what does not say so leads out."""
    return name[len(_BESIDE) :] if name.startswith(_BESIDE) else ""


def _beside(name: str, source: Source) -> SourceFile | None:
    path = posixpath.join(posixpath.dirname(source.only.path), _relative(name))
    return next((file for file in source.siblings if file.path == path), None)


def _placed(stored: Stored, reader: Reader | None, source: Source) -> Placed:
    bits = _BITS.get(stored.dtype, 0)
    length = math.prod(stored.shape) * bits // 8
    unplaced = Placed(stored.name, stored.dtype, stored.shape, source.only.path, -1, length)
    if reader is None or not bits or stored.offset + _BLOB.size > reader.size:
        return unplaced
    reader.seek(stored.offset)
    sentinel, _, size, start = _BLOB.unpack(reader.take(_BLOB.size))
    if sentinel != _SENTINEL or size != length or start + size > reader.size:
        return unplaced
    folder = posixpath.dirname(source.only.path)
    return replace(unplaced, file=posixpath.join(folder, _relative(stored.file)), start=start)
