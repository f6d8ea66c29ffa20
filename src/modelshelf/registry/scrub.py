"""Are the bytes of every version there, and are they what was registered?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from modelshelf.catalog.holdings import Needed, needed
from modelshelf.domain.audit import Problem
from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry.halting import Halted

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

Progress = Callable[[int, int, str], None]


def check_blobs(
    context: Context, *, deep: bool, progress: Progress | None
) -> tuple[int, list[Problem]]:
    """Look for the blobs of every version; ``deep`` reads and hashes them.

    Progress is told in blobs; in bytes where they are read.

    Returns:
        How many were looked at, and what is wrong with which.

    Raises:
        Halted: ``progress`` raised it; it has what was wrong until then.
    """
    problems: list[Problem] = []
    wanted = needed(context.database.reader())
    reading = _Reading(sum(blob.size or 0 for blob in wanted), progress) if deep else None
    try:
        for done, blob in enumerate(wanted, start=1):
            problems += _check(context, blob, reading)
            if progress is not None and reading is None:
                progress(done, len(wanted), "blobs")
    except Halted as halted:
        halted.found(problems)
        raise
    return len(wanted), problems


class _Reading:
    """How many bytes were read of how many."""

    def __init__(self, whole: int, progress: Progress | None) -> None:
        self._whole = whole
        self._progress = progress
        self._done = 0

    def advance(self, count: int) -> None:
        """Say that so many more bytes were read; manifests, whose size nobody wrote down, too."""
        self._done += count
        self._whole = max(self._whole, self._done)
        if self._progress is not None:
            self._progress(self._done, self._whole, "bytes")


def _check(context: Context, blob: Needed, reading: _Reading | None) -> Iterator[Problem]:
    where, user = f"blob {blob.digest}", f"{blob.reference} needs it"
    try:
        if not context.blobs.has(blob.digest):
            yield Problem(where, f"is missing; {user}")
            return
        stored = context.blobs.size(blob.digest)
        if blob.size is not None and stored != blob.size:
            yield Problem(where, f"has {stored:,} bytes instead of {blob.size:,}; {user}")
        elif reading is not None:
            context.blobs.verify(blob.digest, stored, reading.advance)
    except ModelshelfError as error:
        yield Problem(where, f"is not what was registered; {user} ({error.what})")
