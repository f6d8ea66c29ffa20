"""Are the bytes of every version there, and are they what was registered?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from modelshelf.domain.audit import Problem
from modelshelf.domain.errors import ModelshelfError

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

_BLOBS = """
SELECT f.digest, f.size, min(m.name || ':v' || v.number)
FROM version_file f JOIN version v ON v.id = f.version_id JOIN model m ON m.id = v.model_id
WHERE v.freed = 0 GROUP BY f.digest
UNION ALL
SELECT v.digest, NULL, min(m.name || ':v' || v.number)
FROM version v JOIN model m ON m.id = v.model_id
WHERE v.freed = 0 AND v.kind = 'folder' GROUP BY v.digest
"""


def check_blobs(
    context: Context, *, deep: bool, progress: Callable[[int, int, str], None] | None
) -> tuple[int, list[Problem]]:
    """Look for the blobs of every version; ``deep`` reads and hashes them.

    Returns:
        How many were looked at, and what is wrong with which.
    """
    problems: list[Problem] = []
    wanted = context.database.reader().execute(_BLOBS).fetchall()
    for done, (digest, size, reference) in enumerate(wanted, start=1):
        problems += _check(context, digest, size, reference, deep=deep)
        if progress is not None:
            progress(done, len(wanted), "blobs")
    return len(wanted), problems


def _check(
    context: Context, digest: str, size: int | None, reference: str, *, deep: bool
) -> Iterator[Problem]:
    where = f"blob {digest}"
    try:
        if not context.blobs.has(digest):
            yield Problem(where, f"is missing; {reference} needs it")
            return
        stored = context.blobs.size(digest)
        if size is not None and stored != size:
            yield Problem(where, f"has {stored:,} bytes instead of {size:,}; {reference} needs it")
        elif deep:
            context.blobs.verify(digest, stored)
    except ModelshelfError as error:
        yield Problem(where, f"is not what was registered; {reference} needs it ({error.what})")
