"""Consumers: who uses which version, and which versions nobody uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelshelf.domain.names import parse_reference
from modelshelf.registry.naming import check_limit
from modelshelf.registry.rights import check_right, right

if TYPE_CHECKING:
    from modelshelf.domain.consumers import Consumer, Unused
    from modelshelf.domain.names import Reference
    from modelshelf.registry.context import Context

DAY_S = 86_400.0
_LONGEST_S = 36_525 * DAY_S
_PATIENCE_S = 2.0
_PATTERN_MOST = 1_000


class Consumers:
    """The consumers of a registry: services and scripts that said who they are."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("contributor", of="reference", doing="note a consumer of")
    def note(self, name: str, reference: str) -> tuple[Consumer, ...]:
        """Note that ``name`` uses what ``reference`` names now: every holder of a stage.

        Whoever resolves with ``consumer`` need not call this.

        Returns:
            What is known of the uses of these versions, by whomever.

        Raises:
            Invalid: Nobody can be called so, or the reference cannot be read.
            NotFound: It names nothing.
            Refused: This is the past.
            Unavailable: The registry cannot be written.
        """
        from modelshelf.catalog.leases import consumers_of
        from modelshelf.domain.consumers import check_consumer

        self._context.check_present()
        consumer, parsed = check_consumer(name), parse_reference(reference)
        ids = self._meant(parsed)
        _write(self._context, consumer, str(parsed), ids)
        return consumers_of(self._context.database.reader(), ids)

    @right("viewer", of=("model", "reference"))
    def list(
        self,
        *,
        model: str | None = None,
        reference: str | None = None,
        stale: float | None = None,
        limit: int = 200,
    ) -> tuple[Consumer, ...]:
        """Return who uses which version, last seen first; of the past, nobody: it is not kept.

        Args:
            model: Only of versions of this model.
            reference: Only of the versions that this names.
            stale: Only those not seen for so many seconds.
            limit: At most so many.

        Raises:
            Invalid, NotFound: The model or the reference names nothing.
        """
        from modelshelf.catalog import leases

        most, before = check_limit(limit), None if stale is None else self._ago(stale)
        found = None if reference is None else self._meant(parse_reference(reference))
        model_id = None if model is None else self._context.live_models().model_id(model)
        if self._context.seq is not None:
            return ()
        return leases.listed(
            self._context.database.reader(),
            model_id=model_id,
            version_ids=found,
            before_us=before,
            limit=most,
        )

    @right("viewer", of="models", kind="models")
    def unused(
        self, *, models: str = "*", older_than: float = 90 * DAY_S, limit: int = 100
    ) -> tuple[Unused, ...]:
        """Return versions with bytes that nobody uses, oldest first; of the past, none.

        Nobody asked for them in that time, they have no alias, they hold no stage and held none in
        that time, and they are older than it. A consumer that never says its name is not seen.

        Args:
            models: A pattern of model names, such as ``risk/*``.
            older_than: Seconds.
            limit: At most so many.

        Raises:
            Invalid: The pattern or the time is none.
        """
        from fnmatch import fnmatchcase

        from modelshelf.catalog import leases
        from modelshelf.domain.consumers import Unused
        from modelshelf.domain.plain import moment
        from modelshelf.domain.text import accept

        pattern = accept("pattern", models, most=_PATTERN_MOST)
        most, before = check_limit(limit), self._ago(older_than)
        if self._context.seq is not None:
            return ()
        few = dict(
            leases.unused(
                self._context.database.reader(),
                before,
                fits=lambda name: fnmatchcase(name, pattern),
                limit=most,
            )
        )
        versions = self._context.versions().versions(list(few))
        seen = {i: None if at is None else moment(at) for i, at in few.items()}
        return tuple(Unused(version, seen[version.id]) for version in versions)

    @right("contributor", doing="forget a consumer of")
    def forget(self, name: str) -> int:
        """Take every lease of a consumer away: it is gone, or was called so by mistake.

        Returns:
            How many there were.

        Raises:
            NotFound: No consumer is called so.
            Refused: This is the past.
        """
        from modelshelf.catalog import leases
        from modelshelf.domain.consumers import check_consumer
        from modelshelf.domain.errors import NotFound
        from modelshelf.domain.text import safe

        consumer = check_consumer(name)
        with self._context.write("forget a consumer") as transaction:
            count = leases.forget(transaction, consumer)
        if not count:
            raise NotFound(
                f"there is no consumer {safe(consumer, 60)!r}", hint="See modelshelf consumers."
            )
        return count

    def _meant(self, reference: Reference) -> Sequence[int]:
        """Return ids of the versions that ``reference`` names; of equal content, the first."""
        found = self._context.versions(reference.model).find(reference)
        return [one.id for one in (found[:1] if reference.kind == "digest" else found)]

    def _ago(self, seconds: float) -> int:
        from modelshelf.domain.errors import Invalid
        from modelshelf.domain.plain import microseconds
        from modelshelf.domain.text import safe

        wrong = isinstance(seconds, bool) or not isinstance(seconds, int | float)
        if wrong or not 0 <= seconds <= _LONGEST_S:
            raise Invalid(
                f"{safe(seconds, 40)} is not a stretch of time",
                required=f"0 to {_LONGEST_S:,.0f} seconds",
            )
        return microseconds(self._context.clock()) - int(seconds * 1_000_000)


def leave(
    context: Context, consumer: str, reference: str, version_ids: Sequence[int]
) -> tuple[str, ...]:
    """Leave a lease of ``consumer`` on versions that it got for ``reference``, if that can be.

    Whoever only wants to know which version to use must be told so whatever becomes of the lease:
    on a read-only mount, without the right to write, while somebody else writes for long.

    Returns:
        Warnings: why there is no lease; nothing when there is one.

    Raises:
        Invalid: Nobody can be called so.
    """
    from modelshelf.domain.consumers import check_consumer
    from modelshelf.domain.errors import ModelshelfError

    name = check_consumer(consumer)
    if context.seq is not None:
        return ("no lease was left: who uses what is kept for the present only",)
    try:
        check_right(context, "contributor", reference, doing="note a consumer of")
        _write(context, name, reference, version_ids)
    except ModelshelfError as error:
        return (f"no lease was left: {error}",)
    return ()


@contextmanager
def leasing(
    context: Context,
    consumer: str | None,
    reference: str,
    version_id: int,
    warn: Callable[[str], object] | None,
) -> Iterator[None]:
    """Leave a lease of ``consumer`` at the end of a block that went well; of nobody, none.

    Raises:
        Invalid: Nobody can be called so; before the block begins.
    """
    from modelshelf.domain.consumers import check_consumer

    name = None if consumer is None else check_consumer(consumer)
    yield
    if name is not None:
        for warning in leave(context, name, reference, [version_id]):
            if warn is not None:
                warn(warning)


def _write(context: Context, consumer: str, asked: str, version_ids: Sequence[int]) -> None:
    """Write the leases, unless all of them were written a moment ago.

    A lease is worth a short wait only: whoever asks wants to serve.
    """
    from modelshelf.catalog import leases
    from modelshelf.domain.plain import microseconds

    database = context.database
    at_us = microseconds(context.clock())
    if leases.is_fresh(database.reader(), consumer, version_ids, at_us):
        return
    with (
        database.lock.held("note a consumer", context.actor, _PATIENCE_S),
        database.begin() as connection,
    ):
        transaction = database.transaction(connection)
        leases.note(transaction, consumer, asked, version_ids, at_us)
        transaction.finish()
