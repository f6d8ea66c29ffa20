"""The index of weights in several files: which tensor is to be found in which file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.names import leaves_folder
from modelshelf.formats.families.safetensors import tensor_names
from modelshelf.formats.interface import LIKELY, Extent
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.strict_json import MOST, parse_object
from modelshelf.formats.trouble import LimitReached, Malformed

_MAP = "weight_map"
_LISTED = 10
_TAIL = 64


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """Source of the format: ``split_torch_state_dict_into_shards`` of huggingface_hub."""

    name: ClassVar[str] = "index"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: an object with a weight map, which stands near its start."""
        return LIKELY if head.lstrip()[:1] == b"{" and f'"{_MAP}"'.encode() in head else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        index = _read(source.only)
        places = _places(index)
        told = index.get("metadata")
        metadata = {
            key: str(value)
            for key, value in (told.items() if isinstance(told, dict) else ())
            if isinstance(value, (str, int, float))
        }
        shards = set(places.values())
        found = (*_leading_out(shards, source), *_not_there(places, source))
        return Inspection(
            self.name,
            tensors=len(places),
            metadata=metadata | {"files": str(len(shards))},
            verdict=say.judge(found),
            findings=found,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: no length is written, but an object ends with a brace."""
        with source.only.open() as file:
            file.seek(max(source.only.size - _TAIL, 0))
            end = file.read(_TAIL).rstrip()
        return Extent(whole=None if end.endswith(b"}") else False)

    def needs(self, source: Source) -> tuple[str, ...]:
        """See :meth:`Needing.needs`: the files that tensors are in."""
        shards = set(_places(_read(source.only)).values())
        return tuple(sorted(name for name in shards if not leaves_folder(name)))


def _read(file: SourceFile) -> dict[str, object]:
    if file.size > MOST:
        raise LimitReached(f"an index of {file.size:,} bytes, {MOST:,} are read")
    with file.open() as opened:
        return parse_object(opened.read(MOST))


def _places(index: Mapping[str, object]) -> dict[str, str]:
    places = index.get(_MAP)
    if not isinstance(places, dict):
        raise Malformed("the weight map is not an object")
    if not all(isinstance(name, str) for name in places.values()):
        raise Malformed("the weight map does not name a file for each tensor")
    return places


def _leading_out(shards: set[str], source: Source) -> Iterator[Finding]:
    for name in sorted(shards):
        if leaves_folder(name):
            detail = f"tensors are to be read from {name!r}, outside the model"
            yield say.dangerous("index.path", source.name, detail)


def _not_there(places: Mapping[str, str], source: Source) -> Iterator[Finding]:
    """Yield a finding when a file that is there does not hold the tensors it is said to."""
    folder = posixpath.dirname(source.only.path)
    siblings = {file.path: file for file in source.siblings}
    promised: dict[str, set[str]] = {}
    for tensor, name in places.items():
        promised.setdefault(name, set()).add(tensor)
    absent: list[str] = []
    unlisted = 0
    for name, tensors in sorted(promised.items()):
        file = siblings.get(posixpath.join(folder, name))
        held = _tensors_of(file) if file and name.endswith(".safetensors") else None
        if held is not None:
            absent += sorted(tensors - held)
            unlisted += len(held - tensors)
    if absent:
        detail = f"{len(absent):,} tensors are promised and not there: "
        detail += ", ".join(absent[:_LISTED])
        yield say.warning("index.tensor_missing", source.name, detail)
    if unlisted:
        detail = f"{unlisted:,} tensors are there that it does not name"
        yield say.info("index.tensor_unlisted", source.name, detail)


def _tensors_of(file: SourceFile) -> frozenset[str] | None:
    """Return the names in a file; None when it cannot be read, which its own inspection tells."""
    try:
        return tensor_names(file)
    except (Malformed, LimitReached, ValueError, OSError):
        return None
