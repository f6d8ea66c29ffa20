"""Bytes that stay where their owner keeps them: hashed without a copy, and verified when used.

An adopted file is not protected: its owner can change or move it at any time. So it is known by its
digest only, and whoever opens it gets the bytes of that digest or an error, never others.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.copying import BLOCK, EndedEarlyError
from modelshelf.artifacts.failures import explaining
from modelshelf.artifacts.source import Identity, changed_while_read, identity, open_source
from modelshelf.artifacts.store import BlobStore
from modelshelf.artifacts.verifying import damaged, verify_stream
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, ModelshelfError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from modelshelf.artifacts.blobs import Receiver
    from modelshelf.artifacts.progress import Watch
    from modelshelf.artifacts.ranges import RangeHasher
    from modelshelf.artifacts.receiving import DiskReceiver
    from modelshelf.artifacts.source import Source

_REMEMBERED_MOST = 10_000


class AdoptingStore(BlobStore):
    """A store that hashes what it is given and keeps only manifests.

    :func:`~modelshelf.artifacts.ingest.ingest` into it answers with the content and copies nothing.
    """

    def __init__(self, root: Path, verified: set[tuple[Identity, str]]) -> None:
        """Keep manifests in the store at ``root``, and note in ``verified`` what was hashed."""
        super().__init__(root)
        self._verified = verified

    @contextmanager
    def receive(self, expected: int) -> Iterator[DiskReceiver]:  # noqa: ARG002 - no room is needed
        """Return a block in which files are hashed; a manifest is stored like any blob."""
        with super().receive(0) as receiver:
            yield _Hashing(receiver, self._verified)  # type: ignore[misc]  # a Receiver, which is all that is asked of it


class _Hashing:
    """A :class:`~modelshelf.artifacts.blobs.Receiver` that stores no file."""

    def __init__(self, inner: Receiver, verified: set[tuple[Identity, str]]) -> None:
        self._inner = inner
        self._verified = verified

    def put(self, source: Source, watch: Watch, ranges: RangeHasher | None = None) -> str:
        """Return the digest of an open file; raises as the protocol says."""
        digest, count = hashlib.sha256(), 0
        buffer = memoryview(bytearray(BLOCK))
        with explaining("read", source.name):
            # No further than it was long: one that grows as fast as it is read would have no end.
            while count <= source.size and (got := syscalls.read_into(source.descriptor, buffer)):
                digest.update(buffer[:got])
                if ranges is not None:
                    ranges.update(buffer[:got])
                count += got
                watch.advance(got)
        if count != source.size:
            raise changed_while_read(source.name) from EndedEarlyError()
        source.check_unchanged()
        found = digest.hexdigest()
        _remember(self._verified, (identity(syscalls.fstat(source.descriptor)), found))
        return found

    def put_bytes(self, data: bytes) -> str:
        """Store ``data``, a manifest."""
        return self._inner.put_bytes(data)


class PlacedBlobs(BlobStore):
    """The blobs of a registry: stored, or lying where they were adopted.

    What is stored comes first. A file in place is hashed before its bytes are handed out, once for
    each state of it: a file that was not touched since is not read again.
    """

    def __init__(self, root: Path, places: Callable[[str], Iterable[Path]]) -> None:
        """Use the store at ``root``; ``places`` says where an adopted digest may lie."""
        super().__init__(root)
        self._stored = BlobStore(root)
        self._places = places
        self._verified: set[tuple[Identity, str]] = set()

    def adopting(self) -> AdoptingStore:
        """Return a store to adopt with by `ingest`; what it hashed counts as verified here."""
        return AdoptingStore(self.root, self._verified)

    def open_at(self, place: Path, digest: str) -> BinaryIO:
        """Return the file at ``place`` opened for reading, verified as :meth:`open` does it.

        Raises:
            Corrupt: It has other bytes.
            Conflict: It changes while it is read.
            Invalid, NotFound, Unavailable: It is no file that can be read.
        """
        with open_source(place) as source:
            known = (identity(syscalls.fstat(source.descriptor)), digest)
            if known not in self._verified:
                with os.fdopen(os.dup(source.descriptor), "rb") as stream:
                    verify_stream(stream, digest, source.size)
                source.check_unchanged()
                _remember(self._verified, known)
            stream = os.fdopen(os.dup(source.descriptor), "rb")
            stream.seek(0)
            return stream

    def has(self, digest: str) -> bool:
        """Return whether the blob is stored or something lies where it was adopted."""
        return self._stored.has(digest) or next(self._lying(digest), None) is not None

    def lying(self, digest: str) -> Path:
        """Return the file that has the blob's bytes, stored or adopted; it may have changed since.

        Raises:
            NotFound: It is nowhere.
        """
        if not self._stored.has(digest):
            for place in self._lying(digest):
                return place
        return self._stored.path(digest)

    def size(self, digest: str) -> int:
        """Return its length in bytes."""
        try:
            return self._stored.size(digest)
        except NotFound:
            for place in self._lying(digest):
                return os.lstat(place).st_size
            raise

    def open(self, digest: str) -> BinaryIO:
        """Return the blob opened for reading; one in place is verified first.

        Raises:
            NotFound: It is neither stored nor where it was adopted.
            Corrupt: What lies there now has other bytes.
            Unavailable: It cannot be read.
        """
        try:
            return self._stored.open(digest)
        except NotFound:
            places = tuple(self._lying(digest))
            if not places:
                raise
        changed: ModelshelfError | None = None
        for place in places:
            try:
                return self.open_at(place, digest)
            except (Corrupt, Conflict, Invalid) as error:
                changed = error
        raise _changed(digest, places[0]) from changed

    def verify(self, digest: str, size: int, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read the blob and compare it with what was registered; see the protocol."""
        if self._stored.has(digest) or not any(True for _ in self._lying(digest)):
            self._stored.verify(digest, size, on_bytes)
            return
        with self.open(digest) as stream:
            verify_stream(stream, digest, size, on_bytes)

    def _lying(self, digest: str) -> Iterator[Path]:
        for place in self._places(digest):
            with suppress(OSError, ValueError):
                if stat.S_ISREG(os.lstat(place).st_mode):
                    yield place


def _remember(verified: set[tuple[Identity, str]], known: tuple[Identity, str]) -> None:
    if len(verified) >= _REMEMBERED_MOST:
        verified.clear()
    verified.add(known)


def _changed(digest: str, place: Path) -> Corrupt:
    error = damaged(digest, f"{place} was adopted in place and has other bytes now")
    error.hint = "Put the file back, or drop it again as a new version."
    error.subject = str(place)
    return error
