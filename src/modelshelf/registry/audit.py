"""The audit log: look at it, filter it, verify it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader, checkpoints, driver
from modelshelf.catalog.failures import explain
from modelshelf.domain.audit import Entry, Problem, Verification
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.plain import microseconds
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

Progress = Callable[[int, int, str], None]
_FILTER_MOST = 200


class AuditLog:
    """The audit log of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    def entries(
        self,
        *,
        model: str | None = None,
        event: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> tuple[Entry, ...]:
        """Return entries, newest first, that fit every filter.

        Args:
            model: A model's name, present or former.
            event: An event's name; ``stage.*`` for several.
            actor: Who.
            since: Not before this moment, UTC.
            until: Not after this moment, UTC.
            limit: At most so many.
            after: Only numbers below this one: the last one of the page before.

        Raises:
            NotFound: There is no such model.
            Invalid: A filter is of no use.
        """
        seq = self._context.seq
        if seq is not None:
            after = seq + 1 if after is None else min(after, seq + 1)
        model_id = None if model is None else self._context.live_models().model_id(model)
        return audit_reader.entries(
            self._context.database.reader(),
            model_id=model_id,
            event=None if event is None else accept("event", event, most=_FILTER_MOST),
            actor=None if actor is None else accept("actor", actor, most=_FILTER_MOST),
            since_us=_moment("since", since),
            until_us=_moment("until", until),
            below=after,
            limit=check_limit(limit),
        )

    def get(self, seq: int) -> Entry:
        """Return entry ``seq``.

        Raises:
            NotFound: There is none.
        """
        found = self.entries(after=seq + 1, limit=1) if 1 <= seq <= self.head()[0] else ()
        if not found or found[0].seq != seq:
            raise NotFound(f"there is no entry {safe(seq, 40)}", observed=seq)
        return found[0]

    def head(self) -> tuple[int, str]:
        """Return number and seal of the newest entry."""
        return audit_reader.head(self._context.database.reader(), self._context.seq)

    def verify(
        self, *, deep: bool = False, replay: bool = True, progress: Progress | None = None
    ) -> Verification:
        """Prove that nobody edited the log, the tables or, if ``deep``, the bytes.

        The chain of seals is checked, the log is held against the checkpoints beside it, every
        table is compared with a replay, and every version's blobs must be there.

        Args:
            deep: Read and hash every blob too.
            replay: Compare the tables with a replay of the log.
            progress: Called with how many are done, how many there are, and of what.

        Raises:
            Corrupt: SQLite cannot read the catalog.
        """
        from modelshelf.catalog.past import Check, open_check
        from modelshelf.registry.scrub import check_blobs

        database = self._context.database
        count = audit_reader.head(database.reader())[0]
        # Read first: what is written down while the log is read is later than what is read of it.
        kept = checkpoints.read(self._context.root)
        try:
            scratch = open_check(database.path, immutable=database.immutable)
            check = Check(scratch)
            try:
                check.run(
                    replay=replay,
                    progress=None if progress is None else lambda n: progress(n, count, "entries"),
                )
            finally:
                scratch.close()
        except driver.Error as exc:
            raise explain(database.path, exc) from exc
        problems = [*check.problems, *self._against(kept, check.head[0])]
        blobs, damaged = check_blobs(self._context, deep=deep, progress=progress)
        return Verification(
            entries=check.entries,
            rows=check.rows,
            blobs=blobs if deep else 0,
            problems=(*problems, *damaged),
            head_seq=check.head[0],
            head_seal=check.head[1],
        )

    def _against(self, kept: list[checkpoints.Checkpoint], head_seq: int) -> list[Problem]:
        connection = self._context.database.reader()
        seals = {}
        for checkpoint in kept:
            seal = audit_reader.seal_of_entry(connection, checkpoint.seq)
            if seal is not None:
                seals[checkpoint.seq] = seal
        return checkpoints.against(seals, head_seq, kept)


def _moment(kind: str, at: object) -> int | None:
    if at is None:
        return None
    if not isinstance(at, datetime):
        raise Invalid(f"{kind} is not a moment", observed=safe(at, 40), required="a datetime")
    return microseconds(at)
