"""PyTorch files from before version 1.6: five pickles in a row, then the storages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.families.torch_checkpoint import foreign_classes, read_checkpoint
from modelshelf.formats.families.torch_tensors import (
    Storage,
    View,
    parameters,
    storage_of,
    views_in,
)
from modelshelf.formats.interface import CERTAIN, Placed
from modelshelf.formats.pickles import describe
from modelshelf.formats.pickles.scan import PickleScan, Reading, scan, stream_of
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Malformed

# PROTO 2, then torch.serialization.MAGIC_NUMBER as LONG1, then STOP.
_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_PICKLES = 5  # the magic number, the protocol, the machine, the object, the storages' keys
_PROTOCOL, _MACHINE, _OBJECT, _KEYS = 1, 2, 3, 4
_COUNT_SIZE = 8  # the number of elements in front of each storage


@dataclass(frozen=True, slots=True)
class TorchLegacy:
    """Source of the format: ``_legacy_save`` in torch/serialization.py."""

    name: ClassVar[str] = "torch"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: a pickle of PyTorch's magic number."""
        return CERTAIN if head.startswith(_MAGIC) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        scanned = _scan(source)
        reading = scanned.reading
        root = _part(reading, _OBJECT)
        views = tuple(views_in(root))
        checkpoint = read_checkpoint(root, views)
        found = (*scanned.findings, *_faults(reading, views, source))
        protocol = _part(reading, _PROTOCOL)
        return Inspection(
            self.name,
            framework="PyTorch",
            parameters=parameters(checkpoint.model) if views else None,
            tensors=len(checkpoint.model),
            metadata=dict(checkpoint.metadata) | describe.names(reading),
            verdict=say.judge(found, finished=scanned.finished),
            findings=found,
            version=f"legacy protocol {protocol}" if isinstance(protocol, int) else "legacy",
            producer=checkpoint.producer,
            architecture=checkpoint.architecture,
            license=checkpoint.license,
            needs_code=foreign_classes(reading.seen.globals),
        )

    def tensors(self, source: Source) -> Iterator[Placed]:
        """See :meth:`Weighing.tensors`."""
        reading = _scan(source).reading
        starts = dict(_starts(reading, source.only.size))
        machine = _part(reading, _MACHINE)
        little = not isinstance(machine, dict) or machine.get("little_endian") is not False
        for view in views_in(_part(reading, _OBJECT)):
            start, base = view.start, starts.get(view.storage.key) if view.storage else None
            plain = little and start is not None and base is not None and view.fits()
            at = base + start if plain and base is not None and start is not None else -1
            yield Placed(view.name, view.dtype, view.shape, source.only.path, at, view.length)


def _scan(source: Source) -> PickleScan:
    return scan(lambda: stream_of(source.only), source.name, streams=_PICKLES, outside=True)


def _part(reading: Reading, number: int) -> object:
    return reading.roots[number] if number < len(reading.roots) else None


def _keys(reading: Reading) -> list[str]:
    keys = _part(reading, _KEYS)
    listed = keys if isinstance(keys, list) else []
    return [str(key) for key in listed if isinstance(key, (str, int))]


def _storages(reading: Reading) -> dict[str, Storage]:
    found = (storage_of(identity) for identity in reading.seen.persistent)
    return {storage.key: storage for storage in found if storage}


def _starts(reading: Reading, size: int) -> Iterator[tuple[str, int]]:
    """Yield where each storage's elements begin.

    Raises:
        Malformed: The storages do not fill the file.
    """
    storages = _storages(reading)
    at = reading.end
    for key in _keys(reading):
        storage = storages.get(key)
        if storage is None or storage.size is None:
            return  # what follows cannot be found
        yield storage.key, at + _COUNT_SIZE
        at += _COUNT_SIZE + storage.size
    if at != size:
        raise Malformed(f"its tensors end at byte {at:,}, the file at {size:,}")


def _faults(reading: Reading, views: Iterable[View], source: Source) -> Iterator[Finding]:
    if reading.trouble is not None:
        return
    if len(reading.roots) < _PICKLES:
        detail = f"{len(reading.roots)} pickles, {_PICKLES} were expected"
        yield say.dangerous("torch.malformed", source.name, detail)
        return
    if _storages(reading).keys() - set(_keys(reading)):
        detail = "its list of storages is not that of its tensors"
        yield say.dangerous("torch.malformed", source.name, detail)
        return
    try:
        dict(_starts(reading, source.only.size))
    except Malformed as error:
        yield say.dangerous("torch.malformed", source.name, error.detail)
    for view in views:
        if not view.fits():
            detail = f"the tensor {view.name!r} leaves its storage"
            yield say.dangerous("torch.malformed", source.name, detail)
            return
