"""What is looked into: a file or folder, on disk or in the artifact store, opened on demand."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from modelshelf.domain.content import ContentKind
from modelshelf.domain.errors import Invalid, NotFound, Unavailable

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source.

    Attributes:
        path: Relative POSIX path inside the source; a single file's own name.
        size: Length in bytes.
        open: Returns a new seekable binary file, positioned at its start.
    """

    path: str
    size: int
    open: Opener


@dataclass(frozen=True, slots=True)
class Source:
    """A model file or folder as a name and a list of files that can be opened.

    Attributes:
        name: The name the producer gave it; for a member of a folder, its path in there.
        kind: ``file`` or ``folder``.
        files: The files, sorted by path; exactly one when ``kind`` is ``file``.
        siblings: For a member of a folder, all files of that folder.
        irregular: Paths in a folder that are no regular files: links, pipes, devices.
    """

    name: str
    kind: ContentKind
    files: tuple[SourceFile, ...]
    siblings: tuple[SourceFile, ...] = ()
    irregular: tuple[str, ...] = ()

    @classmethod
    def from_path(cls, path: Path) -> Source:
        """Return the file or folder at ``path``; links inside a folder are not followed.

        Raises:
            NotFound: Nothing is there.
            Unavailable: It may not be read.
            Invalid: It is a pipe, a device or a socket.
        """
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                return _folder(path)
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {path.name!r}", subject=str(path)) from error
        except OSError as error:
            why = error.strerror or "it cannot be read"
            raise Unavailable(f"cannot look into {path.name!r}", why=why) from error
        if not stat.S_ISREG(status.st_mode):
            raise Invalid(f"{path.name!r} is neither a file nor a folder", subject=str(path))
        return cls(path.name, "file", (_on_disk(path.name, path, status.st_size),))

    @classmethod
    def from_files(
        cls, name: str, kind: ContentKind, files: Iterable[tuple[str, int, Opener]]
    ) -> Source:
        """Return a source made of ``(path, size, opener)`` triples, such as stored blobs."""
        members = (SourceFile(path, size, opener) for path, size, opener in files)
        return cls(name, kind, tuple(sorted(members, key=lambda file: file.path)))

    @property
    def only(self) -> SourceFile:
        """The one file of a source of kind ``file``."""
        (file,) = self.files
        return file

    @property
    def size(self) -> int:
        """Sum of the files' sizes in bytes."""
        return sum(file.size for file in self.files)

    @property
    def extension(self) -> str:
        """The name's extension in lower case with its dot, or an empty text."""
        return posixpath.splitext(self.name)[1].lower()

    def head(self, most: int) -> bytes:
        """Return the first bytes of the one file."""
        with self.only.open() as file:
            return file.read(most)

    def file(self, path: str) -> SourceFile | None:
        """Return the file at ``path``, or nothing."""
        return next((file for file in self.files if file.path == path), None)

    def member(self, file: SourceFile) -> Source:
        """Return one file of this folder as a source of its own that knows its siblings."""
        return replace(self, name=file.path, kind="file", files=(file,), siblings=self.files)


def _on_disk(name: str, path: Path, size: int) -> SourceFile:
    return SourceFile(name, size, lambda: open(path, "rb", opener=_without_waiting))


def _without_waiting(path: str, flags: int) -> int:
    """Open what was a file when it was listed, and would wait for a writer if it is a pipe now."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _folder(root: Path) -> Source:
    files: list[SourceFile] = []
    irregular: list[str] = []
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{path}/", Path(entry.path)))
                elif entry.is_file(follow_symlinks=False):
                    size = entry.stat(follow_symlinks=False).st_size
                    files.append(_on_disk(path, Path(entry.path), size))
                else:
                    irregular.append(path)
    files.sort(key=lambda file: file.path)
    return Source(root.name, "folder", tuple(files), irregular=tuple(sorted(irregular)))
