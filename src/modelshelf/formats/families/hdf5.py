"""HDF5 files: those of Keras with a configuration or weights, and any others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.zipped import is_finished
from modelshelf.formats.hdf5 import superblock
from modelshelf.formats.hdf5.survey import Survey, survey
from modelshelf.formats.interface import CERTAIN, CONTAINER, Extent, Placed
from modelshelf.formats.keras import config as keras
from modelshelf.formats.keras.weights import are_weights, count, placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import parse_object

_CONFIG, _TRAINING = "model_config", "training_config"
_MOST_SHOWN = 100
_MOST_VALUES = 20


@dataclass(frozen=True, slots=True)
class Hdf5:
    """Source of the format: the HDF5 File Format Specification 4.0 of The HDF Group.

    What Keras keeps in it is written by keras/src/legacy/saving/legacy_h5_format.py, whose loading
    ignores ``safe_mode``, and by keras/src/saving/saving_lib.py.
    """

    name: ClassVar[str] = "hdf5"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the signature at the start, or behind a user block."""
        if head.startswith(superblock.SIGNATURE):
            return CERTAIN
        if source.extension not in {".h5", ".hdf5"}:
            return CONTAINER if superblock.SIGNATURE in _places(head) else 0
        with Reader.of(source.only) as reader:
            return 0 if superblock.find(reader) is None else CONTAINER

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            found = survey(reader, source.name)
        is_keras = are_weights(found)
        tensors = list(placed(found, source.only.path, keras=is_keras))
        config = _json(found, _CONFIG)
        parts = list(keras.objects([config, _json(found, _TRAINING)]))
        said = (*found.findings, *keras.judge(parts, source.name), *_behind(found, source))
        version = found.text("keras_version")
        return Inspection(
            "keras-h5" if is_keras else self.name,
            framework=f"Keras {version}".strip() if is_keras else "",
            inputs=keras.inputs(config),
            outputs=keras.outputs(config),
            parameters=count(tensors) if tensors else None,
            tensors=len(tensors),
            metadata=_metadata(found, config, parts),
            verdict=say.judge(said, finished=found.finished),
            findings=tuple(said),
            version=f"HDF5 superblock {found.version}",
            architecture=keras.architecture(config),
            quantization=keras.quantization(parts),
            needs_code=(*keras.custom_names(parts), *found.plugins),
        )

    def tensors(self, source: Source) -> Iterable[Placed]:
        """See :meth:`Weighing.tensors`."""
        with Reader.of(source.only) as reader:
            found = survey(reader, source.name)
        return list(placed(found, source.only.path, keras=are_weights(found)))

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the end of the file that the superblock states."""
        with Reader.of(source.only) as reader:
            end = superblock.read(reader).end
        return Extent(end, whole=source.only.size >= end)


def _behind(found: Survey, source: Source) -> Iterator[Finding]:
    """Yield a finding for bytes behind the end, which other loaders may take for the whole file."""
    if found.tail and is_finished(source.only):
        detail = "it is a zip as well, and which of the two is loaded depends on the loader"
        yield say.dangerous("hdf5.zip", source.name, detail)
    elif found.tail:
        yield say.warning("hdf5.tail", source.name, f"{found.tail:,} bytes stand behind its end")


def _places(head: bytes) -> set[bytes]:
    """Return what stands where a signature may, within the first bytes."""
    length = len(superblock.SIGNATURE)
    return {head[at : at + length] for at in (512, 1024, 2048, 4096, 8192, 16384, 32768)}


def _json(found: Survey, name: str) -> dict[str, object]:
    data = found.text(name)
    return parse_object(data.encode()) if data else {}


def _metadata(
    found: Survey, config: dict[str, object], parts: list[dict[str, object]]
) -> dict[str, str]:
    classes = dict.fromkeys(keras.text(each.get("class_name")) for each in parts)
    names = ", ".join(keras.output_names(config))
    said = {"classes": ", ".join(list(classes)[:_MOST_SHOWN]), "output_layers": names}
    said["filters"] = ", ".join(sorted({n for d in found.datasets.values() for n in d.filters}))
    for name, values in found.root.items():
        if name not in {_CONFIG, _TRAINING}:
            said[name] = ", ".join(map(str, values[:_MOST_VALUES]))
    return {key: value for key, value in said.items() if value}
