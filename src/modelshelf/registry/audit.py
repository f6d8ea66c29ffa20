"""The audit log: look at it, filter it, verify it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from modelshelf.catalog import audit_reader
from modelshelf.domain.audit import Entry, Verification
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.plain import microseconds
from modelshelf.domain.text import accept, safe
from modelshelf.registry.naming import check_limit, check_path, check_place, find_one
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.registry.context import Context
    from modelshelf.registry.exporting import Exported, Form
    from modelshelf.registry.sealing import Written

Progress = Callable[[int, int, str], None]
_FILTER_MOST = 200


class AuditLog:
    """The audit log of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of=("model", "reference"))
    def entries(
        self,
        *,
        model: str | None = None,
        reference: str | None = None,
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
            reference: One version: what was done with it, not with others of its model.
            event: An event's name; ``stage.*`` for several.
            actor: Who.
            since: Not before this moment, UTC.
            until: Not after this moment, UTC.
            limit: At most so many.
            after: Only numbers below this one: the last one of the page before.

        Raises:
            NotFound: There is no such model or version.
            Invalid: A filter is of no use.
            Conflict: The reference names several versions.
        """
        seq = self._context.seq
        if seq is not None:
            after = seq + 1 if after is None else min(after, seq + 1)
        model_id, version = None, None
        if model is not None:
            model_id = self._context.live_models().model_id(model)
        if reference is not None:
            found = find_one(self._context, reference)
            if model_id not in (None, found.model_id):
                return ()
            model_id, version = found.model_id, (found.id, found.number)
        return audit_reader.entries(
            self._context.database.reader(),
            model_id=model_id,
            version=version,
            event=None if event is None else accept("event", event, most=_FILTER_MOST),
            actor=None if actor is None else accept("actor", actor, most=_FILTER_MOST),
            since_us=_moment("since", since),
            until_us=_moment("until", until),
            below=after,
            limit=check_limit(limit),
        )

    @right("viewer", of="seq", kind="entry")
    def get(self, seq: int) -> Entry:
        """Return entry ``seq``.

        Raises:
            NotFound: There is none.
        """
        found = self.entries(after=seq + 1, limit=1) if 1 <= seq <= self.head()[0] else ()
        if not found or found[0].seq != seq:
            raise NotFound(f"there is no entry {safe(seq, 40)}", observed=seq)
        return found[0]

    @right("viewer")
    def head(self) -> tuple[int, str]:
        """Return number and seal of the newest entry."""
        return audit_reader.head(self._context.database.reader(), self._context.seq)

    @right("viewer")
    def verify(
        self,
        *,
        deep: bool = False,
        replay: bool = True,
        progress: Progress | None = None,
        since: str | Path | None = None,
        quick: bool = False,
        witness: str | Path | None = None,
        public_key: str | Path | None = None,
    ) -> Verification:
        """Prove that nobody edited the log, the tables or, if ``deep``, the bytes.

        The chain of seals is checked, the log is held against the checkpoints beside it, every
        table is compared with a replay, and every version's blobs must be there.

        Args:
            deep: Read and hash every blob too.
            replay: Compare the tables with a replay of the log.
            progress: Called with how many are done, how many there are, and of what.
            since: A checkpoint that the log must extend: its line, ``number:seal``, or a file of
                such lines.
            quick: Take the entries before the newest of those on its word, and replay nothing.
            witness: A file that remembers the newest head seen. A log that is shorter, or another,
                is a problem; when everything is whole, the file remembers the present head.
            public_key: A file with the Ed25519 key that checkpoints are signed with. Without it,
                the policy's key is taken where it can be read.

        Raises:
            Invalid: What is given is no checkpoint, key or witness.
            Refused: This is the past.
            Corrupt: SQLite cannot read the catalog.
            Unavailable: A file cannot be read or written, or `cryptography` is not installed.
        """
        from modelshelf.registry.verifying import Asked, read_since, verify

        self._context.check_whole("a verification")
        known = () if since is None else read_since(since)
        if quick and not known:
            raise Invalid("quick takes a checkpoint to begin at", hint="Name it with --since.")
        file = None if witness is None else check_place(self._context, witness)
        return verify(self._context, Asked(deep, replay, quick, known, file, public_key), progress)

    @right("contributor", doing="write a checkpoint of")
    def checkpoint(self, *, key: str | Path | None = None, sign: bool = False) -> Written:
        """Write the present head down beside the catalog and hand it to the policy's command.

        The head of a log that did not grow is written once.

        Args:
            key: A file with the private key to sign with; by default the policy's, if it names one.
            sign: Refuse to write one that is not signed.

        Raises:
            Refused: This is the past.
            NotFound, Invalid: The key is not there, or cannot be used.
            Unavailable: It cannot be written, or `cryptography` is not installed.
        """
        from modelshelf.registry import sealing

        self._context.check_present()
        private = None
        if key is not None:
            from modelshelf.registry.signing import read_signing_key

            private = read_signing_key(check_path(key).absolute(), self._context.root)
        elif self._context.policy.checkpoints.key:
            private = sealing.policy_key(self._context)
        elif sign:
            raise Invalid(
                "there is no key to sign with",
                hint="Name it with --key, or set key under [checkpoints] in modelshelf.toml.",
            )
        return sealing.write_by_hand(self._context, private)

    @right("viewer")
    def trouble(self) -> str:
        """Return what went wrong with the newest checkpoint, safe to print; empty: nothing."""
        from modelshelf.registry.sealing import trouble

        return trouble(self._context.root)

    @right("viewer")
    def export(
        self,
        target: str | Path | IO[bytes],
        *,
        form: Form = "jsonl",
        since: datetime | int | None = None,
        until: datetime | int | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write entries out with everything that was sealed, so that a stranger can check them.

        A part of the log goes on to the next checkpoint after it, where there is one.

        Args:
            target: A new file, or a stream of bytes.
            form: ``jsonl`` or ``csv``; docs/audit.md describes both.
            since: The first entry, by time (UTC) or number.
            until: The last one.
            progress: Called with how many are done, how many there are, and of what.

        Raises:
            Invalid: A moment is none.
            NotFound: No entry is in that range.
            Conflict: The file is there already.
            Corrupt: An entry cannot be read as text.
            Unavailable: The file cannot be written.
        """
        from modelshelf.registry.exporting import export

        place = check_place(self._context, target) if isinstance(target, str | Path) else target
        return export(self._context, place, form=form, since=since, until=until, progress=progress)


def _moment(kind: str, at: object) -> int | None:
    if at is None:
        return None
    if not isinstance(at, datetime):
        raise Invalid(f"{kind} is not a moment", observed=safe(at, 40), required="a datetime")
    return microseconds(at)
