"""PMML: the fields, model elements and producer of an XML model, parsed under tight limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO, ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.formats.interface import LIKELY, NAMED
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import LimitReached, Malformed
from modelshelf.formats.xml_walk import begins_with, walk_xml

_MOST_FIELDS = 100_000
_MOST_KINDS = 100
_ROOT = r"(?:\w+:)?PMML"
_DTYPES = {
    "boolean": "bool",
    "double": "float64",
    "float": "float32",
    "integer": "int64",
    "string": "string",
}
_MODELS_OF_OTHER_NAMES = frozenset({"NeuralNetwork", "Scorecard"})
_USED_AS_OUTPUT = frozenset({"target", "predicted"})
# Children of PMML that are no models.
_NO_MODELS = frozenset(
    {
        "DataDictionary",
        "Extension",
        "Header",
        "MiningBuildTask",
        "TransformationDictionary",
    }
)


@dataclass(slots=True)
class _Document:
    version: str = ""
    application: str = ""
    application_version: str = ""
    header: dict[str, str] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    usage: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    segments: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Pmml:
    """Source of the format: the PMML 4.4 schema of the Data Mining Group."""

    name: ClassVar[str] = "pmml"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the root element."""
        if begins_with(head, _ROOT):
            return LIKELY
        return NAMED if source.extension == ".pmml" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with source.only.open() as file:
            document = _parse(file)
        used = {name for name in document.usage if document.usage[name] in _USED_AS_OUTPUT}
        inputs = [
            TensorSpec(name, dtype, ())
            for name, dtype in document.dtypes.items()
            if document.usage.get(name, "") == "active"
        ]
        targets = {
            name: dtype for name, dtype in document.dtypes.items() if name in used
        } | document.outputs
        producer = f"{document.application} {document.application_version}".strip()
        return Inspection(
            self.name,
            framework=producer,
            inputs=tuple(inputs),
            outputs=tuple(TensorSpec(name, dtype, ()) for name, dtype in targets.items()),
            metadata=_metadata(document),
            version=f"PMML {document.version}".rstrip(),
            producer=producer,
            architecture=", ".join(document.models) + _segments(document),
        )


def _segments(document: _Document) -> str:
    """Return the models inside an ensemble, as ``(TreeModel × 100)``."""
    counted = ", ".join(f"{tag} × {count:,}" for tag, count in document.segments.most_common())
    return f"({counted})" if counted else ""


def _metadata(document: _Document) -> dict[str, str]:
    found = dict(document.header)
    found["pmml_version"] = document.version
    found["models"] = ", ".join(document.models)
    if any(document.names):
        found["model_names"] = ", ".join(filter(None, document.names))
    return found


def _parse(file: BinaryIO) -> _Document:
    reading = _Reading()
    walk_xml(file, reading.start, family="pmml")
    return reading.document


class _Reading:
    """Follows the path of open elements and notes what stands at the few telling places."""

    def __init__(self) -> None:
        self.document = _Document()
        self._path: list[str] = []

    def start(self, path: list[str], attributes: dict[str, str]) -> None:
        """Take in the start of an element; ``path`` are the open ones."""
        self._path = path
        depth = len(path)
        if depth == 1:
            self._root(attributes)
        elif depth == 2:  # noqa: PLR2004 - a child of the root
            self._child(attributes)
        elif depth == 3:  # noqa: PLR2004 - a grandchild
            self._grandchild(attributes)
        elif depth == 4:  # noqa: PLR2004 - inside the first model's schema or output
            self._model_field(attributes)
        elif depth == 5:  # noqa: PLR2004 - inside a part of an ensemble
            self._segment()

    def _root(self, attributes: dict[str, str]) -> None:
        if self._path[0] != "PMML":
            raise Malformed(f"the root element is {self._path[0][:80]!r}")
        self.document.version = attributes.get("version", "")

    def _child(self, attributes: dict[str, str]) -> None:
        tag = self._path[1]
        if tag == "Header":
            for key in ("copyright", "description", "modelVersion"):
                if attributes.get(key):
                    self.document.header[key] = attributes[key]
        elif tag not in _NO_MODELS and len(self.document.models) < _MOST_FIELDS:
            self.document.models.append(tag)
            self.document.names.append(attributes.get("modelName", ""))
            for key, word in (("functionName", "function"), ("algorithmName", "algorithm")):
                if attributes.get(key):
                    self.document.header.setdefault(word, attributes[key])

    def _grandchild(self, attributes: dict[str, str]) -> None:
        document = self.document
        if self._path[1:] == ["Header", "Application"]:
            document.application = attributes.get("name", "")
            document.application_version = attributes.get("version", "")
        elif self._path[1:] == ["DataDictionary", "DataField"]:
            self._limit(document.dtypes)
            document.dtypes[attributes.get("name", "")] = _dtype(attributes)

    def _model_field(self, attributes: dict[str, str]) -> None:
        document = self.document
        name = attributes.get("name", "")
        if len(document.models) != 1 or self._path[1] in _NO_MODELS:
            return
        if self._path[2:] == ["MiningSchema", "MiningField"]:
            self._limit(document.usage)
            document.usage[name] = attributes.get("usageType", "active")
        elif self._path[2:] == ["Output", "OutputField"]:
            self._limit(document.outputs)
            document.outputs[name] = _dtype(attributes)

    def _segment(self) -> None:
        tag = self._path[4]
        is_model = tag.endswith("Model") or tag in _MODELS_OF_OTHER_NAMES
        if self._path[2:4] == ["Segmentation", "Segment"] and is_model:
            self.document.segments[tag[:80]] += 1
            if len(self.document.segments) > _MOST_KINDS:
                raise LimitReached("too many kinds of models in one ensemble")

    @staticmethod
    def _limit(fields: dict[str, str]) -> None:
        if len(fields) >= _MOST_FIELDS:
            raise LimitReached(f"more than {_MOST_FIELDS:,} fields")


def _dtype(attributes: dict[str, str]) -> str:
    given = attributes.get("dataType", "")
    return _DTYPES.get(given, given or "unknown")
