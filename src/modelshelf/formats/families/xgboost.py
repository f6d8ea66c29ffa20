"""XGBoost models: JSON, UBJSON and the older binary file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.families.xgboost_binary import begins_binary, read_binary
from modelshelf.formats.families.xgboost_learner import Learner, begins_learner, read_learner
from modelshelf.formats.interface import LIKELY, NAMED, Extent
from modelshelf.formats.json_walk import JsonWalk
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import LimitReached, Malformed
from modelshelf.formats.ubjson import UbjsonWalk

_TAIL = 64
_TELLING = ("num_feature", "num_class", "num_target", "num_parallel_tree", "base_score")


@dataclass(frozen=True, slots=True)
class XgboostJson:
    """Source of the format: ``Booster.save_model`` with a name that ends in ``.json``."""

    name: ClassVar[str] = "xgboost"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the first keys."""
        if head.lstrip()[:1] != b"{":
            return 0
        with suppress(Malformed, LimitReached):
            return LIKELY if begins_learner(JsonWalk(io.BytesIO(head))) else 0
        return 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with source.only.open() as file:
            walk = JsonWalk(file)
            learner = read_learner(walk)
            if not learner.limit:
                walk.finish()
        return _describe(learner, source, "JSON")

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the last sign closes the document."""
        with Reader.of(source.only) as reader:
            reader.seek(max(reader.size - _TAIL, 0))
            tail = reader.take(reader.remaining).rstrip()
        return Extent(whole=None if tail.endswith(b"}") else False)


@dataclass(frozen=True, slots=True)
class XgboostUbjson:
    """Source of the format: ``Booster.save_model`` with a name that ends in ``.ubj``."""

    name: ClassVar[str] = "xgboost"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the first keys."""
        if head[:1] == b"{":
            reader = Reader(io.BytesIO(head), len(head))
            with suppress(Malformed, LimitReached, UnicodeDecodeError):
                if begins_learner(UbjsonWalk(reader)):
                    return LIKELY
        return NAMED if source.extension == ".ubj" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            walk = UbjsonWalk(reader)
            learner = read_learner(walk)
            if not learner.limit:
                walk.finish()
        return _describe(learner, source, "UBJSON")

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the document ends with its last bracket."""
        with Reader.of(source.only) as reader:
            if reader.peek(1) != b"{":
                return Extent()
            UbjsonWalk(reader).skip()
            return Extent(reader.position, whole=True)


@dataclass(frozen=True, slots=True)
class XgboostBinary:
    """Source of the format: ``Booster.save_model`` before XGBoost 3.1, with any other name."""

    name: ClassVar[str] = "xgboost"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the names of objective and booster in their places."""
        return LIKELY if begins_binary(head) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            learner = read_binary(reader)
            if reader.remaining:
                raise Malformed(f"{reader.remaining:,} bytes follow behind the end")
        return _describe(learner, source, "binary (deprecated)")

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: every structure tells its length."""
        with Reader.of(source.only) as reader:
            read_binary(reader)
            return Extent(reader.position, whole=True)


def _describe(learner: Learner, source: Source, version: str) -> Inspection:
    found = tuple(_limits(learner, source.name))
    return Inspection(
        "xgboost",
        framework=f"XGBoost {learner.version}".strip(),
        inputs=learner.inputs,
        outputs=learner.outputs,
        parameters=learner.weights,
        metadata=_metadata(learner),
        verdict=say.judge(found),
        findings=found,
        version=version,
        architecture=learner.booster,
    )


def _metadata(learner: Learner) -> dict[str, str]:
    told = {"objective": learner.objective}
    told |= {key: learner.parameters.get(key, "") for key in _TELLING}
    if learner.rounds is not None:
        told["rounds"] = str(learner.rounds)
    if learner.trees:
        told["trees"] = str(learner.number("num_trees"))
        if not learner.limit:
            told["nodes"] = str(learner.nodes)
            told["leaves"] = str((learner.nodes + learner.trees) // 2)
    return learner.attributes | {key: text for key, text in told.items() if text not in {"", "0"}}


def _limits(learner: Learner, where: str) -> Iterator[Finding]:
    if learner.limit:
        detail = f"only its beginning was looked into: {learner.limit}"
        yield say.warning("xgboost.limit", where, detail)
