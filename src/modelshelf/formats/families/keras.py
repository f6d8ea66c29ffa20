"""Keras 3 .keras files: the configuration says which classes would be built, and from where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import read_member
from modelshelf.formats.containers.scanning import scan_members
from modelshelf.formats.containers.zipped import (
    Directory,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.interface import LIKELY, NAMED_CONTAINER, Extent, Placed
from modelshelf.formats.keras import config as keras
from modelshelf.formats.keras.packed import surveys, weights
from modelshelf.formats.keras.weights import count
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import MOST, parse_object
from modelshelf.formats.trouble import Malformed

_CONFIG, _METADATA = "config.json", "metadata.json"
_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Keras:
    """Source of the format: keras/src/saving/saving_lib.py and serialization_lib.py."""

    name: ClassVar[str] = "keras"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip with a configuration and its metadata."""
        if not is_zip(head):
            return 0
        names = first_names(source.only)
        if {_CONFIG, _METADATA} <= set(names):
            return LIKELY
        return NAMED_CONTAINER if not names and source.extension == ".keras" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        directory = _directory(source)
        config = _json(source, directory, _CONFIG)
        about = _json(source, directory, _METADATA)
        parts = list(keras.objects(config))
        scanned = scan_members(source.only, directory, source.name)
        inner = list(surveys(source, directory))
        tensors = weights(source, inner)
        found = [*directory.findings, *scanned.findings, *keras.judge(parts, source.name)]
        found += (finding for survey, _ in inner for finding in survey.findings)
        finished = scanned.finished and all(survey.finished for survey, _ in inner)
        return Inspection(
            self.name,
            framework=f"Keras {keras.text(about.get('keras_version'))}".strip(),
            inputs=keras.inputs(config),
            outputs=keras.outputs(config),
            parameters=count(tensors) if inner else None,
            tensors=len(tensors) if inner else None,
            metadata=_metadata(config, about, parts),
            verdict=say.judge(found, finished=finished),
            findings=tuple(found),
            version="Keras v3",
            architecture=keras.architecture(config),
            quantization=keras.quantization(parts),
            needs_code=keras.custom_names(parts),
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`: those of the HDF5 file that lies in it unpacked."""
        return weights(source, list(surveys(source, _directory(source))))

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))


def _directory(source: Source) -> Directory:
    with Reader.of(source.only) as reader:
        return read_directory(reader, source.name)


def _json(source: Source, directory: Directory, name: str) -> dict[str, object]:
    member = directory.get(name)
    if member is None:
        raise Malformed(f"{name} is missing")
    return parse_object(read_member(source.only, member, MOST))


def _metadata(
    config: dict[str, object], about: dict[str, object], parts: list[dict[str, object]]
) -> dict[str, str]:
    classes = dict.fromkeys(keras.text(each.get("class_name")) for each in parts)
    said = {
        "classes": ", ".join(list(classes)[:_MOST_SHOWN]),
        "date_saved": keras.text(about.get("date_saved")),
        "name": keras.text(keras.settings(config).get("name")),
        "output_layers": ", ".join(keras.output_names(config)),
    }
    return {key: value for key, value in said.items() if value}
