"""Copying bytes and hashing the copy at once; the digest is always that of what was written.

Up to 1 MiB is read once, hashed and written. For more, a thread copies inside the kernel in steps
of 16 MiB while the caller's thread reads the copy behind it and hashes: 2 GiB take little longer
than SHA-256 alone (benchmarks/ingest.py). Digests of parts are taken by a third thread that reads
the copy likewise, from memory. Handing buffers from thread to thread was slower, for either.
"""

from __future__ import annotations

import errno
import hashlib
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.progress import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from modelshelf.artifacts.ranges import RangeHasher

SMALL = 1024 * 1024
STEP = 16 * 1024 * 1024
# 8 MiB at a time is five times slower here: the bytes fall out of the processor's cache.
BLOCK = 256 * 1024
# How far the copy may be ahead of the slowest hash, so that what is hashed is still in memory; and
# how much of it stays there behind, so that a large model does not push everything else out.
AHEAD = 64 * 1024 * 1024
KEPT = 128 * 1024 * 1024

_NOT_HERE = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EOVERFLOW}
)
_LOOK_EVERY = 0.1  # seconds between two questions whether the caller has cancelled


class EndedEarlyError(Exception):
    """The source had fewer bytes than it said when it was opened."""


def read_small(source: int, size: int) -> bytes:
    """Return the ``size`` bytes of an open file.

    Raises:
        EndedEarlyError: It has fewer, or more.
        OSError: It cannot be read.
    """
    buffer = memoryview(bytearray(size + 1))
    have = 0
    while have <= size and (count := syscalls.read_into(source, buffer[have:])):
        have += count
    if have != size:
        raise EndedEarlyError
    return bytes(buffer[:size])


def write_all(target: int, data: bytes | memoryview) -> None:
    """Write all of ``data``, however little the system takes at a time.

    Raises:
        OSError: It cannot be written.
    """
    rest = memoryview(data)
    while rest:
        count = syscalls.write(target, rest)
        if count == 0:
            raise OSError(errno.EIO, "nothing was written")
        rest = rest[count:]


def copy_stream(stream: BinaryIO, target: int, watch: Watch) -> tuple[str, int]:
    """Copy a stream to an open file and return SHA-256 (64 hexadecimal digits) and bytes written.

    Raises:
        OSError: A side failed.
        Cancelled: The caller wants no more.
    """
    digest = hashlib.sha256()
    size = 0
    while block := stream.read(BLOCK):
        write_all(target, block)
        digest.update(block)
        size += len(block)
        watch.advance(len(block))
    return digest.hexdigest(), size


def copy_behind(
    source: int,
    size: int,
    target: tuple[int, Path],
    watch: Watch,
    finish: Callable[[], None] | None = None,
    ranges: RangeHasher | None = None,
    *,
    there: int = 0,
) -> str:
    """Copy an open file while hashing the copy behind it.

    Args:
        source: Descriptor of the file to copy.
        size: How many bytes of it.
        target: Descriptor of a file opened for writing, and its path.
        watch: Is told of hashed bytes in the caller's thread.
        finish: Makes the copy durable. Runs in the copying thread as soon as all bytes are there,
            beside the hashing; what it raises is raised here. ``None`` if the copy need not be
            durable but is for use at once: then it is left in memory and not written back early.
        ranges: Takes digests of parts of the copy, in a thread of its own.
        there: How many bytes of the copy are there already, without holes.

    Returns:
        SHA-256 of the copy, 64 hexadecimal digits.

    Raises:
        EndedEarlyError: The source has fewer bytes than ``size``.
        OSError: A side failed.
        Cancelled: The caller wants no more.
    """
    digest = hashlib.sha256()
    readers = 1 if ranges is None else 2
    copier = _Copier(source, size, target[0], finish, readers=readers, there=there)
    works = [copier.work]
    if ranges is not None:
        parts = partial(_read_behind, copier, 1, target[1], ranges.update, Watch(size))
        works.append(_Work("modelshelf-ranges", parts))
    try:
        for work in works:
            work.start()
        _read_behind(copier, 0, target[1], digest.update, watch)
        for work in works:
            work.join(watch)
    finally:
        copier.stop()
        for work in works:
            work.wait()
    return digest.hexdigest()


class _Work:
    """Work in a thread of its own."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, watch: Watch) -> None:
        """Wait until it has ended; raise what it raised."""
        while self._thread.is_alive():
            self._thread.join(_LOOK_EVERY)
            watch.check()
        if self._error is not None:
            raise self._error

    def wait(self) -> None:
        """Wait until it has ended, whatever the user presses meanwhile.

        Only then may the descriptors be closed: their numbers are given to other files.
        """
        while self._thread.is_alive():
            with suppress(KeyboardInterrupt):
                self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - is raised in the caller's thread
            self._error = error


class _Copier:
    """Copies step by step in a thread and says how far it is to those who read behind it.

    Attributes:
        size: How many bytes there are to copy.
        work: The thread.
    """

    def __init__(
        self,
        source: int,
        size: int,
        target: int,
        finish: Callable[[], None] | None,
        *,
        readers: int,
        there: int,
    ) -> None:
        self.size = size
        self.work = _Work("modelshelf-copy", self._run)
        self._source = source
        self._target = target
        self._finish = finish
        self._news = threading.Condition()
        self._copied = self._there = there
        self._read = [0] * readers
        self._ended = False
        self._stopping = False

    def wait_beyond(self, reader: int, position: int, watch: Watch) -> int:
        """Return how far a reader may go that is at ``position``; no further when all has ended."""
        with self._news:
            self._read[reader] = position
            self._news.notify_all()
            while self._copied <= position and not self._ended:
                self._news.wait(_LOOK_EVERY)
                watch.check()
            return position if self._stopping else min(self._copied, position + STEP)

    def leave(self, reader: int) -> None:
        """Say that a reader wants no more, so that nobody waits for it."""
        with self._news:
            self._read[reader] = self.size
            self._news.notify_all()

    def stop(self) -> None:
        """Let all threads end after their present step."""
        with self._news:
            self._stopping = True
            self._news.notify_all()

    def _run(self) -> None:
        try:
            for copied in _steps(self._source, self.size, self._target, self._there):
                if self._stopping:
                    return
                self._keep_pace(copied)
            if self._finish is not None:
                self._finish()
        finally:
            with self._news:
                self._ended = True
                self._news.notify_all()

    def _keep_pace(self, copied: int) -> None:
        """Tell the readers, write back what is new and forget what all have read long since."""
        with self._news:
            before, self._copied = self._copied, copied
            self._news.notify_all()
        if self._finish is None:
            return
        syscalls.forget(self._target, before, copied - before)
        with self._news:
            while self._copied - min(self._read) > AHEAD and not self._stopping:
                self._news.wait()
            old = min(self._read) - KEPT
        if old > 0:
            syscalls.forget(self._target, 0, old)


def _read_behind(
    copier: _Copier, reader: int, path: Path, update: Callable[[memoryview], None], watch: Watch
) -> None:
    """Hand the bytes of the copy on, up to its end or until the copier gives up."""
    buffer = memoryview(bytearray(BLOCK))
    done = 0
    try:
        descriptor = syscalls.open_file(path, syscalls.READ)
        try:
            while done < copier.size:
                ready = copier.wait_beyond(reader, done, watch)
                if ready <= done:
                    return
                while done < ready:
                    count = syscalls.read_into(descriptor, buffer[: ready - done])
                    if count == 0:
                        raise EndedEarlyError
                    update(buffer[:count])
                    done += count
                    watch.advance(count)
        finally:
            syscalls.close(descriptor)
    finally:
        copier.leave(reader)


def _steps(source: int, size: int, target: int, there: int) -> Iterator[int]:
    """Copy; yield after every step how many bytes from the start are there."""
    if there or not _cloned(source, target):
        for start, end in [(there, size)] if there else _extents(source, size, target):
            at = start
            syscalls.seek(target, at)
            while at < end:
                at += _move(source, at, min(STEP, end - at), target)
                yield at
    yield size


def _cloned(source: int, target: int) -> bool:
    try:
        syscalls.clone(target, source)
    except OSError as error:
        # Everything but a dying disk means "not here": ENOTTY, EXDEV, EINVAL, ETXTBSY, EPERM…
        if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    return True


def _extents(source: int, size: int, target: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the stretches of data; the holes between them stay holes."""
    if not has_holes(source, size):
        yield 0, size
        return
    syscalls.truncate(target, size)
    at = 0
    while at < size:
        try:
            start, end = syscalls.data_extent(source, at)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole follows
                return
            raise
        if start >= size:
            return
        yield start, min(end, size)
        at = end


def has_holes(source: int, size: int) -> bool:
    """Whether the system says that an open file of ``size`` bytes has holes."""
    blocks = getattr(syscalls.fstat(source), "st_blocks", None)  # of 512 bytes; absent on Windows
    if blocks is None or blocks * 512 >= size:
        return False
    try:
        start, end = syscalls.data_extent(source, 0)
    except OSError as error:
        return error.errno == errno.ENXIO
    return start > 0 or end < size


def _move(source: int, at: int, count: int, target: int) -> int:
    """Copy up to ``count`` bytes from ``at``; return how many, at least one."""
    try:
        moved = syscalls.sendfile(target, source, at, count)
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
        moved = _read_write(source, at, count, target)
    if moved == 0:
        raise EndedEarlyError
    return moved


def _read_write(source: int, at: int, count: int, target: int) -> int:
    syscalls.seek(source, at)
    buffer = memoryview(bytearray(min(BLOCK, count)))
    moved = 0
    while moved < count and (got := syscalls.read_into(source, buffer[: count - moved])):
        write_all(target, buffer[:got])
        moved += got
    return moved
