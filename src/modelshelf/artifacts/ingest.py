"""Taking one file or folder into the artifact store: read once, hashed, checked, durable.

The source is only ever read. It is never linked, moved or followed: a producer who still has it
open can go on writing to it without reaching the stored bytes.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.failures import amount, explaining
from modelshelf.artifacts.folder import Folder, Member
from modelshelf.artifacts.paths import check_text
from modelshelf.artifacts.progress import Progress, Watch
from modelshelf.artifacts.ranges import RangeDigests
from modelshelf.artifacts.source import changed_while_read, open_source
from modelshelf.domain.content import (
    Content,
    FileEntry,
    file_content,
    folder_content,
    manifest_text,
)
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from modelshelf.artifacts.blobs import Blobs, Receiver


def ingest(
    source: Path,
    store: Blobs,
    *,
    ranges: RangeDigests | None = None,
    only: Collection[str] = (),
    name: str = "",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    max_bytes: int | None = None,
) -> Content:
    """Store a file, or a folder with everything in it, and return what its content is.

    When this returns, all bytes are durable: a power cut cannot take them. A folder's manifest is
    stored as a blob too, so ``Content.digest`` always names a stored blob. Names in
    :data:`~modelshelf.artifacts.folder.IGNORED` are left out of a folder; nothing else is.

    A collection that runs at the same time may remove blobs that were stored long ago and that
    nothing names yet; so the caller must ask ``store.has`` again under the lock under which it
    names them.

    Args:
        source: A regular file, or a folder of regular files.
        store: Where the bytes go.
        ranges: Says which parts of the files shall be hashed on the way, and has the digests
            afterwards; paths are those of ``Content.files``.
        only: The files of a folder to store, relative POSIX paths; none for all of them.
        name: What the content is called; by default as ``source`` is.
        progress: Is called in this thread, about every 4 MiB.
        cancelled: Is asked in this thread at the same pace; when it says true, the work stops.
        max_bytes: The most bytes to take; ``None`` for no limit but the disk.

    Returns:
        The content; a folder's files are sorted by path.

    Raises:
        NotFound: ``source`` does not exist.
        Invalid: It is, or holds, something that is no regular file; a name is not UTF-8; names
            clash by case or Unicode form; it is an empty folder, too deep, or too large.
        Conflict: It changed while it was being read.
        Corrupt: The store holds something else under one of the digests.
        Unavailable: No space, no permission, or a disk failed. Nothing is left that a retry or a
            collection does not put right.
        Cancelled: ``cancelled`` said so; a kind of ``Unavailable``.
    """
    called = check_text(name) if name else _own_name(source)
    with explaining("read", source):
        is_folder = stat.S_ISDIR(syscalls.lstat(source).st_mode)
    take = partial(_ingest_folder, only=only) if is_folder else _ingest_file

    def watch(total: int) -> Watch:
        _check_size(source, total, max_bytes)
        return Watch(total, progress, cancelled)

    return take(source, called, store, watch, ranges or RangeDigests())


def _ingest_file(
    source: Path, name: str, store: Blobs, watch: Callable[[int], Watch], ranges: RangeDigests
) -> Content:
    with open_source(source) as opened:
        watching = watch(opened.size)
        watching.begin(name)
        with store.receive(opened.size) as receiver:
            digest = receiver.put(opened, watching, ranges.of(name, opened.size))
    return file_content(name, opened.size, digest)


def _ingest_folder(
    source: Path,
    name: str,
    store: Blobs,
    watch: Callable[[int], Watch],
    ranges: RangeDigests,
    *,
    only: Collection[str],
) -> Content:
    with Folder(source) as folder:
        members = _members(folder, only)
        total = sum(member.identity.size for member in members)
        watching = watch(total)
        with store.receive(total) as receiver:
            files = tuple(_take(folder, member, receiver, watching, ranges) for member in members)
            if _members(folder, only) != members:
                raise changed_while_read(str(source))
            content = folder_content(name, files)
            receiver.put_bytes(manifest_text(content.files).encode())
    return content


def _members(folder: Folder, only: Collection[str]) -> tuple[Member, ...]:
    return folder.chosen(only) if only else folder.members()


def _take(
    folder: Folder, member: Member, receiver: Receiver, watch: Watch, ranges: RangeDigests
) -> FileEntry:
    watch.begin(member.path)
    with folder.open(member.path) as opened:
        hasher = ranges.of(member.path, opened.size)
        return FileEntry(member.path, opened.size, receiver.put(opened, watch, hasher))


def _own_name(source: Path) -> str:
    name = os.path.basename(os.path.abspath(source))  # noqa: PTH100, PTH119 - follows no link
    if not name:
        raise Invalid(f"{safe(source)!r} has no name of its own", subject=str(source))
    return check_text(name)


def _check_size(source: Path, total: int, most: int | None) -> None:
    if most is not None and total > most:
        raise Invalid(
            f"{safe(source)!r} is too large",
            why=f"it has {amount(total)}, {amount(most)} are allowed",
            observed=total,
            required=most,
            subject=str(source),
        )
