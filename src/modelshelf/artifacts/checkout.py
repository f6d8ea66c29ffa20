"""Writing the content of a version to a place of the user's: verified, and all of it or nothing."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.artifacts import syscalls
from modelshelf.artifacts.copying import SMALL, EndedEarlyError, copy_behind, copy_stream
from modelshelf.artifacts.failures import explain, explaining, is_full, no_space
from modelshelf.artifacts.paths import check_clashes, check_way_out
from modelshelf.artifacts.places import free_bytes
from modelshelf.artifacts.placing import check_target, place, remove, replace
from modelshelf.artifacts.progress import Progress, Watch
from modelshelf.artifacts.store import BlobStore
from modelshelf.artifacts.verifying import compare, damaged
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from modelshelf.artifacts.blobs import Blobs
    from modelshelf.domain.content import Content, FileEntry


def checkout(
    content: Content,
    store: Blobs,
    destination: Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Write ``content`` to ``destination`` and return where it is.

    The files are plain copies with the usual rights of new files; nothing is linked to the store.
    They appear in one step, complete and compared with their digests, or not at all.

    Args:
        content: What to write; its names are checked as if they came from a stranger.
        store: Where its blobs are.
        destination: The new file or folder. A single file goes *into* a folder that exists, under
            its own name. Missing parent folders are made.
        overwrite: Replace what is there. A folder is replaced as a whole: what else was in it goes.
        progress: Is called in this thread, about every 4 MiB.
        cancelled: Is asked in this thread at the same pace; when it says true, the work stops.

    Raises:
        Conflict: It is taken and ``overwrite`` is false, or a folder is where a file goes.
        Invalid: A name in ``content`` would leave the destination or cannot exist there.
        Refused: Replacing the destination would remove the working, home or store folder.
        Corrupt: A blob is not what was stored.
        NotFound: A blob is not stored.
        Unavailable: No space, no permission, or the disk failed.
        Cancelled: ``cancelled`` said so; a kind of ``Unavailable``.
    """
    paths = _checked_paths(content)
    with explaining("write", destination):  # a name longer than the system takes
        inside = content.kind == "file" and destination.is_dir()
    target = destination / paths[0] if inside else destination
    root = store.root if isinstance(store, BlobStore) else None
    check_target(target, content.kind, store_root=root, overwrite=overwrite)
    have = free_bytes(target.parent)
    if have < content.size:
        raise no_space(target, need=content.size, have=have)
    with explaining("write", target):
        target.parent.mkdir(parents=True, exist_ok=True)
    job = _Job(store, target, Watch(content.size, progress, cancelled))
    with job.temporary() as temporary:
        if content.kind == "file":
            job.write(content.files[0], temporary)
        else:
            job.write_all(content.files, temporary)
        with job.writing():
            (replace if overwrite else place)(temporary, target)
    return target


@dataclass(frozen=True, slots=True)
class _Job:
    store: Blobs
    target: Path
    watch: Watch

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        """Give a new name beside the target; whatever is under it at the end is removed."""
        path = self.target.parent / f".modelshelf-{os.urandom(8).hex()}"
        try:
            yield path
        finally:
            with suppress(OSError):
                remove(path)

    def write_all(self, files: tuple[FileEntry, ...], folder: Path) -> None:
        """Write ``files`` into the new folder ``folder``."""
        made = {folder}
        with self.writing():
            syscalls.mkdir(folder, 0o777)
        for entry in files:
            path = folder.joinpath(*entry.path.split("/"))
            for parent in reversed(path.relative_to(folder).parents):
                below = folder / parent
                if below not in made:
                    with self.writing():
                        syscalls.mkdir(below, 0o777)
                    made.add(below)
            self.write(entry, path)

    def write(self, entry: FileEntry, path: Path) -> None:
        """Write one file to ``path``, which must be new, and compare it with its digest."""
        self.watch.begin(entry.path)
        with self.store.open(entry.digest) as stream, self.writing():
            descriptor = syscalls.open_file(path, syscalls.CREATE, 0o666)
            try:
                found, count = self._copy(stream, entry, (descriptor, path))
            except BaseException:
                with suppress(OSError):
                    syscalls.close(descriptor)
                raise
            syscalls.close(descriptor)
        compare(entry.digest, entry.size, found, count)

    def _copy(
        self, stream: BinaryIO, entry: FileEntry, target: tuple[int, Path]
    ) -> tuple[str, int]:
        source = _descriptor(stream)
        if source is None or entry.size <= SMALL:
            return copy_stream(stream, target[0], self.watch)
        stored = syscalls.fstat(source).st_size
        try:
            found = copy_behind(source, stored, target, self.watch)
        except EndedEarlyError as error:
            raise damaged(entry.digest, "it ended early") from error
        return found, stored

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the system refuses into one of our errors, about the target."""
        try:
            yield
        except OSError as error:
            if is_full(error):
                have = free_bytes(self.target.parent)
                raise no_space(self.target, need=self.watch.total, have=have) from error
            raise explain(error, "write", self.target) from error


def _checked_paths(content: Content) -> list[str]:
    """Return the relative paths to write, none of which leaves its folder."""
    if content.kind == "folder":
        paths = [check_way_out(entry.path) for entry in content.files]
        check_clashes(paths)
        return paths
    if "/" in content.name or len(content.files) != 1:
        raise Invalid(f"{safe(content.name)!r} cannot be written", why="it is not one single file")
    return [check_way_out(content.name)]


def _descriptor(stream: BinaryIO) -> int | None:
    try:
        return stream.fileno()
    except OSError:  # io.UnsupportedOperation: bytes in memory, or from a network
        return None
