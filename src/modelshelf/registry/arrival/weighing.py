"""The tensors of what arrives: where they lie is asked first, so that one read stores and hashes.

What lies where may change between the question and the storing. So the stored bytes are asked
again; every digest is that of stored bytes, and where nobody foretold a range it is read from them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.artifacts import RangeDigests
from modelshelf.artifacts.folder import Folder
from modelshelf.artifacts.paths import check_text
from modelshelf.artifacts.source import open_source
from modelshelf.domain.errors import ModelshelfError
from modelshelf.formats import Source, tensors
from modelshelf.formats.weights import ranges_of, weights_of

if TYPE_CHECKING:
    from modelshelf.artifacts import source as files
    from modelshelf.domain.inspection import Weights
    from modelshelf.formats.interface import Placed

FEW = 1024 * 1024
"""Bytes that are sooner read a second time than asked about beforehand."""


def foretell(path: Path, only: Collection[str] = ()) -> RangeDigests | None:
    """Return what to hash of the tensors at ``path`` while it is stored.

    Nothing for what has few bytes, no tensors, or cannot be stored; storing it says why.

    Args:
        path: A file or folder of somebody else's; no link is followed.
        only: The files of a folder that will be stored; none for all of them.
    """
    try:
        with _arriving(path, only) as source:
            placed = tensors(source) if source.size > FEW else ()
    except (ModelshelfError, OSError):
        return None
    return RangeDigests(ranges_of(placed)) if placed else None


def weigh(
    source: Source, placed: Sequence[Placed], digests: RangeDigests | None = None
) -> Weights | None:
    """Return the weights of what is stored; nothing where it has no tensors.

    Args:
        source: The stored bytes.
        placed: Where its tensors lie.
        digests: What was taken while they were stored; everything else is read now.

    Raises:
        ModelshelfError, OSError: They cannot be read.
    """
    known = digests or RangeDigests()
    files = {file.path: file for file in source.files}
    for path, ranges in ranges_of(placed).items():
        if path in files:
            known.complete(path, files[path].size, ranges, files[path].open)
    return weights_of(placed, known.digest)


@contextmanager
def _arriving(path: Path, only: Collection[str]) -> Iterator[Source]:
    if not path.is_symlink() and path.is_dir():
        with Folder(path) as folder:
            members = [
                (member.path, member.identity.size, _opener(partial(folder.open, member.path)))
                for member in (folder.chosen(only) if only else folder.members())
            ]
            yield Source.from_files(path.name, "folder", members)
        return
    name = check_text(path.name)
    with open_source(path) as opened:
        file = (name, opened.size, _opener(partial(open_source, path)))
    yield Source.from_files(name, "file", [file])


def _opener(
    enter: Callable[[], AbstractContextManager[files.Source]],
) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        with enter() as file:
            return os.fdopen(os.dup(file.descriptor), "rb")

    return opened
