"""Opens the files of a source for the child, which never learns a path."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from modelshelf.domain.errors import ModelshelfError
from modelshelf.formats.source import Source, SourceFile
from modelshelf.formats.worker.values import numbered


@contextmanager
def lent(file: SourceFile) -> Iterator[int]:
    """Give a descriptor that reads the bytes of ``file`` while the block lasts.

    A file that does not lie on this machine, as in a store elsewhere, is copied to a nameless one.

    Raises:
        OSError: It cannot be read, or is a pipe or a device by now.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(file.open())
        if type(getattr(opened, "raw", opened)) is not FileIO:
            opened = stack.enter_context(_copied(opened))
        descriptor = opened.fileno()
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        yield descriptor


@contextmanager
def asked_for(source: Source, number: int) -> Iterator[tuple[dict[str, Any], int | None]]:
    """Give what the child is answered when it asks for a file: nothing and a descriptor, or why."""
    descriptor, refused = None, {}
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(lent(numbered(source, number)))
        except OSError as error:
            refused = {"errno": error.errno or errno.EIO, "why": error.strerror or "not readable"}
        except (ModelshelfError, LookupError, TypeError) as error:
            refused = {"errno": errno.EIO, "why": str(error)}
        yield refused, descriptor


@contextmanager
def _copied(opened: BinaryIO) -> Iterator[BinaryIO]:
    with TemporaryFile() as copy:
        shutil.copyfileobj(opened, copy)
        copy.flush()
        yield copy
