"""PyTorch files: the zip of torch.save and TorchScript, and the older five pickles in a row."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.scanning import scan_members
from modelshelf.formats.containers.zipped import (
    Directory,
    first_names,
    is_finished,
    is_zip,
    read_directory,
)
from modelshelf.formats.interface import CERTAIN, LIKELY, NAMED_CONTAINER, Extent
from modelshelf.formats.pickles import describe
from modelshelf.formats.pickles.scan import Reading, scan, stream_of
from modelshelf.formats.pickles.values import Global
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source

_EXTENSIONS = frozenset({".pt", ".pth"})
_ROOT_PICKLE = re.compile(r"(?:[^/]+/)?data\.pkl")
_STORAGE = re.compile(r"(?:[^/]+/)?(?:data|tensors|constants)/\d+(?:\.storage)?")
_CODE = re.compile(r"(?:[^/]+/)?code/.+")
# PROTO 2, then torch.serialization.MAGIC_NUMBER as LONG1, then STOP.
_LEGACY_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PICKLES = 5
_LENGTH_FIELD = 8  # in front of each storage of the older format
_BYTES = {
    "Double": 8, "Long": 8, "ComplexFloat": 8, "ComplexDouble": 16, "Float": 4, "Int": 4,
    "Half": 2, "BFloat16": 2, "Short": 2, "Byte": 1, "Char": 1, "Bool": 1,
    "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1, "QUInt2x4": 1, "Untyped": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TorchZip:
    """Source of the format: torch/serialization.py and caffe2/serialize/inline_container.h."""

    name: ClassVar[str] = "torch"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: a zip with a data.pkl."""
        if not is_zip(head):
            return 0
        names = first_names(source.only)
        if any(_ROOT_PICKLE.fullmatch(name) for name in names):
            return LIKELY
        return NAMED_CONTAINER if not names and source.extension in _EXTENSIONS else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            directory = read_directory(reader, source.name)
        scanned = scan_members(source.only, directory, source.name, outside=True)
        found = (*directory.findings, *scanned.findings, *_script(directory, source.name))
        root = next(
            (r for name, r in scanned.readings.items() if _ROOT_PICKLE.fullmatch(name)), Reading()
        )
        storages = sum(1 for m in directory.members if _STORAGE.fullmatch(m.name))
        return Inspection(
            self.name,
            framework="PyTorch",
            parameters=_parameters(root.seen.persistent),
            tensors=storages,
            metadata=describe.metadata(root),
            verdict=say.judge(found, finished=scanned.finished),
            findings=found,
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))


@dataclass(frozen=True, slots=True)
class TorchLegacy:
    """Source of the format: ``_legacy_save`` in torch/serialization.py."""

    name: ClassVar[str] = "torch"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: a pickle of PyTorch's magic number."""
        return CERTAIN if head.startswith(_LEGACY_MAGIC) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        scanned = scan(
            lambda: stream_of(source.only), source.name, streams=_LEGACY_PICKLES, outside=True
        )
        reading = scanned.reading
        found = (*scanned.findings, *_storage_end(reading, source))
        metadata = describe.metadata(reading)
        metadata.pop("class", None)  # the first pickle is the magic number
        return Inspection(
            self.name,
            framework="PyTorch",
            parameters=_parameters(reading.seen.persistent),
            tensors=len(_storages(reading.seen.persistent)),
            metadata=metadata,
            verdict=say.judge(found, finished=scanned.finished),
            findings=found,
        )


def _script(directory: Directory, where: str) -> Iterable[Finding]:
    count = sum(1 for member in directory.members if _CODE.fullmatch(member.name))
    if count:
        detail = f"TorchScript: {count:,} files of code run when the model is used"
        yield say.warning("torch.script", where, detail)


def _storages(persistent: Iterable[object]) -> dict[str, tuple[str, int]]:
    """Return the element type and count of each distinct storage that tensors refer to.

    A reference is ("storage", type, key, location, count) and in older files a view behind it.
    """
    found: dict[str, tuple[str, int]] = {}
    for identity in persistent:
        if not isinstance(identity, tuple) or len(identity) < 5:  # noqa: PLR2004 - see above
            continue
        mark, kind, key, _, count = identity[:5]
        if mark == "storage" and isinstance(kind, Global) and type(count) is int and count >= 0:
            found[str(key)] = (kind.name.removesuffix("Storage"), count)
    return found


def _parameters(persistent: Iterable[object]) -> int | None:
    storages = _storages(persistent)
    return sum(count for _, count in storages.values()) if storages else None


def _storage_end(reading: Reading, source: Source) -> Iterable[Finding]:
    """Yield a finding when bytes are left that belong to no storage."""
    if reading.trouble is not None or len(reading.roots) < _LEGACY_PICKLES:
        if reading.trouble is None:
            detail = f"{len(reading.roots)} pickles, {_LEGACY_PICKLES} were expected"
            yield say.dangerous("torch.malformed", source.name, detail)
        return
    storages = _storages(reading.seen.persistent).values()
    sizes = [_LENGTH_FIELD + _BYTES.get(kind, math.nan) * count for kind, count in storages]
    expected = reading.end + sum(sizes)
    if not math.isnan(expected) and expected != source.only.size:
        detail = f"its tensors end at byte {expected:,.0f}, the file at {source.only.size:,}"
        yield say.dangerous("torch.malformed", source.name, detail)
