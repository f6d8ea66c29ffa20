"""CatBoost models: the binary .cbm file and its JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.families.catboost_core import MAGIC, Core, core_extent, read_core
from modelshelf.formats.interface import CERTAIN, LIKELY, NAMED, Extent
from modelshelf.formats.json_walk import JsonWalk
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import parse
from modelshelf.formats.trouble import LimitReached, Malformed
from modelshelf.formats.walking import Walk, build

_TAIL = 64
_RELEASE = re.compile(r"(?:tags/v|CatBoost release )(\d+(?:\.\d+){1,3})\b")
_GROUPS = {
    "float_features": "float32",
    "categorical_features": "category",
    "text_features": "text",
    "embedding_features": "embedding",
}
_TREES = frozenset({"oblivious_trees", "trees"})
_MOST_FEATURES = 1_000_000
_TELLING = ("model_guid", "train_finish_time")
_SETTINGS = {
    "boosting_options": ("iterations", "learning_rate", "boosting_type"),
    "tree_learner_options": ("depth", "grow_policy", "l2_leaf_reg"),
}

_OWN_INFO = frozenset(
    {"catboost_version_info", "class_params", "output_options", "params", "training", *_TELLING}
)


@dataclass(frozen=True, slots=True)
class Catboost:
    """Source of the format: see :mod:`modelshelf.formats.families.catboost_core`."""

    name: ClassVar[str] = "catboost"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: its first four letters."""
        if head.startswith(MAGIC):
            return CERTAIN
        return NAMED if source.extension == ".cbm" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            core = read_core(reader)
            if not core.parts and core.end != reader.size:
                raise Malformed(f"{reader.size - core.end:,} bytes follow behind the end")
        return _describe(core)

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the table tells its length, the parts behind it do not."""
        with Reader.of(source.only) as reader:
            _, end = core_extent(reader)
            if end > reader.size:
                return Extent(end, whole=False)
            reader.seek(0)
            if read_core(reader).parts:
                return Extent(whole=False if end == reader.size else None)
            return Extent(end, whole=True)


@dataclass(frozen=True, slots=True)
class CatboostJson:
    """Source of the format: ``save_model(format="json")``, catboost/libs/model/model_export."""

    name: ClassVar[str] = "catboost"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the first keys."""
        if head.lstrip()[:1] != b"{":
            return 0
        with suppress(Malformed, LimitReached):
            return LIKELY if _begins(JsonWalk(io.BytesIO(head))) else 0
        return 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        core, limit = Core(version="JSON"), ""
        with source.only.open() as file:
            walk = JsonWalk(file)
            try:
                _read_json(walk, core)
                walk.finish()
            except LimitReached as error:
                limit = error.detail
        found: tuple[Finding, ...] = ()
        if limit:
            detail = f"only its beginning was looked into: {limit}"
            found = (say.warning("catboost.limit", source.name, detail),)
        return _describe(core, found)

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the last sign closes the document."""
        with Reader.of(source.only) as reader:
            reader.seek(max(reader.size - _TAIL, 0))
            tail = reader.take(reader.remaining).rstrip()
        return Extent(whole=None if tail.endswith(b"}") else False)


def _begins(walk: Walk) -> bool:
    """Tell whether a document begins as this family writes it, in the order of its keys."""
    for key in walk.members():
        first = next(walk.members(), "") if walk.kind() == "object" else ""
        if key == "features_info":
            return first in _GROUPS or first in {"cat_features_hash", "ctrs"}
        if key == "ctr_data":
            return first.startswith('{"identifier":')
        return key == "model_info" and first == "catboost_version_info"
    return False


def _read_json(walk: Walk, core: Core) -> None:
    for key in walk.members():
        if key == "features_info":
            for group in walk.members():
                for _ in walk.items() if group in _GROUPS else ():
                    _read_feature(walk, core, _GROUPS[group])
        elif key == "model_info":
            info = build(walk)
            core.info = info if isinstance(info, dict) else {}
        elif key in _TREES:
            core.trees = sum(1 for _ in walk.items())
        elif key == "scale_and_bias":
            core.dimension = _dimension(build(walk))


def _read_feature(walk: Walk, core: Core, kind: str) -> None:
    name, place = "", len(core.features)
    for key in walk.members():
        if key == "feature_id":
            name = str(walk.scalar())
        elif key == "flat_feature_index" and type(index := walk.scalar()) is int:
            place = index
    if len(core.features) >= _MOST_FEATURES:
        raise LimitReached(f"more than {_MOST_FEATURES:,} features")
    core.features[place] = (name, kind)


def _dimension(scale_and_bias: object) -> int:
    """Return how many numbers a prediction has: as many as the bias, which stands second."""
    pair = scale_and_bias if isinstance(scale_and_bias, list) else []
    bias = pair[1] if len(pair) == 2 else None  # noqa: PLR2004 - scale and bias
    return max(len(bias), 1) if isinstance(bias, list) else 1


def _describe(core: Core, found: tuple[Finding, ...] = ()) -> Inspection:
    info = {key: _opened(value) for key, value in core.info.items()}
    release = _RELEASE.search(str(info.get("catboost_version_info", "")))
    shape = (None, core.dimension) if core.dimension > 1 else (None,)
    policy = _inside(info, "params", "tree_learner_options", "grow_policy")
    return Inspection(
        "catboost",
        framework=f"CatBoost {release[1] if release else ''}".strip(),
        inputs=tuple(
            TensorSpec(name or str(place), kind, ())
            for place, (name, kind) in sorted(core.features.items())
        ),
        outputs=(TensorSpec("prediction", "float64", shape),),
        metadata=dict(_metadata(core, info)),
        verdict=say.judge(found),
        findings=found,
        version=core.version,
        architecture=policy if isinstance(policy, str) else "",
    )


def _opened(value: object) -> object:
    """Return the JSON that stands in a text, where it does; the binary file keeps all as texts."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        with suppress(Malformed, LimitReached):
            return parse(value.encode("utf-8", "replace"))
    return value


def _inside(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _metadata(core: Core, info: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    yield "trees", str(core.trees)
    if core.leaves is not None:
        yield "leaves", str(core.leaves)
    yield "num_feature", str(len(core.features))
    yield from _settings(info)
    classes = _inside(info, "class_params", "class_names")
    if isinstance(classes, list) and classes:
        yield "classes", json.dumps(classes, ensure_ascii=False)
    # The last ones are what a user attached beside what CatBoost itself writes.
    for key in (*_TELLING, *(key for key in info if key not in _OWN_INFO)):
        if isinstance(text := info.get(key), str):
            yield key, text


def _settings(info: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    loss = _inside(info, "params", "loss_function", "type")
    if isinstance(loss, str):
        yield "objective", loss
    for group, names in _SETTINGS.items():
        for name in names:
            value = _inside(info, "params", group, name)
            if isinstance(value, (str, int, float)):
                yield name, str(value)
