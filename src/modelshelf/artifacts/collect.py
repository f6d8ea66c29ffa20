"""Removing blobs that nothing names and what killed ingests left: first a plan, then removal.

Nothing is removed that the store cannot parse, that is younger than the time of grace, or that has
been stored again since the plan was made.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from modelshelf.artifacts.blobs import Blobs, Leftover

HOUR = 3600.0

Referenced = Callable[[str], bool] | AbstractSet[str]
"""Which digests are named by something: a set of them, or a question about one."""


@dataclass(frozen=True, slots=True)
class Unreferenced:
    """A blob that nothing names.

    Attributes:
        digest: 64 hexadecimal digits.
        size: Length in bytes.
        changed: When it was last stored, seconds since 1970.
    """

    digest: str
    size: int
    changed: float


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What a collection would remove.

    Attributes:
        blobs: The blobs that nothing names and that are old enough, sorted by digest.
        leftovers: The temporary files that are old enough.
        foreign: What lies in the store but is not the store's; reported, never removed.
    """

    blobs: tuple[Unreferenced, ...]
    leftovers: tuple[Leftover, ...]
    foreign: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes that would become free."""
        return sum(blob.size for blob in self.blobs) + sum(left.size for left in self.leftovers)


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collection did.

    Attributes:
        removed: Digests of the removed blobs.
        kept: Digests that were planned but stored again, named or removed by others since.
        leftovers: How many temporary files are gone.
        size: Bytes that became free.
        foreign: What lies in the store but is not the store's.
    """

    removed: tuple[str, ...]
    kept: tuple[str, ...]
    leftovers: int
    size: int
    foreign: tuple[Path, ...]


def collect(
    store: Blobs,
    referenced: Referenced,
    *,
    grace_seconds: float,
    now: float,
    tmp_grace_seconds: float = HOUR,
) -> Collection:
    """Plan a collection and carry it out; call it under the registry's write lock.

    Args:
        store: The store to collect in.
        referenced: The digests that must stay: of files and of manifests.
        grace_seconds: How long a blob that nothing names stays after it was last stored.
        now: Seconds since 1970.
        tmp_grace_seconds: How long a temporary file stays after it was last written.

    Raises:
        Unavailable: The disk failed. What was removed by then was rightly removed; run it again.
    """
    planned = plan(
        store,
        referenced,
        grace_seconds=grace_seconds,
        now=now,
        tmp_grace_seconds=tmp_grace_seconds,
    )
    return apply(planned, store, referenced=referenced)


def plan(
    store: Blobs,
    referenced: Referenced,
    *,
    grace_seconds: float,
    now: float,
    tmp_grace_seconds: float = HOUR,
) -> CollectionPlan:
    """Return what :func:`collect` would remove; touches nothing. Arguments and errors as there."""
    is_named = _question(referenced)
    unnamed = (_look(store, digest) for digest in store.digests() if not is_named(digest))
    return CollectionPlan(
        blobs=tuple(blob for blob in unnamed if blob and now - blob.changed >= grace_seconds),
        leftovers=tuple(
            left for left in store.leftovers() if now - left.changed >= tmp_grace_seconds
        ),
        foreign=tuple(store.foreign()),
    )


def apply(
    plan: CollectionPlan, store: Blobs, *, referenced: Referenced | None = None
) -> Collection:
    """Remove what ``plan`` names, as far as it is still so.

    Args:
        plan: What :func:`plan` gave, perhaps shown to a person meanwhile.
        store: The same store.
        referenced: If given, is asked again before each removal. Without it only a blob that was
            stored again since the plan is spared, not one that was merely named.

    Raises:
        Unavailable: The disk failed. What was removed by then was rightly removed.
    """
    is_named = _question(referenced if referenced is not None else frozenset())
    removed = [
        blob for blob in plan.blobs if not is_named(blob.digest) and _remove_unchanged(store, blob)
    ]
    gone = [left for left in plan.leftovers if store.discard(left)]
    digests = {blob.digest for blob in removed}
    return Collection(
        removed=tuple(blob.digest for blob in removed),
        kept=tuple(blob.digest for blob in plan.blobs if blob.digest not in digests),
        leftovers=len(gone),
        size=sum(blob.size for blob in removed) + sum(left.size for left in gone),
        foreign=plan.foreign,
    )


def _question(referenced: Referenced) -> Callable[[str], bool]:
    return referenced if callable(referenced) else referenced.__contains__


def _look(store: Blobs, digest: str) -> Unreferenced | None:
    try:
        return Unreferenced(digest, store.size(digest), store.changed(digest))
    except NotFound:
        return None


def _remove_unchanged(store: Blobs, blob: Unreferenced) -> bool:
    if _look(store, blob.digest) != blob:
        return False
    try:
        store.remove(blob.digest)
    except NotFound:
        return False
    return True
