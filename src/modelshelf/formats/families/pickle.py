"""Pickles of all protocols and joblib's, plain or compressed; read as data and never unpickled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Inspection
from modelshelf.formats import findings as say
from modelshelf.formats.containers.compressed import (
    LZ4_MAGIC,
    Compression,
    Decompressed,
    compression,
)
from modelshelf.formats.containers.zipped import is_zip
from modelshelf.formats.interface import CERTAIN, NAMED
from modelshelf.formats.pickles import describe
from modelshelf.formats.pickles.estimators import architecture, classes, models_in, signature
from modelshelf.formats.pickles.scan import (
    Reading,
    StreamOpener,
    looks_like_pickle,
    scan,
    stream_of,
)
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import LimitReached, Malformed

_EXTENSIONS = frozenset({".pkl", ".pickle", ".joblib"})
_SNIFFED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Pickle:
    """Sources: CPython's pickletools (protocols 0 to 5) and joblib.numpy_pickle."""

    name: ClassVar[str] = "pickle"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:
        """See :meth:`Inspector.sniff`: the first opcodes are run on symbols.

        Surer than any other family, because bytes that a pickle loader acts upon are a pickle
        whatever else they may look like.
        """
        named = NAMED if source.extension in _EXTENSIONS else 0
        if is_zip(head):
            return named  # its first letter asks a loader for an object that it does not have
        if head.startswith(LZ4_MAGIC) and named:
            return CERTAIN
        if packed := compression(head):
            with source.only.open() as file:
                inner = _beginning(Decompressed(file, packed[1]))
            return CERTAIN if looks_like_pickle(inner, whole=len(inner) < _SNIFFED) else named
        whole = len(head) == source.only.size
        return CERTAIN if head and looks_like_pickle(head, whole=whole) else named

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        head = source.head(16)
        if head.startswith(LZ4_MAGIC):
            raise LimitReached("lz4 cannot be unpacked here, so nothing inside was looked at")
        packed = compression(head)
        scanned = scan(_opener(source, packed), source.name)
        reading = scanned.reading
        joblib = packed or reading.seen.arrays or source.extension == ".joblib"
        root = reading.roots[0] if reading.roots else None
        models = models_in(root)
        inputs, outputs = signature(models[0]) if len(models) == 1 else ((), ())
        return Inspection(
            "joblib" if joblib else self.name,
            framework=describe.framework(reading, models),
            inputs=inputs,
            outputs=outputs,
            metadata=_metadata(reading, root, packed),
            verdict=say.judge(scanned.findings, finished=scanned.finished),
            findings=scanned.findings,
            version=f"protocol {reading.seen.protocol}",
            producer=describe.producer(reading) or ("joblib" if reading.seen.arrays else ""),
            architecture=architecture(root),
            needs_code=describe.needs_code(reading),
        )


def _metadata(reading: Reading, root: object, packed: Compression | None) -> dict[str, str]:
    found = describe.names(reading)
    if symbol := describe.class_of(root):
        found["class"] = str(symbol)
    models = models_in(root)
    if len(models) == 1 and (labels := classes(models[0])):
        found["classes"] = ", ".join(labels)
    if packed:
        found["compression"] = packed[0]
    if reading.seen.arrays:
        found["arrays"] = str(reading.seen.arrays)
    return found


def _opener(source: Source, packed: Compression | None) -> StreamOpener:
    if packed is None:
        return lambda: stream_of(source.only)

    @contextmanager
    def opener() -> Iterator[ByteStream]:
        with source.only.open() as file:
            yield ByteStream(Decompressed(file, packed[1]))

    return opener


def _beginning(packed: Decompressed) -> bytes:
    """Return as much of the first bytes as can be unpacked, which a cut file may have few of."""
    parts: list[bytes] = []
    with suppress(Malformed):
        while sum(map(len, parts)) < _SNIFFED and (part := packed.read(_SNIFFED)):
            parts.append(part)
    return b"".join(parts)
