"""OpenVINO models: the XML of the graph, and where its weights lie in the file beside it."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.families.openvino_layers import Layers
from modelshelf.formats.interface import LIKELY, Extent, Placed
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.xml_walk import begins_with, walk_xml

_TAIL = 64
_ROOT = r"net(?=[^>]*\sversion=[\"']\d+[\"'])"
_PRODUCERS = {
    "OpenVINO Runtime": "OpenVINO",
    "Runtime_version": "OpenVINO",
    "MO_version": "OpenVINO model conversion",
}
_LICENSE = "license"


@dataclass(frozen=True, slots=True)
class Openvino:
    """Source of the format: "Intermediate Representation" in OpenVINO's documentation."""

    name: ClassVar[str] = "openvino"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the root element, with a version, and layers inside."""
        return LIKELY if begins_with(head, _ROOT) and b"<layers" in head else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        layers = _read(source)
        found = (*_weights(layers, source), *_foreign(layers, source.name))
        return Inspection(
            self.name,
            framework="OpenVINO",
            inputs=layers.inputs,
            outputs=layers.outputs,
            parameters=layers.parameters,
            tensors=len(layers.constants),
            metadata=_metadata(layers),
            verdict=say.judge(found),
            findings=found,
            version=", ".join(filter(None, (f"IR {layers.version}", _newest(layers)))),
            producer=_producer(layers.facts),
            quantization=layers.quantization,
            license=layers.facts.get(_LICENSE, ""),
            needs_code=tuple(layers.foreign),
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the last element closes the first."""
        with Reader.of(source.only) as reader:
            reader.seek(max(reader.size - _TAIL, 0))
            tail = reader.take(reader.remaining).rstrip()
        return Extent(whole=tail.endswith((b"</net>", b"-->")))

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the file of weights has the same name."""
        layers = _read(source)
        if not any(each.size for each in layers.constants):
            return ()
        return (posixpath.basename(_beside(source)),)

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        for each in _read(source).constants:
            yield Placed(
                each.name, each.numpy_type, each.shape, _beside(source), each.offset, each.size
            )


def _read(source: Source) -> Layers:
    layers = Layers()
    with source.only.open() as file:
        walk_xml(file, layers.start, family=Openvino.name, text=layers.sized)
    return layers


def _beside(source: Source) -> str:
    """Return the path of the file of weights, there or not."""
    return posixpath.splitext(source.only.path)[0] + ".bin"


def _weights(layers: Layers, source: Source) -> Iterator[Finding]:
    end = max((each.offset + each.size for each in layers.constants), default=0)
    if not end:
        return
    path = _beside(source)
    size = next((file.size for file in source.siblings if file.path == path), None)
    if size is None:
        detail = f"its weights are stored in {path!r}, which did not come with it"
        yield say.warning("openvino.weights_missing", source.name, detail)
    elif end > size:
        detail = f"weights are to be read up to byte {end:,} of {path!r}, which has {size:,}"
        yield say.dangerous("openvino.weights_range", source.name, detail)


def _foreign(layers: Layers, where: str) -> Iterator[Finding]:
    if layers.foreign:
        names = ", ".join(list(layers.foreign)[:20])
        detail = f"layers that take a library of code that is not part of the model: {names}"
        yield say.warning("openvino.custom_layers", where, detail)


def _newest(layers: Layers) -> str:
    numbered = [int(name[5:]) for name in layers.opsets if name.startswith("opset")]
    return f"opset {max(numbered)}" if numbered else ""


def _producer(facts: dict[str, str]) -> str:
    for key, name in _PRODUCERS.items():
        if key in facts:
            return f"{name} {facts[key]}"
    return ""


def _metadata(layers: Layers) -> dict[str, str]:
    dtypes = Counter(each.numpy_type for each in layers.constants)
    told = {
        "name": layers.name,
        "layers": str(layers.count),
        "dtypes": ", ".join(f"{count:,} × {dtype}" for dtype, count in dtypes.most_common(10)),
    }
    return layers.facts | {key: text for key, text in told.items() if text}
