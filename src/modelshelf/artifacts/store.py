"""The artifact store on a disk: a folder of read-only files named by the SHA-256 of their bytes."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import layout, syscalls
from modelshelf.artifacts.blobs import Leftover
from modelshelf.artifacts.failures import explain, explaining, no_space
from modelshelf.artifacts.places import fsync_folder
from modelshelf.artifacts.receiving import DiskReceiver
from modelshelf.artifacts.verifying import damaged, verify_stream
from modelshelf.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

SPACE_KEPT = 32 * 1024 * 1024
"""Bytes of the disk that an ingest must leave, so that the catalog can still be written."""


class BlobStore:
    """The :class:`~modelshelf.artifacts.blobs.Blobs` of a registry on a disk.

    Attributes:
        root: The folder, ``blobs/`` of the registry.
    """

    def __init__(self, root: Path) -> None:
        """Use the folder ``root``; touches nothing. :meth:`prepare` makes it."""
        self.root = root
        self._durable: set[str] = set()

    def prepare(self) -> None:
        """Make the folders if they are missing, and make them durable.

        The root is for its owner only (0700); a folder that exists keeps its mode.

        Raises:
            Unavailable: They cannot be made.
        """
        sha256, tmp = Path(self.root, layout.ALGORITHM), Path(self.root, layout.TEMPORARY)
        with explaining("prepare", self.root):
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder, mode in ((self.root, 0o700), (sha256, 0o755), (tmp, 0o700)):
                try:
                    syscalls.mkdir(folder, mode)
                except FileExistsError:
                    if not stat.S_ISDIR(folder.stat().st_mode):
                        raise
                else:
                    fsync_folder(folder.parent)
            self._make_shards(sha256)

    @staticmethod
    def _make_shards(sha256: Path) -> None:
        """Make the 256 folders that blobs lie in, durably, so that an ingest need not."""
        there = {path.name for path in sha256.iterdir()}
        missing = {f"{number:02x}" for number in range(256)} - there
        for name in sorted(missing):
            with suppress(FileExistsError):
                syscalls.mkdir(sha256 / name, 0o755)
        if missing:
            fsync_folder(sha256)

    def path(self, digest: str) -> Path:
        """Return where the blob lies, stored or not.

        Raises:
            Invalid: ``digest`` is not 64 lower-case hexadecimal digits.
        """
        return layout.blob_path(self.root, digest)

    def has(self, digest: str) -> bool:
        """Return whether the blob is stored."""
        try:
            self._status(digest)
        except NotFound:
            return False
        return True

    def size(self, digest: str) -> int:
        """Return the length of the blob in bytes; see the protocol."""
        return self._status(digest).st_size

    def changed(self, digest: str) -> float:
        """Return when the blob was last stored, seconds since 1970; see the protocol."""
        return self._status(digest).st_ctime

    def open(self, digest: str) -> BinaryIO:
        """Return the blob opened for reading.

        Raises:
            NotFound: It is not stored.
            Corrupt: Something that is no regular file lies under its name.
            Unavailable: It cannot be read.
        """
        with self._reading(digest):
            descriptor = syscalls.open_file(self.path(digest), syscalls.READ)
            try:
                self._check_regular(digest, syscalls.fstat(descriptor))
                return os.fdopen(descriptor, "rb")
            except BaseException:
                syscalls.close(descriptor)
                raise

    def verify(self, digest: str, size: int, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read the blob and compare it with what was stored.

        Args:
            digest: The blob.
            size: The length it must have, in bytes.
            on_bytes: Is told the number of bytes after every block.

        Raises:
            Corrupt: Length or bytes differ; carries what was observed and required.
            NotFound: It is not stored.
            Unavailable: It cannot be read.
        """
        with self.open(digest) as stream, self._reading(digest):
            verify_stream(stream, digest, size, on_bytes)

    def digests(self) -> Iterator[str]:
        """Yield the digests of all blobs, sorted."""
        with explaining("list", self.root):
            yield from layout.digests(self.root)

    def foreign(self) -> list[Path]:
        """Return what lies in the store but is not the store's, sorted; it is never touched."""
        with explaining("list", self.root):
            return layout.foreign(self.root)

    @contextmanager
    def receive(self, expected: int) -> Iterator[DiskReceiver]:
        """Return a block in which about ``expected`` bytes are stored; see the protocol."""
        with explaining("store into", self.root):
            have = syscalls.free(self.root)
        if have < expected + SPACE_KEPT:
            raise no_space(self.root, need=expected + SPACE_KEPT, have=have)
        receiver = DiskReceiver(self.root, expected, self._durable)
        yield receiver
        receiver.finish()

    def put_bytes(self, data: bytes) -> str:
        """Store ``data`` durably and return its digest; see the protocol."""
        with self.receive(len(data)) as receiver:
            return receiver.put_bytes(data)

    def remove(self, digest: str) -> None:
        """Remove the blob. Only a collection may call this, under the registry's write lock.

        Raises:
            NotFound: It is not stored.
            Unavailable: It cannot be removed.
        """
        with self._reading(digest, "remove"):
            syscalls.unlink(self.path(digest))

    def leftovers(self) -> Iterator[Leftover]:
        """Yield the temporary files of killed or running ingests, sorted by name."""
        with explaining("list", self.root):
            for name in layout.temporary_names(self.root):
                try:
                    status = syscalls.lstat(layout.existing_temporary(self.root, name))
                except FileNotFoundError:  # its ingest has just finished
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield Leftover(name, status.st_size, status.st_ctime)

    def discard(self, leftover: Leftover) -> bool:
        """Remove a temporary file unless its ingest still runs; return whether it is gone.

        Raises:
            Unavailable: It cannot be removed.
        """
        path = layout.existing_temporary(self.root, leftover.name)
        with explaining("remove", path):
            try:
                return self._discard(path)
            except FileNotFoundError:  # its ingest, or another collection, was faster
                return True

    @staticmethod
    def _discard(path: Path) -> bool:
        descriptor = syscalls.open_file(path, syscalls.READ)
        try:
            if not syscalls.lock(descriptor, shared=True):
                return False
            if os.name != "nt":
                syscalls.unlink(path)
        finally:
            syscalls.close(descriptor)
        if os.name == "nt":  # only now: an open file cannot be removed there
            syscalls.unlink(path)
        return True

    def _status(self, digest: str) -> os.stat_result:
        with self._reading(digest):
            status = syscalls.lstat(self.path(digest))
        self._check_regular(digest, status)
        return status

    @staticmethod
    def _check_regular(digest: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise damaged(digest, "something else lies under its name")

    @staticmethod
    @contextmanager
    def _reading(digest: str, doing: str = "read") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound(
                f"the blob {digest[:12]}… is not stored", subject=f"sha256:{digest}"
            ) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise damaged(digest, "a link lies under its name") from error
            raise explain(error, doing, f"blob {digest[:12]}…") from error
