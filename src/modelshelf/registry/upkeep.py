"""Upkeep: is everything well, give up bytes nobody needs, back up, rebuild."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog import holdings
from modelshelf.domain import events
from modelshelf.domain.checks import Check
from modelshelf.domain.errors import Conflict, Invalid, Unavailable
from modelshelf.domain.plain import microseconds
from modelshelf.domain.text import safe
from modelshelf.registry.naming import check_limit, check_place
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.artifacts import CollectionPlan
    from modelshelf.domain.consumers import Consumer
    from modelshelf.registry.context import Context
    from modelshelf.registry.storing import Storage

Progress = Callable[[int, int, str], None]
_DAY_S = 86_400
_GRACE_MOST = 36_525
_ORPHAN_GRACE_S = float(_DAY_S)


@dataclass(frozen=True, slots=True)
class CollectPlan:
    """What ``gc`` would give up.

    Attributes:
        versions: References of the yanked versions whose grace is over.
        version_ids: Their ids.
        blobs: Number of blobs that nothing would need any more.
        size: Bytes that would become free, leftovers of broken ingests included.
        foreign: Names in the artifact store that are not the store's; never touched.
        grace_days: The grace asked for.
        consumers: Who uses those versions, or did.
    """

    versions: tuple[str, ...]
    version_ids: tuple[int, ...]
    blobs: int
    size: int
    foreign: tuple[str, ...]
    grace_days: float
    consumers: tuple[Consumer, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What ``gc`` gave up: versions by reference, blobs and bytes."""

    versions: tuple[str, ...]
    blobs: int
    size: int


def _counting(named: frozenset[str], progress: Progress | None) -> Callable[[str], bool]:
    """Return the question whether a blob is named, which says how many it was asked about."""
    done = count(1)

    def is_named(digest: str) -> bool:
        if progress is not None:
            progress(next(done), len(named), "blobs")
        return digest in named

    return is_named


class Upkeep:
    """The upkeep of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer")
    def doctor(self) -> tuple[Check, ...]:
        """Look over the machine and the registry; changes nothing."""
        self._context.check_whole("the doctor")
        from modelshelf.registry.doctor import examine

        return examine(self._context)

    @right("viewer")
    def gc_plan(self, grace_days: float = 30, *, progress: Progress | None = None) -> CollectPlan:
        """Return what :meth:`gc` would give up: bytes of versions yanked ``grace_days`` ago.

        Bytes that no version ever named (a broken registration) go after a day.

        Args:
            grace_days: The days of grace after a yank.
            progress: Called with how many blobs were looked at, and of how many anybody knows.
        """
        self._context.check_whole("a collection of garbage")
        if not 0 <= grace_days <= _GRACE_MOST:
            raise Invalid(
                f"{safe(grace_days, 40)} is not a number of days", required=f"0 to {_GRACE_MOST}"
            )
        from modelshelf.catalog.leases import consumers_of

        ids, references = self._over(grace_days)
        store = self._collection(ids, progress)
        return CollectPlan(
            references,
            ids,
            len(store.blobs),
            store.size,
            tuple(str(path) for path in store.foreign),
            grace_days,
            consumers_of(self._context.database.reader(), ids),
        )

    @right("viewer")
    def storage(self, *, limit: int = 200) -> Storage:
        """Return what takes the room, models with the most bytes first; changes nothing.

        Args:
            limit: At most so many models.
        """
        self._context.check_whole("what takes the room")
        from modelshelf.registry.storing import storage

        return storage(self._context, check_limit(limit))

    @right("admin", doing="free bytes of")
    def gc(self, plan: CollectPlan) -> CollectResult:
        """Give up what ``plan`` shows, as far as it is still so.

        Raises:
            Unavailable: The disk failed; what was removed by then was rightly removed.
        """
        from modelshelf.artifacts.collect import apply

        self._context.check_present()
        if not plan.version_ids and not plan.size:
            return CollectResult((), 0, 0)
        with self._context.write("collect garbage") as transaction:
            # Asked under the lock: a version may have been restored since the plan was shown.
            still, _references = self._over(plan.grace_days)
            ids = tuple(i for i in plan.version_ids if i in still)
            if ids:
                chosen = self._collection(ids)
                event = events.BytesFreed(ids, len(chosen.blobs), chosen.size)
                transaction.record(event, "artifact store")
        with self._context.database.lock.held("collect garbage", self._context.actor):
            collected = apply(self._collection(()), self._context.blobs, referenced=self._kept(()))
        freed = tuple(v.reference for v in self._context.versions().versions(ids))
        return CollectResult(freed, len(collected.removed), collected.size)

    def _over(self, grace_days: float) -> tuple[tuple[int, ...], tuple[str, ...]]:
        limit = microseconds(self._context.clock()) - int(grace_days * _DAY_S * 1_000_000)
        found = holdings.yanked(self._context.database.reader())
        over = [version for version in found if version.at_us <= limit]
        return tuple(v.version_id for v in over), tuple(v.reference for v in over)

    def _kept(self, freeing: tuple[int, ...]) -> frozenset[str]:
        return holdings.kept(self._context.database.reader(), freeing)

    def _collection(
        self, freeing: tuple[int, ...], progress: Progress | None = None
    ) -> CollectionPlan:
        """Plan to remove what freed versions leave behind at once, and other orphans after a day.

        A registration that finds such a blob in the store and loses it before it is recorded is
        told so (``check_stored``), so those need no time of grace of their own.
        """
        from modelshelf.artifacts.collect import plan

        kept = self._kept(freeing)
        gone = holdings.given_up(self._context.database.reader(), freeing) - kept
        store, now = self._context.blobs, self._context.clock().timestamp()
        named = _counting(kept | gone, progress)
        orphans = plan(store, named, grace_seconds=_ORPHAN_GRACE_S, now=now)
        freed = plan(store, lambda digest: digest not in gone, grace_seconds=-math.inf, now=now)
        return replace(orphans, blobs=(*freed.blobs, *orphans.blobs))

    @right("viewer")
    def backup(self, destination: str | Path) -> Path:
        """Copy the whole registry to a new folder while it is in use.

        The catalog goes first and the bytes after it, so every row of the copy has its bytes.

        Raises:
            Conflict: The destination is there already.
            Corrupt: A blob, or the copied catalog, is damaged.
            Unavailable: No space or no permission.
        """
        self._context.check_whole("a backup")
        from modelshelf.registry.backup import back_up

        target = check_place(self._context, destination)
        try:
            taken = target.exists() and (not target.is_dir() or any(target.iterdir()))
        except OSError as exc:  # a name longer than the system takes, a folder nobody may look into
            raise Unavailable(
                f"{safe(target)} cannot be written", why=exc.strerror or str(exc)
            ) from exc
        if taken:
            raise Conflict(f"{safe(target)} is there already", hint="Name a new folder.")
        return back_up(self._context, target)

    @right("admin", doing="rebuild the tables of")
    def rebuild(self) -> int:
        """Replay the log into fresh tables, in one transaction; return the number of entries.

        Raises:
            Corrupt: An entry cannot be replayed; then nothing is changed.
        """
        from modelshelf.catalog.rebuild import rebuild

        with self._context.write("rebuild the tables") as transaction:
            return rebuild(transaction.raw)
