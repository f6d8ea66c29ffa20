"""Approvals before a move: which request is for it, what its answers come to, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelshelf.catalog import requests as asked_for
from modelshelf.domain.errors import Conflict, NotFound
from modelshelf.domain.plain import microseconds
from modelshelf.domain.promotion import Verdict
from modelshelf.domain.requests import (
    Request,
    Tally,
    by_the_clock,
    is_among,
    takes_approvals,
    tally,
    whose_count,
)
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.stages import Assignment, Holder
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Look, Move

APPROVALS = "approvals"
NUMBER_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Case:
    """A move with everything that decides about it.

    Attributes:
        move: What would change.
        verdicts: The gates' answers, and that of the approvals where the stage takes any.
        request: The open request for just this.
        tally: What its approvals come to; without a request, what it would take.
        stale: Whether the stage has changed since the request was opened.
    """

    move: Move
    verdicts: tuple[Verdict, ...]
    request: Request | None
    tally: Tally | None
    stale: bool

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """The verdicts that do not agree."""
        return tuple(v for v in self.verdicts if v.outcome != "pass")


def moment_of(context: Context) -> datetime:
    """Return the present moment; of the past, that of its last entry."""
    if context.seq is None:
        return context.clock()
    from modelshelf.catalog.audit_reader import entries

    return entries(context.database.reader(), below=context.seq + 1, limit=1)[0].at


def no_request(number: object) -> NotFound:
    """Return the failure that there is no such request."""
    return NotFound(f"there is no request {safe(number, 40)}", hint="See modelshelf request list.")


def check_number(number: object) -> int:
    """Return ``number`` if a request could have it.

    Raises:
        NotFound: None can.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= NUMBER_MOST:
        raise no_request(number)
    return number


def closed(request: Request) -> Conflict:
    """Return the failure that a request is not open any more."""
    said = f": {safe(request.closed_reason)}" if request.closed_reason else ""
    by = f" by {safe(request.closed_by, 60)}" if request.closed_by else ""
    lapsed = request.state == "expired"
    return Conflict(
        f"request {request.id} is {request.state} already",
        why="it was not decided in its time" if lapsed else f"{request.state}{by}{said}",
        hint="Open another: modelshelf request open." if lapsed else "",
        subject=f"request {request.id}",
    )


def planned(
    context: Context,
    look: Look,
    move: Move,
    connection: Connection,
    request: Request | None = None,
) -> PromotionPlan:
    """Return ``move`` as a person reviews it, with approvals and the request for it."""
    case = weigh(context, move, connection, request)
    stage, actor = move.stage, context.actor
    return replace(
        look.promotion_plan(move),
        verdicts=case.verdicts,
        allowed=not case.missing,
        approvals=case.tally,
        request=case.request,
        may_bypass=is_among(stage.bypass, context.policy, actor, move.model),
        consumers=users_of(context, move.present),
    )


def weigh(
    context: Context, move: Move, connection: Connection, request: Request | None = None
) -> Case:
    """Return what decides about ``move``.

    Args:
        context: The registry.
        move: The move, with the gates' verdicts.
        connection: Where to ask for requests.
        request: The request that is applied; by default the open one for exactly these holders.
    """
    gates = move.verdicts
    taken = takes_approvals(move.stage, move.present, move.holders)
    if request is None and not taken and not asked_for.any_open(connection):
        return Case(move, gates, None, None, stale=False)
    now = moment_of(context)
    found = _fresh_first(connection, move, now) if request is None else by_the_clock(request, now)
    stale = found is not None and found.seen != move.replaced
    if not taken:
        # Nobody needs to be asked, but a question that was asked is answered by this.
        if not stale or found is None:
            return Case(move, gates, found, None, stale=False)
        if request is None:
            return Case(move, gates, None, None, stale=False)
        return Case(move, (*gates, _out_of_date(move, found)), found, None, stale=True)
    if found is None:
        whose = whose_count(move.stage, context.policy, model=move.model, requester=context.actor)
        count = Tally(move.stage.approvals, whose=whose)
    else:
        count = tally(move.stage, context.policy, found, now)
    return Case(move, (*gates, _approvals(move, found, count, stale=stale)), found, count, stale)


def _fresh_first(connection: Connection, move: Move, now: datetime) -> Request | None:
    """Return the open request for exactly these holders, best one that is not out of date."""
    same = same_question(connection, move, now)
    return next((r for r in same if r.seen == move.replaced), same[0] if same else None)


def same_question(connection: Connection, move: Move, now: datetime) -> tuple[Request, ...]:
    """Return the open requests for exactly the holders of ``move``, newest first."""
    wanted = {(h.version_id, h.weight) for h in move.holders}
    found = asked_for.requests(
        connection,
        now_us=microseconds(now),
        state="open",
        model_id=move.model_id,
        stage=move.stage.name,
        limit=10_000,
    )
    return tuple(r for r in found if {(h.version_id, h.weight) for h in r.holders} == wanted)


def _approvals(move: Move, request: Request | None, count: Tally, *, stale: bool) -> Verdict:
    stage = move.stage.name
    required = f"{count.needed} of {count.whose}"
    if request is None:
        message = f"{stage} takes approvals, and no request for this is open"
        return Verdict(APPROVALS, "pending", "no request", required, message)
    if stale:
        return _out_of_date(move, request)
    said = f"{len(count.counted)} of {count.needed}"
    if count.missing:
        ignored = "".join(f"; {why}" for why in count.ignored[:20])
        message = f"request {request.id} has {count.words}{ignored}"
        return Verdict(APPROVALS, "pending", said, required, message)
    message = f"request {request.id} is approved by {safe(', '.join(count.counted))}"
    return Verdict(APPROVALS, "pass", said, required, message)


def _out_of_date(move: Move, request: Request) -> Verdict:
    stage = move.stage.name
    message = f"{stage} changed since request {request.id} was opened"
    return Verdict(APPROVALS, "fail", "out of date", f"{stage} held as it was then", message)


def lapse(transaction: Transaction, clock: Callable[[], datetime]) -> tuple[Request, ...]:
    """Record that the requests whose time is over have expired, and return them."""
    from modelshelf.domain.events import RequestExpired

    if not asked_for.any_open(transaction.raw):
        return ()
    now = clock()
    over = asked_for.overdue(transaction.raw, microseconds(now))
    for request in over:
        model_id = asked_for.model_of(transaction.raw, request.id) or 0
        transaction.record(
            RequestExpired(model_id, request.model, request.stage, request.id),
            f"{request.model}@{request.stage}",
        )
    return tuple(by_the_clock(request, now) for request in over)


def made(context: Context, seq: int) -> Assignment:
    """Return the assignment that entry ``seq`` made."""
    found = context.live_models().assignment(seq)
    if found is None:  # the commit succeeded, so this is a bug, not a user's failure
        raise NotFound(f"assignment {seq} is not in the catalog")
    return found


def users_of(context: Context, present: Sequence[Holder]) -> tuple[Consumer, ...]:
    """Return who uses the present holders; of the past nobody knows."""
    if context.seq is not None:
        return ()
    from modelshelf.catalog.leases import consumers_of

    return consumers_of(context.database.reader(), [h.version_id for h in present])


def move_of(look: Look, request: Request) -> Move:
    """Return what applying ``request`` would change."""
    shares = {h.reference: h.weight for h in request.holders}
    return look.promotion(request.reference, request.stage, weight=None, split=shares)
