"""The stored content of a version: what it consists of and whether it is all there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.catalog.detail import read_files
from modelshelf.domain.content import Content
from modelshelf.domain.errors import Corrupt, NotFound

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry.context import Context

_HASHED_MOST = 1 << 30
"""Bytes that are hashed before a rollback; of more than that, presence and size are checked."""


def content_of(context: Context, version: ModelVersion) -> Content:
    """Return the content of ``version``.

    Raises:
        NotFound: Its bytes were freed.
    """
    if version.freed:
        raise NotFound(
            f"the bytes of {version.reference} were freed",
            why="it was yanked and collected",
            subject=version.reference,
        )
    files = read_files(context.database.reader(), version.id)
    return Content(version.kind, version.name, version.digest, version.size, files)


def check_bytes(context: Context, version: ModelVersion) -> None:
    """Check that the bytes of ``version`` are what was registered.

    Raises:
        Corrupt: They are not, or they are gone.
        NotFound: They were freed.
    """
    content = content_of(context, version)
    if content.size > _HASHED_MOST:
        check_there(context, content, version.reference)
        return
    for entry in content.files:
        context.blobs.verify(entry.digest, entry.size)


def check_there(context: Context, content: Content, reference: str) -> None:
    """Check that every file of a version is there in its length, without reading it.

    Raises:
        Corrupt: One is not.
    """
    for entry in content.files:
        if not context.blobs.has(entry.digest) or context.blobs.size(entry.digest) != entry.size:
            raise Corrupt(
                f"the blob {entry.digest} of {reference} is gone or cut",
                hint="Restore it from a backup.",
                subject=reference,
            )
