"""The artifact store in memory: the second implementation of ``Blobs``, for tests."""

from __future__ import annotations

import hashlib
import io
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.artifacts.copying import EndedEarlyError, read_small
from modelshelf.artifacts.layout import check_digest
from modelshelf.artifacts.source import changed_while_read
from modelshelf.artifacts.verifying import verify_stream
from modelshelf.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from modelshelf.artifacts.blobs import Leftover
    from modelshelf.artifacts.progress import Watch
    from modelshelf.artifacts.ranges import RangeHasher
    from modelshelf.artifacts.source import Source


class MemoryBlobs:
    """Blobs in a dictionary."""

    def __init__(self) -> None:
        """Start empty."""
        self._blobs: dict[str, tuple[bytes, float]] = {}

    def has(self, digest: str) -> bool:
        """Return whether the blob is stored."""
        return check_digest(digest) in self._blobs

    def size(self, digest: str) -> int:
        """Return its length in bytes."""
        return len(self._found(digest)[0])

    def changed(self, digest: str) -> float:
        """Return when it was last stored."""
        return self._found(digest)[1]

    def open(self, digest: str) -> BinaryIO:
        """Return the blob opened for reading."""
        return io.BytesIO(self._found(digest)[0])

    def verify(self, digest: str, size: int, on_bytes: Callable[[int], None] | None = None) -> None:
        """Compare the blob with what was stored."""
        verify_stream(self.open(digest), digest, size, on_bytes)

    def digests(self) -> Iterator[str]:
        """Yield the digests of all blobs, sorted."""
        yield from sorted(self._blobs)

    @contextmanager
    def receive(self, expected: int) -> Iterator[MemoryBlobs]:
        """Return a block in which blobs are stored; memory needs no preparation."""
        del expected
        yield self

    def put(self, source: Source, watch: Watch, ranges: RangeHasher | None = None) -> str:
        """Store the bytes of an open file."""
        try:
            data = read_small(source.descriptor, source.size)
        except EndedEarlyError as error:
            raise changed_while_read(source.name) from error
        source.check_unchanged()
        if ranges is not None:
            ranges.update(memoryview(data))
        watch.advance(len(data))
        return self.put_bytes(data)

    def put_bytes(self, data: bytes) -> str:
        """Store ``data`` and return its digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._blobs[digest] = (data, time.time())
        return digest

    def remove(self, digest: str) -> None:
        """Remove the blob."""
        self._found(digest)
        del self._blobs[digest]

    def leftovers(self) -> Iterator[Leftover]:
        """Yield nothing: what dies here leaves nothing."""
        yield from ()

    def discard(self, leftover: Leftover) -> bool:
        """Say that it is gone."""
        del leftover
        return True

    def foreign(self) -> list[Path]:
        """Return nothing: nobody else can put anything here."""
        return []

    def _found(self, digest: str) -> tuple[bytes, float]:
        try:
            return self._blobs[check_digest(digest)]
        except KeyError:
            raise NotFound(f"the blob {digest[:12]}… is not stored") from None
