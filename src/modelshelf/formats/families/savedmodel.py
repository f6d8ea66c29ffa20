"""TensorFlow SavedModels: the graph in saved_model.pb, its variables, and the folder of both."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.card import read_card
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.interface import CERTAIN, LIKELY, NAMED, Extent, Placed
from modelshelf.formats.members import FileLook, filled, with_members
from modelshelf.formats.protobuf import Skimmer
from modelshelf.formats.reading import Reader
from modelshelf.formats.savedmodel import judged
from modelshelf.formats.savedmodel.index import Index, Variable, read_index
from modelshelf.formats.savedmodel.kept_by_keras import judge_keras, keras_objects
from modelshelf.formats.savedmodel.meta import INIT, MetaGraph, skim_model
from modelshelf.formats.savedmodel.types import item_size
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_GRAPH = "saved_model.pb"
_INDEX = "variables/variables.index"
_SHARD = "variables/variables.data-{:05}-of-{:05}"
_MOST_SHARDS = 10_000
_BESIDE = ("fingerprint.pb", "keras_metadata.pb")
_DEFAULT = "serving_default"
_MOST_SHOWN = 40
# Keys of what is no weight: training state, counters, and the second list that Keras exports.
_STATE = ("optimizer/", "save_counter/", "keras_api/metrics/", "_all_variables/")
_NO_WEIGHT = ("/.OPTIMIZER_SLOT/", "/keras_api/metrics/", "/_optimizer/", "seed_generator")


@dataclass(frozen=True, slots=True)
class SavedModel:
    """Source of the format: saved_model.proto in tensorflow/core, "SavedModel" in its guide."""

    name: ClassVar[str] = "savedmodel"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the one name it has, a version, graphs, nothing else."""
        if posixpath.basename(source.name) != _GRAPH:
            return 0
        with Reader.of(source.only) as reader:
            skimmer = Skimmer(reader)
            try:
                numbers = {each.number for each in skimmer.fields(skimmer.everything)}
            except (Malformed, LimitReached):
                return NAMED
        return LIKELY if numbers == {1, 2} else NAMED

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        graphs = _graphs(source)
        index = _index(source)
        weights = [each for each in index.variables if _is_weight(each)] if index else []
        operators = set[str]().union(*(meta.graph.operators for meta in graphs))
        objects = keras_objects(graphs, _sibling(source, "keras_metadata.pb"))
        found = (
            *judged.judge(operators, source.name, self.name),
            *_outside_saver(graphs, source.name),
            *_custom(operators, source.name),
            *_leading_out(graphs, source.name),
            *judge_keras(objects, source.name),
        )
        main = max(graphs, key=lambda meta: "serve" in meta.tags)
        signature = main.signatures.get(_DEFAULT) or next(
            (each for name, each in main.signatures.items() if name != INIT), None
        )
        return Inspection(
            self.name,
            framework=f"TensorFlow {main.tensorflow}".strip(),
            inputs=signature.inputs if signature else (),
            outputs=signature.outputs if signature else (),
            parameters=sum(math.prod(each.shape) for each in weights) if index else None,
            tensors=len(weights) if index else None,
            metadata=_metadata(graphs, operators),
            verdict=say.judge(found),
            findings=found,
            version="SavedModel 1",
            architecture=next((name for name, _ in objects if name), ""),
            needs_code=judged.needs_code(operators),
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`: where the index says that the variables lie."""
        index = _index(source)
        if index is None:
            return ()
        folder = posixpath.dirname(source.only.path)
        sizes = {file.path: file.size for file in source.siblings}
        weights = filter(_is_weight, index.variables)
        return (_placed(each, index, folder, sizes) for each in weights)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: variables, assets, and what TensorFlow puts beside them."""
        graphs = _graphs(source, operations=False)
        names = {f"assets/{name}" for meta in graphs for name in meta.assets}
        names.update(name for name in _BESIDE if _sibling(source, name))
        if any(meta.restore for meta in graphs) or _sibling(source, _INDEX):
            names.add(_INDEX)
            names.update(_shards(source))
        return tuple(sorted(names))

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: no total is written, but a cut field is noticed."""
        with Reader.of(source.only) as reader:
            skimmer = Skimmer(reader)
            for _ in skimmer.fields(skimmer.everything):
                pass
        return Extent()


@dataclass(frozen=True, slots=True)
class SavedModelFolder:
    """A folder with one SavedModel, at its top or, as servers keep it, in a folder of its version.

    Attributes:
        look: Looks into one file.
    """

    look: FileLook
    name: ClassVar[str] = "savedmodel"
    kind: ClassVar[ContentKind] = "folder"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: its saved_model.pb."""
        paths = _graph_files(source)
        if _GRAPH in paths:
            return CERTAIN - 1
        return NAMED if len(paths) == 1 else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        card = read_card(source)
        own = Inspection(
            self.name,
            license=card.license,
            base_models=card.base_models,
            verdict=say.judge(card.findings),
            findings=card.findings,
        )
        looked = with_members(own, source, self.look)
        path = min(_graph_files(source), key=len)
        main = next(each for file, each in looked.members if file.path == path)
        return replace(
            filled(looked.inspection, main),
            parameters=main.parameters,
            tensors=main.tensors,
            metadata={**main.metadata, **card.metadata},
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`."""
        path = min(_graph_files(source), key=len)
        file = source.file(path)
        return self.look.tensors(source.member(file)) if file else ()


def _graph_files(source: Source) -> list[str]:
    return [file.path for file in source.files if posixpath.basename(file.path) == _GRAPH]


def _graphs(source: Source, *, operations: bool = True) -> list[MetaGraph]:
    with Reader.of(source.only) as reader:
        return skim_model(Skimmer(reader), operations=operations)


def _sibling(source: Source, name: str) -> SourceFile | None:
    path = posixpath.join(posixpath.dirname(source.only.path), name)
    return next((file for file in source.siblings if file.path == path), None)


def _index(source: Source) -> Index | None:
    file = _sibling(source, _INDEX)
    if file is None:
        return None
    with Reader.of(file) as reader:
        return read_index(reader)


def _shards(source: Source) -> Iterator[str]:
    index = _index(source)
    count = min(index.shards, _MOST_SHARDS) if index else 1
    return (_SHARD.format(number, count) for number in range(count))


def _is_weight(variable: Variable) -> bool:
    name = variable.name
    return (
        variable.dtype != "string"
        and not name.startswith(_STATE)
        and not any(part in name for part in _NO_WEIGHT)
    )


def _placed(variable: Variable, index: Index, folder: str, sizes: Mapping[str, int]) -> Placed:
    path = posixpath.join(folder, _SHARD.format(variable.shard, index.shards))
    item = item_size(variable.dtype)
    plain = (
        not index.big
        and not variable.sliced
        and item is not None
        and variable.size == math.prod(variable.shape) * item
        and variable.start + variable.size <= sizes.get(path, -1)
    )
    start = variable.start if plain else -1
    return Placed(variable.name, variable.dtype, variable.shape, path, start, variable.size)


def _outside_saver(graphs: list[MetaGraph], where: str) -> Iterator[Finding]:
    """Yield a finding for each operator of a saver that something else than saving reaches."""
    found: set[str] = set()
    for meta in graphs:
        called = [name for each in meta.signatures.values() for name in each.nodes]
        serving = meta.graph.reached([*called, *meta.at_load], meta.functions)
        found |= serving & (judged.SAVING | judged.RESTORING)
        found |= meta.graph.reached([meta.restore]) & judged.SAVING
    for name in sorted(found):
        detail = f"{name} runs when the model is used or loaded, not when it is saved"
        yield say.dangerous("savedmodel.files", where, detail)


def _leading_out(graphs: list[MetaGraph], where: str) -> Iterator[Finding]:
    """Yield a finding for each asset whose name leaves the folder of assets."""
    names = {name for meta in graphs for name in meta.assets if name}
    for name in sorted(filter(leaves_folder, names)):
        detail = f"loading it reads {name!r}, outside the model"
        yield say.dangerous("savedmodel.asset_path", where, detail)


def _custom(operators: set[str], where: str) -> Iterator[Finding]:
    names = sorted(filter(judged.is_custom, operators))
    if names:
        listed = ", ".join(names[:_MOST_SHOWN])
        detail = f"operators that need a library of code that is not part of the model: {listed}"
        yield say.warning("savedmodel.custom_operators", where, detail)


def _metadata(graphs: list[MetaGraph], operators: set[str]) -> dict[str, str]:
    names = [name for meta in graphs for name in meta.signatures if name != INIT]
    said = {
        "tags": ", ".join(tag for meta in graphs for tag in meta.tags),
        "signatures": ", ".join(names[:_MOST_SHOWN]),
        "operations": f"{sum(meta.graph.count for meta in graphs):,}",
        "operators": ", ".join(sorted(operators)[:_MOST_SHOWN]),
        "assets": ", ".join(name for meta in graphs for name in meta.assets[:_MOST_SHOWN]),
    }
    return {key: value for key, value in said.items() if value}
