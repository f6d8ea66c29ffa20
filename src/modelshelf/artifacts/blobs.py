"""What an artifact store must be able to do, wherever its bytes lie.

One suite of tests, ``tests/artifacts/blob_suite.py``, holds every implementation to these words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO

    from modelshelf.artifacts.progress import Watch
    from modelshelf.artifacts.ranges import RangeHasher
    from modelshelf.artifacts.source import Source


@dataclass(frozen=True, slots=True)
class Leftover:
    """Bytes that an ingest left behind when it was killed, or is still writing.

    Attributes:
        name: How the store calls it.
        size: Length in bytes.
        changed: When it was last changed, seconds since 1970.
    """

    name: str
    size: int
    changed: float


class Receiver(Protocol):
    """Takes blobs in. They are durable when the ``with`` block it came from has ended."""

    def put(self, source: Source, watch: Watch, ranges: RangeHasher | None = None) -> str:
        """Store the bytes of an open file.

        Args:
            source: The file; it MUST NOT be changed, moved or linked to.
            watch: Is told of every byte finished.
            ranges: MUST be given all bytes that are stored, in their order, if there is one.

        Returns:
            SHA-256 of the bytes *stored*, 64 hexadecimal digits. If they were stored already, they
            MUST stay as they are.

        Raises:
            Conflict: The file changed while it was read; nothing is stored.
            Corrupt: The store has another length under this digest.
            Unavailable: The store or the file failed; nothing is stored.
        """

    def put_bytes(self, data: bytes) -> str:
        """Store ``data``; returns and raises as :meth:`put`."""


class Blobs(Protocol):
    """A place for bytes that are named by their SHA-256, written once and never changed.

    A digest is 64 lower-case hexadecimal digits; every method raises ``Invalid`` for another text.
    """

    def has(self, digest: str) -> bool:
        """Return whether the blob is stored."""

    def size(self, digest: str) -> int:
        """Return its length in bytes. Raises ``NotFound``."""

    def changed(self, digest: str) -> float:
        """Return when it was last stored, seconds since 1970. Raises ``NotFound``.

        Storing the same bytes again MUST move this to now, where the rights allow it: it is what
        keeps a collection from removing a blob that is just about to be named.
        """

    def open(self, digest: str) -> BinaryIO:
        """Return the blob opened for reading. Raises ``NotFound``."""

    def verify(self, digest: str, size: int, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read the blob and compare. Raises ``NotFound``, or ``Corrupt`` if a bit differs."""

    def digests(self) -> Iterator[str]:
        """Yield the digests of all blobs, sorted."""

    def receive(self, expected: int) -> AbstractContextManager[Receiver]:
        """Return a block in which about ``expected`` bytes are stored.

        If the block raises, what it has stored completely may stay; nothing else may.

        Raises:
            Unavailable: There is not enough space.
        """

    def put_bytes(self, data: bytes) -> str:
        """Store ``data`` durably and return its digest."""

    def remove(self, digest: str) -> None:
        """Remove the blob. Raises ``NotFound``. Only a collection may call this."""

    def leftovers(self) -> Iterator[Leftover]:
        """Yield what killed or running ingests left, sorted by name."""

    def discard(self, leftover: Leftover) -> bool:
        """Remove a leftover unless its ingest is still running; return whether it is gone."""

    def foreign(self) -> list[Path]:
        """Return what lies in the store but is not the store's, sorted; nobody may touch it."""
