"""The overview: a whole registry at a glance, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from modelshelf.catalog import audit_reader
from modelshelf.catalog import overview as catalog
from modelshelf.catalog.stored import stored
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.overview import (
    FolderStanding,
    Held,
    HookTrouble,
    Overview,
    Requested,
    Serving,
    Stored,
    Waiting,
)
from modelshelf.domain.plain import microseconds, moment
from modelshelf.registry.naming import check_limit
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.audit import Entry
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.requests import Request
    from modelshelf.registry.context import Context

UNTOUCHED_DAYS = 90
DAYS = 30
_MINE_MOST = 500


class Overviews:
    """What a dashboard asks of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context
        self._stored: Stored | None = None

    @right("viewer")
    def glance(self, *, limit: int = 50) -> Overview:
        """Return what serves, what rests, what happened last and what was registered of late.

        Args:
            limit: Of every list at most so many.
        """
        from modelshelf.registry.approving import moment_of

        most, now = check_limit(limit), moment_of(self._context)
        connection = self._context.connection()
        rungs = self._context.policy.assignable
        stage = rungs[-1] if rungs else ""
        idle, idle_total = catalog.idle(connection, stage, most)
        before = microseconds(now - timedelta(days=UNTOUCHED_DAYS))
        untouched, untouched_total = catalog.untouched(connection, before, most)
        return Overview(
            at=now,
            stage=stage,
            models=catalog.models_total(connection),
            versions=catalog.versions_total(connection),
            serving=self._serving(stage, most),
            serving_total=catalog.serving_total(connection, stage),
            idle=idle,
            idle_total=idle_total,
            untouched=untouched,
            untouched_total=untouched_total,
            untouched_days=UNTOUCHED_DAYS,
            lately=self._lately(most),
            days=self._days(now),
        )

    @right("viewer")
    def requested(self, *, limit: int = 20) -> Requested:
        """Return the open requests with what each lacks, those that wait for the actor first.

        Args:
            limit: At most so many.
        """
        from modelshelf.registry.answering import listed
        from modelshelf.registry.approving import moment_of

        most, context = check_limit(limit), self._context
        total = catalog.open_requests(context.connection(), microseconds(moment_of(context)))
        if not total:
            return Requested((), 0)
        past = context.seq is not None
        mine = () if past else listed(context, "open", None, context.actor, _MINE_MOST)
        numbers = {request.id for request in mine}
        others = [r for r in listed(context, "open", None, None, most) if r.id not in numbers]
        first = [*mine, *others][:most]
        return Requested(tuple(self._waiting(r, r.id in numbers) for r in first), total)

    @right("viewer")
    def folders(self) -> tuple[FolderStanding, ...]:
        """Return the drop folders of the policy with what waits in each or was refused.

        Raises:
            Refused: This is the past, which has no inbox.
        """
        self._check_present("the drop folders")
        reader, root = self._context.database.reader(), self._context.root
        return tuple(
            catalog.folder(reader, rule.path, self._context.call(root / rule.path), rule.keep)
            for rule in self._context.policy.drop_folders
        )

    @right("viewer")
    def hooks(self) -> tuple[HookTrouble, ...]:
        """Return the hooks of the policy that fail.

        Raises:
            Refused: This is the past; what was told when is kept for the present only.
        """
        self._check_present("the hooks")
        keys = [hook.key for hook in self._context.policy.hooks]
        return catalog.troubled(self._context.database.reader(), keys) if keys else ()

    @right("viewer")
    def stored(self) -> Stored:
        """Return how many bytes the registry keeps and how many it saves by sharing them.

        Counted once for each state of the registry: it reads a row for every file there is.
        """
        connection = self._context.connection()
        seq = self._context.seq or audit_reader.head(self._context.database.reader())[0]
        if self._stored is None or self._stored.seq != seq:
            self._stored = Stored(seq, *stored(connection))
        return self._stored

    def _serving(self, stage: str, most: int) -> tuple[Serving, ...]:
        held = catalog.holdings(self._context.connection(), stage, most)
        found = self._context.versions().versions([one.version_id for one in held])
        versions = {version.id: version for version in found}
        return tuple(
            _served(model, tuple(group), versions)
            for model, group in groupby(held, lambda one: one.model)
        )

    def _lately(self, most: int) -> tuple[Entry, ...]:
        below = None if self._context.seq is None else self._context.seq + 1
        return audit_reader.entries(self._context.database.reader(), below=below, limit=most)

    def _days(self, now: datetime) -> tuple[int, ...]:
        edges = [microseconds(now - timedelta(days=day)) for day in range(DAYS, -1, -1)]
        edges[-1] += 1  # what is registered at this very moment is of today
        counts = catalog.registered_before(self._context.connection(), edges)
        return tuple(after - before for before, after in pairwise(counts))

    def _waiting(self, request: Request, mine: bool) -> Waiting:  # noqa: FBT001
        from modelshelf.registry.approving import move_of, planned
        from modelshelf.registry.planning import looking

        try:
            look = looking(self._context, request.model)
            connection = self._context.about(request.model)
            plan = planned(self._context, look, move_of(look, request), connection, request)
        except (Conflict, Invalid, NotFound, Refused) as error:
            return Waiting(request, mine, trouble=error.what)
        passed = sum(verdict.outcome == "pass" for verdict in plan.verdicts)
        missing = plan.approvals.missing if plan.approvals is not None else 0
        return Waiting(request, mine, passed, len(plan.verdicts), missing)

    def _check_present(self, what: str) -> None:
        self._context.check_whole(what)


def _served(
    model: str, held: Sequence[catalog.Holding], versions: Mapping[int, ModelVersion]
) -> Serving:
    holders = tuple(Held(versions[one.version_id], one.weight, _at(one.since_us)) for one in held)
    return Serving(model, holders, _at(held[0].at_us), held[0].actor)


def _at(at_us: int | None) -> datetime | None:
    return None if at_us is None else moment(at_us)
