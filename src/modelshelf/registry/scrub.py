"""Are the bytes of every version there, and are they what was registered?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from modelshelf.catalog.holdings import Needed, needed
from modelshelf.domain.audit import Problem
from modelshelf.domain.errors import ModelshelfError

if TYPE_CHECKING:
    from modelshelf.registry.context import Context


def check_blobs(
    context: Context, *, deep: bool, progress: Callable[[int, int, str], None] | None
) -> tuple[int, list[Problem]]:
    """Look for the blobs of every version; ``deep`` reads and hashes them.

    Returns:
        How many were looked at, and what is wrong with which.
    """
    problems: list[Problem] = []
    wanted = needed(context.database.reader())
    for done, blob in enumerate(wanted, start=1):
        problems += _check(context, blob, deep=deep)
        if progress is not None:
            progress(done, len(wanted), "blobs")
    return len(wanted), problems


def _check(context: Context, blob: Needed, *, deep: bool) -> Iterator[Problem]:
    where, user = f"blob {blob.digest}", f"{blob.reference} needs it"
    try:
        if not context.blobs.has(blob.digest):
            yield Problem(where, f"is missing; {user}")
            return
        stored = context.blobs.size(blob.digest)
        if blob.size is not None and stored != blob.size:
            yield Problem(where, f"has {stored:,} bytes instead of {blob.size:,}; {user}")
        elif deep:
            context.blobs.verify(blob.digest, stored)
    except ModelshelfError as error:
        yield Problem(where, f"is not what was registered; {user} ({error.what})")
