"""Archives that are no model format of their own: listed, and searched for pickles and code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.compressed import (
    LZ4_MAGIC,
    Compression,
    Decompressed,
    compression,
)
from modelshelf.formats.containers.scanning import is_pickle, scan_members
from modelshelf.formats.containers.tarred import BLOCK, Cursor, TarMember, is_tar, walk
from modelshelf.formats.containers.zipped import is_finished, is_zip, read_directory
from modelshelf.formats.interface import CONTAINER, LIKELY, NAMED, Extent
from modelshelf.formats.pickles.scan import StreamOpener, looks_like_pickle, scan
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.reading import Readable, Reader, up_to
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_SNIFFED = 4 * 1024
_CHUNK = 256 * 1024
_MOST_PICKLES = 100
_SHOWN_NAMES = 50
_CODE = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".sh", ".bat", ".ps1", ".exe")
# What a member's name says it is; pickles are found by their bytes.
_MODELS = {
    ".safetensors": "safetensors",
    ".gguf": "gguf",
    ".onnx": "onnx",
    ".pt": "torch",
    ".pth": "torch",
    ".ckpt": "torch",
    ".keras": "keras",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".npy": "npy",
    ".npz": "npz",
    ".pmml": "pmml",
    ".tflite": "tflite",
    ".mlmodel": "coreml",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".skops": "skops",
    ".ubj": "xgboost",
    ".cbm": "catboost",
}
_FOLDERS = {
    "MLmodel": "mlflow",
    "saved_model.pb": "savedmodel",
    "adapter_config.json": "peft",
    "model_index.json": "huggingface",
    "config.json": "huggingface",
}


@dataclass(frozen=True, slots=True)
class ZipArchive:
    """A zip that no other family knows."""

    name: ClassVar[str] = "archive"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: how every zip begins."""
        if is_zip(head):
            return CONTAINER
        return NAMED if source.extension == ".zip" else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            directory = read_directory(reader, source.name)
        scanned = scan_members(source.only, directory, source.name)
        names = [member.name for member in directory.members]
        found = [*directory.findings, *scanned.findings]
        return _listed("zip", names, found, source.name, finished=scanned.finished)

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`."""
        return Extent(whole=is_finished(source.only))


@dataclass(frozen=True, slots=True)
class TarArchive:
    """A tar."""

    name: ClassVar[str] = "archive"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: the mark in the first header."""
        return LIKELY if is_tar(head) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        return _inspect_tar(source, None)


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed file that is no pickle: a tar, or anything else, which is not looked into."""

    name: ClassVar[str] = "archive"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: it can be unpacked, or is at least marked as packed."""
        if head.startswith(LZ4_MAGIC):
            return CONTAINER
        packed = compression(head)
        if packed is None:
            return 0
        with source.only.open() as file:
            Decompressed(file, packed[1]).read(BLOCK)
        return CONTAINER

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        packed = compression(source.head(16))
        if packed is None:
            raise LimitReached("lz4 cannot be unpacked here, so nothing inside was looked at")
        with source.only.open() as file:
            head = up_to(Decompressed(file, packed[1]), BLOCK)
        if is_tar(head):
            return _inspect_tar(source, packed)
        detail = f"one file, packed by {packed[0]}, of no format that is looked into"
        found = say.warning("archive.unread", source.name, detail)
        return Inspection(self.name, verdict="warning", findings=(found,))


_Packing = tuple[Compression | None, Compression | None]


@dataclass(slots=True)
class _TarFindings:
    names: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    pickles: int = 0
    finished: bool = True


def _inspect_tar(source: Source, packed: Compression | None) -> Inspection:
    seen = _TarFindings()
    with source.only.open() as file:
        cursor = _cursor(file, packed)
        for member in walk(cursor):
            seen.names.append(member.name)
            head = cursor.exactly(min(member.size, _SNIFFED))
            inner = _packed_pickle(head)
            if inner or is_pickle(member.name, head, whole=len(head) == member.size):
                _scan_member(source, member, (packed, inner), seen)
        while packed and cursor.read(_CHUNK):
            pass  # to the end, which a cut file does not have
    kind = f"tar packed by {packed[0]}" if packed else "tar"
    return _listed(kind, seen.names, seen.findings, source.name, finished=seen.finished)


def _packed_pickle(head: bytes) -> Compression | None:
    """Return how a member is packed when what it begins with unpacks to a pickle."""
    packed = compression(head)
    if packed is None:
        return None
    with suppress(Malformed, LimitReached):
        shown = Decompressed(BytesIO(head), packed[1]).read(_SNIFFED)
        return packed if looks_like_pickle(shown, whole=False) else None
    return None


def _scan_member(source: Source, member: TarMember, packed: _Packing, seen: _TarFindings) -> None:
    """Scan a pickle in a tar; ``packed`` says how the tar is packed, and how the pickle in it."""
    seen.pickles += 1
    if seen.pickles > _MOST_PICKLES:
        raise LimitReached(f"more than {_MOST_PICKLES} pickles in one archive")
    opener = _opener(source.only, member, packed)
    scanned = scan(opener, f"{source.name}: {member.name}")
    seen.findings += scanned.findings
    seen.finished = seen.finished and scanned.finished


def _cursor(file: BinaryIO, packed: Compression | None) -> Cursor:
    if packed is None:
        return Cursor(file, seekable=file)
    return Cursor(Decompressed(file, packed[1]))


def _opener(file: SourceFile, member: TarMember, packed: _Packing) -> StreamOpener:
    outer, inner = packed

    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with file.open() as opened:
            cursor = _cursor(opened, outer)
            cursor.jump(member.start)
            part = _Part(cursor, member.size)
            if inner is None:
                yield ByteStream(part, member.size)
            else:
                yield ByteStream(Decompressed(part, inner[1]))

    return opener


class _Part:
    """The next so many bytes of something longer."""

    def __init__(self, source: Readable, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, most: int, /) -> bytes:
        """Return up to ``most`` bytes; none at the end."""
        data = self._source.read(min(most, self._left))
        self._left -= len(data)
        return data


def _listed(
    kind: str, names: list[str], found: list[Finding], where: str, *, finished: bool
) -> Inspection:
    code = [name for name in names if name.lower().endswith(_CODE)]
    if code:
        detail = f"it holds code: {', '.join(code[:_SHOWN_NAMES])}"
        found.append(say.warning("archive.code", where, detail))
    models = list(_models(names))
    if models:
        detail = f"by their names it holds models: {', '.join(models[:_SHOWN_NAMES])}"
        found.append(say.info("archive.models", where, detail))
    detail = f"of {len(names):,} members only pickles were looked into; unpack it to see more"
    found.append(say.warning("archive.unread", where, detail))
    metadata = {
        "container": kind,
        "members": ", ".join(names[:_SHOWN_NAMES]),
        "member_count": str(len(names)),
    }
    if models:
        metadata["models"] = ", ".join(models[:_SHOWN_NAMES])
    return Inspection(
        "archive",
        metadata=metadata,
        verdict=say.judge(found, finished=finished),
        findings=tuple(found),
    )


def _models(names: list[str]) -> Iterator[str]:
    """Yield each member, or folder of members, that is a model by its name, with its format."""
    for name in names:
        stem, extension = posixpath.splitext(name.lower())
        folder, last = posixpath.split(name)
        if named := _FOLDERS.get(last):
            yield f"{folder or '.'} ({named})"
        elif named := _MODELS.get(extension) if stem else None:
            yield f"{name} ({named})"
