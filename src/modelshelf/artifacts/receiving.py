"""Taking bytes into the folder of an artifact store so that no crash can leave a wrong blob.

The order is the promise (docs/design.md, "Bytes first, row second"):

    temporary file, new, locked, mode 0600  a large one is gone on with, see resuming.py
    bytes in, hashed                        see copying.py
    the source is still what was opened     else Conflict
    mode 0444, fsync of the file            if that fails the file is given up, never synced again
    folder of the shard made if missing
    link temporary -> final name            never replaces; what is there must have the same size
    temporary name removed
    fsync of every folder touched           also of an old one: its maker may have died before this
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.copying import (
    SMALL,
    EndedEarlyError,
    copy_behind,
    read_small,
    write_all,
)
from modelshelf.artifacts.failures import explain, is_full, no_space
from modelshelf.artifacts.layout import ALGORITHM, blob_path, temporary_path
from modelshelf.artifacts.places import fsync_folder
from modelshelf.artifacts.placing import link_new
from modelshelf.artifacts.resuming import is_kept, partial_path, reopen
from modelshelf.artifacts.source import changed_while_read
from modelshelf.artifacts.verifying import damaged
from modelshelf.domain.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelshelf.artifacts.progress import Watch
    from modelshelf.artifacts.ranges import RangeHasher
    from modelshelf.artifacts.source import Source

_READ_ONLY = 0o444
_TRIES = 3


class DiskReceiver:
    """The :class:`~modelshelf.artifacts.blobs.Receiver` of a store on the disk."""

    def __init__(self, root: Path, expected: int, durable: set[str]) -> None:
        """Take in about ``expected`` bytes to the store at ``root``; touches nothing yet.

        ``durable`` are the folders of blobs that this process knows to survive a power cut; it is
        added to.
        """
        self._root = root
        self._expected = expected
        self._durable = durable
        self._touched: set[Path] = set()

    def put(self, source: Source, watch: Watch, ranges: RangeHasher | None = None) -> str:
        """Store the bytes of an open file; see the protocol."""
        with self._storing(source.name):
            if source.size <= SMALL:
                data = read_small(source.descriptor, source.size)
                source.check_unchanged()
                digest = self._put_bytes(data)
                if ranges is not None:
                    ranges.update(memoryview(data))
                watch.advance(len(data))
                return digest
            return self._put_large(source, watch, ranges)

    def put_bytes(self, data: bytes) -> str:
        """Store ``data``; see the protocol."""
        with self._storing("manifest"):
            return self._put_bytes(data)

    def finish(self) -> None:
        """Make all that was stored durable: the folders that hold the new names.

        Raises:
            Unavailable: The disk failed.
        """
        with self._storing("blobs"):
            for folder in sorted(self._touched):
                fsync_folder(folder)
            if not {folder.name for folder in self._touched} <= self._durable:
                shards = Path(self._root, ALGORITHM)
                there = os.listdir(shards)  # noqa: PTH208 - names, before they are made durable
                fsync_folder(shards)
                self._durable.update(there)

    def _put_bytes(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if self._is_stored(digest, len(data)):
            return digest
        with _Temporary(self._root) as temporary:
            write_all(temporary.descriptor, data)
            temporary.seal()
            self._publish(temporary, digest, len(data))
        return digest

    def _put_large(self, source: Source, watch: Watch, ranges: RangeHasher | None) -> str:
        with _Temporary(self._root, partial_path(self._root, source), source.size) as temporary:

            def finish() -> None:
                source.check_unchanged()
                temporary.seal()

            target = (temporary.descriptor, temporary.path)
            digest = copy_behind(
                source.descriptor,
                source.size,
                target,
                watch,
                finish,
                ranges,
                there=temporary.there,
            )
            self._publish(temporary, digest, source.size)
        return digest

    def _publish(self, temporary: _Temporary, digest: str, size: int) -> None:
        final = blob_path(self._root, digest)
        self._make_shard(final.parent)
        self._touched.add(final.parent)
        for _ in range(_TRIES):
            try:
                if temporary.name_it(final) or self._is_stored(digest, size):
                    return
            except FileNotFoundError:  # somebody removed the folder while it was empty
                self._durable.discard(final.parent.name)
                self._make_shard(final.parent)
        raise _being_collected()  # there when linked, gone when looked at, again and again

    def _make_shard(self, folder: Path) -> None:
        if folder.name not in self._durable:
            with suppress(FileExistsError):
                syscalls.mkdir(folder, 0o755)

    def _is_stored(self, digest: str, size: int) -> bool:
        """Return whether the blob is there; if so, start its time of grace again."""
        final = blob_path(self._root, digest)
        try:
            status = syscalls.lstat(final)
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(status.st_mode):
            raise damaged(digest, "something else lies under its name")
        if status.st_size != size:
            raise damaged(
                digest, f"it has {status.st_size:,} bytes instead of {size:,}", status.st_size, size
            )
        with suppress(PermissionError):  # it is another person's; their time of grace must do
            syscalls.chmod(final, _READ_ONLY)
        self._touched.add(final.parent)
        return True

    @contextmanager
    def _storing(self, name: str) -> Iterator[None]:
        try:
            yield
        except EndedEarlyError as error:
            raise changed_while_read(name) from error
        except OSError as error:
            if is_full(error):
                raise no_space(name, need=self._expected, have=self._free()) from error
            raise explain(error, "store", name) from error

    def _free(self) -> int:
        try:
            return syscalls.free(self._root)
        except OSError:
            return 0


class _Temporary:
    """A locked file in the store; leaving the ``with`` block removes its temporary name.

    It is new, unless there is a copy at ``partial`` that an interruption left: that is gone on
    with, and an interruption leaves this one there.

    Attributes:
        path: Its temporary name.
        descriptor: It, opened for reading and writing.
        there: How many bytes are in it from the start.
    """

    def __init__(self, root: Path, partial: Path | None = None, size: int = 0) -> None:
        self._root = root
        self._partial = partial
        self._size = size
        self.path = temporary_path(root)
        self.descriptor = -1
        self.there = 0

    def seal(self) -> None:
        """Make the file read-only and durable."""
        syscalls.chmod_open(self.descriptor, self.path, _READ_ONLY)
        syscalls.fsync(self.descriptor)

    def name_it(self, final: Path) -> bool:
        """Give the file its final name; return False if that name is taken."""
        try:
            if link_new(self.path, final):
                return True
        except FileExistsError:
            return False
        # A rename must do. It could only replace the same bytes, put there just after looking.
        if os.path.lexists(final):
            return False
        self._close()
        syscalls.rename(self.path, final)
        return True

    def _is_ours(self) -> bool:
        """Lock the file; return False if a collection took it in the instant before."""
        locked = syscalls.lock(self.descriptor, shared=False)
        return locked and syscalls.fstat(self.descriptor).st_nlink > 0

    def _close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            syscalls.close(descriptor)

    def _goes_on(self) -> bool:
        """Open what an interruption left, if that can be gone on with."""
        found = None if self._partial is None else reopen(self._partial, self._size)
        if self._partial is None or found is None:
            return False
        self.path, (self.descriptor, self.there) = self._partial, found
        return True

    def _begin(self) -> bool:
        """Make a new file; return False if a collection took each one at once."""
        named = self._partial
        paths = [] if named is None or os.path.lexists(named) else [named]
        for path in (*paths, *(temporary_path(self._root) for _ in range(_TRIES))):
            try:
                self.descriptor = syscalls.open_file(path, syscalls.CREATE, 0o600)
            except FileExistsError:  # another ingest of the same file began just now
                continue
            self.path = path
            if self._is_ours():
                return True
            self._close()
        return False

    def __enter__(self) -> Self:
        try:
            if self._goes_on() or self._begin():
                return self
        except BaseException as error:
            self.__exit__(type(error))
            raise
        raise _being_collected()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._close()
        except OSError:
            if kind is None:  # else what went wrong first is what the user must hear
                raise
        finally:
            if self.path != self._partial or not is_kept(kind):
                with suppress(OSError):  # what cannot be removed now is collected later
                    syscalls.unlink(self.path)


def _being_collected() -> Conflict:
    return Conflict(
        "the artifact store is being collected", hint="Try again when the collection is over."
    )
