"""What a SavedModel says of itself: its versions, signatures, objects and assets.

Source of the format: meta_graph.proto, saved_object_graph.proto and saver.proto in tensorflow/core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.protobuf import Field, Skimmer, Span
from modelshelf.formats.savedmodel.graph import Graph, exact_name, node_of, skim_graph
from modelshelf.formats.savedmodel.types import dtype, shape
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST_ENTRIES = 100_000
_MOST_GRAPHS = 100
_LONGEST_METADATA = 4 * 1024 * 1024

_META_GRAPHS = 2
_INFO, _GRAPH, _SAVER, _COLLECTIONS, _SIGNATURES, _ASSETS, _OBJECTS = range(1, 8)
_I_TAGS, _I_VERSION = 4, 5
_S_INPUTS, _S_OUTPUTS, _S_METHOD = 1, 2, 3
_T_NAME, _T_TYPE, _T_SHAPE = 1, 2, 3
_O_NODES, _O_FUNCTIONS = 1, 2
_ON_USER_OBJECT = 4
_RESTORE = 3
# Collections of TensorFlow 1 that name what runs when the model is loaded.
_RUN_AT_LOAD = frozenset({"saved_model_main_op", "legacy_init_op"})
INIT = "__saved_model_init_op"


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call the model.

    Attributes:
        inputs: What it takes.
        outputs: What it gives.
        nodes: Names of the results behind both.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    nodes: tuple[str, ...]


@dataclass(slots=True)
class MetaGraph:
    """One graph with all that belongs to it.

    Attributes:
        tags: What it is made for, such as ``serve``.
        tensorflow: Version that wrote it.
        graph: Its operations.
        signatures: By name.
        restore: Node that loading asks for.
        at_load: Nodes that run when it is loaded.
        functions: Functions that its objects offer.
        assets: Names of files in the folder ``assets``.
        objects: Kinds of its objects, with the settings that Keras stored of each.
    """

    tags: list[str] = field(default_factory=list)
    tensorflow: str = ""
    graph: Graph = field(default_factory=Graph)
    signatures: dict[str, Signature] = field(default_factory=dict)
    restore: str = ""
    at_load: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    objects: list[tuple[str, str]] = field(default_factory=list)


def skim_model(skimmer: Skimmer, *, operations: bool = True) -> list[MetaGraph]:
    """Return the graphs of a SavedModel.

    Args:
        skimmer: The file saved_model.pb.
        operations: Whether their operations and objects are wanted, which take most of the time.

    Raises:
        Malformed: There is none, or the bytes are no such message.
    """
    found: list[MetaGraph] = []
    for each in skimmer.fields(skimmer.everything):
        if each.number == _META_GRAPHS:
            if len(found) >= _MOST_GRAPHS:
                raise LimitReached(f"more than {_MOST_GRAPHS} graphs")
            found.append(_meta_graph(skimmer, each.span, operations=operations))
    if not found:
        raise Malformed("there is no graph in it")
    return found


def _meta_graph(skimmer: Skimmer, span: Span, *, operations: bool) -> MetaGraph:
    meta = MetaGraph()
    for each in skimmer.fields(span):
        if each.number == _GRAPH and operations:
            skim_graph(skimmer, each.span, meta.graph)
        elif each.number == _OBJECTS and operations:
            _object_graph(skimmer, each.span, meta)
        elif each.number in {_INFO, _SAVER}:
            _about(skimmer, each, meta)
        elif each.number in {_SIGNATURES, _COLLECTIONS, _ASSETS}:
            _note(skimmer, each, meta)
        if len(meta.signatures) + len(meta.assets) + len(meta.at_load) > _MOST_ENTRIES:
            raise LimitReached(f"more than {_MOST_ENTRIES:,} signatures or assets")
    return meta


def _about(skimmer: Skimmer, each: Field, meta: MetaGraph) -> None:
    if each.number == _INFO:
        _info(skimmer, each.span, meta)
    else:
        meta.restore = _texts(skimmer, each.span).get(_RESTORE, "")


def _note(skimmer: Skimmer, each: Field, meta: MetaGraph) -> None:
    if each.number == _ASSETS:
        meta.assets.append(_texts(skimmer, each.span).get(2, ""))
        return
    key, value = _entry(skimmer, each.span)
    if each.number == _SIGNATURES:
        meta.signatures[key] = _signature(skimmer, value)
    elif key in _RUN_AT_LOAD:
        meta.at_load.extend(_names(skimmer, value))


def _info(skimmer: Skimmer, span: Span, meta: MetaGraph) -> None:
    for each in skimmer.fields(span):
        if each.number == _I_TAGS:
            meta.tags.append(skimmer.text(each.span, 200))
        elif each.number == _I_VERSION:
            meta.tensorflow = skimmer.text(each.span, 200)


def _texts(skimmer: Skimmer, span: Span) -> dict[int, str]:
    return {
        each.number: exact_name(skimmer, each.span)
        for each in skimmer.fields(span)
        if isinstance(each.value, Span)
    }


def _entry(skimmer: Skimmer, span: Span) -> tuple[str, Span]:
    """Return key and value of one entry of a map."""
    key, value = "", Span(span.end, span.end)
    for each in skimmer.fields(span):
        if each.number == 1:
            key = exact_name(skimmer, each.span)
        elif each.number == 2:  # noqa: PLR2004 - the value
            value = each.span
    return key, value


def _names(skimmer: Skimmer, span: Span) -> Iterator[str]:
    """Yield the nodes that a CollectionDef lists."""
    for each in skimmer.fields(span):
        if each.number == 1:  # a list of nodes
            for part in skimmer.fields(each.span):
                yield node_of(exact_name(skimmer, part.span))


def _signature(skimmer: Skimmer, span: Span) -> Signature:
    sides: dict[int, list[TensorSpec]] = {_S_INPUTS: [], _S_OUTPUTS: []}
    nodes: list[str] = []
    for each in skimmer.fields(span):
        if each.number in sides:
            key, value = _entry(skimmer, each.span)
            spec, node = _tensor(skimmer, key, value)
            sides[each.number].append(spec)
            nodes.append(node)
        if len(nodes) > _MOST_ENTRIES:
            raise LimitReached(f"a signature of more than {_MOST_ENTRIES:,} tensors")
    given, returned = (tuple(sorted(side, key=_name)) for side in sides.values())
    return Signature(given, returned, tuple(nodes))


def _name(spec: TensorSpec) -> str:
    return spec.name


def _tensor(skimmer: Skimmer, key: str, span: Span) -> tuple[TensorSpec, str]:
    node, kind = "", 0
    sizes: tuple[int | None, ...] = ()
    for each in skimmer.fields(span):
        if each.number == _T_NAME:
            node = exact_name(skimmer, each.span)
        elif each.number == _T_TYPE:
            kind = each.whole
        elif each.number == _T_SHAPE:
            sizes = shape(skimmer, each.span)
    return TensorSpec(key, dtype(kind), sizes), node


def _object_graph(skimmer: Skimmer, span: Span, meta: MetaGraph) -> None:
    for each in skimmer.fields(span):
        if each.number == _O_FUNCTIONS:
            meta.functions.append(_entry(skimmer, each.span)[0])
        elif each.number == _O_NODES:
            for part in skimmer.fields(each.span):
                if part.number == _ON_USER_OBJECT:
                    meta.objects.append(_user_object(skimmer, part.span))
        if len(meta.functions) + len(meta.objects) > _MOST_ENTRIES:
            raise LimitReached(f"more than {_MOST_ENTRIES:,} objects")


def _user_object(skimmer: Skimmer, span: Span) -> tuple[str, str]:
    """Return the kind of an object, and what Keras before 2.6 stored about it here."""
    kind = metadata = ""
    for each in skimmer.fields(span):
        if each.number == 1:
            kind = skimmer.text(each.span, 200)
        elif each.number == 3:  # noqa: PLR2004 - metadata
            metadata = skimmer.text(each.span, _LONGEST_METADATA)
    return kind, metadata
