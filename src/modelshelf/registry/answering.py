"""The steps behind requests: ask, answer and take back under the lock; find and list without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from modelshelf.catalog import requests as catalog
from modelshelf.domain.errors import Conflict, NotFound, Refused
from modelshelf.domain.plain import compact, microseconds
from modelshelf.domain.requests import Request, by_the_clock, never_counts
from modelshelf.domain.text import safe
from modelshelf.registry.approving import (
    NUMBER_MOST,
    check_number,
    closed,
    lapse,
    moment_of,
    no_request,
    same_question,
    weigh,
)

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.events import Event
    from modelshelf.domain.policy import Stage
    from modelshelf.registry.context import Context
    from modelshelf.registry.giving import Asked
    from modelshelf.registry.planning import Move

_AT_ONCE = 500
_MICRO = 1_000_000


def found(context: Context, number: int) -> tuple[Request, Connection]:
    """Return request ``number`` as it stood at the context's moment, and where it was found.

    Raises:
        NotFound: There is none.
    """
    model_id = catalog.model_of(context.database.reader(), check_number(number))
    if model_id is None:
        raise no_request(number)
    connection = context.connection(frozenset({model_id}))
    request = catalog.find_request(connection, number)
    if request is None:  # it was opened later
        raise no_request(number)
    return by_the_clock(request, moment_of(context)), connection


def listed(
    context: Context, state: str | None, model: str | None, waiting_for: str | None, limit: int
) -> tuple[Request, ...]:
    """Return requests, newest first; see ``Requests.list``."""
    now = moment_of(context)
    models = context.models(model or "")
    model_id = None if model is None else models.model_id(model)
    kept: list[Request] = []
    below = None
    while len(kept) < limit:
        page = catalog.requests(
            models.connection,
            now_us=microseconds(now),
            state=state,
            model_id=model_id,
            below=below,
            limit=min(limit, _AT_ONCE) if waiting_for is None else _AT_ONCE,
        )
        shown = [by_the_clock(request, now) for request in page]
        kept += [r for r in shown if waiting_for is None or _waits(context, r, waiting_for)]
        if not page:
            break
        below = page[-1].id
    return tuple(kept[:limit])


def _waits(context: Context, request: Request, who: str) -> bool:
    """Whether an open request would get further by the approval of ``who``."""
    if request.state != "open" or any(a.actor == who for a in request.answers):
        return False
    try:
        stage = context.policy.of(request.model).stage(request.stage)
    except NotFound:  # a rung that the policy has no more
        return False
    if not stage.approvals:
        return False
    never = never_counts(stage, context.policy, who, model=request.model, requester=request.actor)
    return never is None


def ask(context: Context, asked: Asked) -> Request:
    """Open a request; see ``Requests.open``."""
    from modelshelf.domain.events import RequestOpened
    from modelshelf.registry.planning import looking_inside
    from modelshelf.registry.policing import record_changed, record_policy

    context.check_present()
    record_policy(context)
    with context.write(f"ask for {asked.stage}") as writing:
        record_changed(context, writing)
        now = context.clock()
        lapse(writing, lambda: now)
        look = looking_inside(context, writing)
        move = look.promotion(asked.reference, asked.stage, weight=asked.weight, split=asked.split)
        _check_new(writing, move, now)
        case = weigh(context, move, writing.raw)
        event = RequestOpened(
            move.model_id,
            move.model,
            move.stage.name,
            next(h.version_id for h in move.holders if h.reference == move.reference),
            move.as_recorded,
            asked.reason or "",
            move.replaced,
            _expires_us(move.stage, now),
            tuple(compact(v) for v in case.verdicts),
        )
        seq = writing.record(event, f"{move.model}@{move.stage.name}").seq
    return _now(context, seq)


def _check_new(writing: Transaction, move: Move, now: datetime) -> None:
    """Check that the question is worth asking; the same one, out of date, is put away for it."""
    from modelshelf.domain.events import RequestWithdrawn

    if move.changes_nothing:
        raise Conflict(
            f"{move.words} {'hold' if len(move.holders) > 1 else 'holds'} {move.stage.name}"
            " already",
            subject=move.reference,
        )
    for request in same_question(writing.raw, move, now):
        if request.seen == move.replaced:
            raise Conflict(
                f"request {request.id} asks for this already",
                why=f"{safe(request.actor, 60)} opened it",
                hint=f"See modelshelf request show {request.id}.",
                subject=f"request {request.id}",
            )
        writing.record(
            RequestWithdrawn(
                move.model_id,
                move.model,
                move.stage.name,
                request.id,
                f"{move.stage.name} changed since it was opened, and it is asked anew",
            ),
            f"{move.model}@{move.stage.name}",
        )


def _expires_us(stage: Stage, now: datetime) -> int | None:
    """Return when a request opened now lapses; ``None``, never, for a stage that gives it 0 s."""
    if stage.expires <= 0:
        return None
    return min(microseconds(now) + round(stage.expires * _MICRO), NUMBER_MOST)


def answer(
    context: Context, number: int, kind: Literal["approve", "reject"], comment: str
) -> Request:
    """Keep a person's answer; see ``Requests.approve`` and ``Requests.reject``."""
    from modelshelf.domain.events import RequestApproved, RequestRejected

    event = RequestApproved if kind == "approve" else RequestRejected

    def decide(request: Request, model_id: int) -> Event:
        stage = context.policy.of(request.model).stage(request.stage)
        _check_counts(context, stage, request, kind)
        if any((a.actor, a.answer) == (context.actor, kind) for a in request.answers):
            raise Conflict(
                f"{safe(context.actor, 60)} approved request {number} already",
                hint="Reject it to take that back.",
                subject=f"request {number}",
            )
        return event(model_id, request.model, request.stage, number, comment)

    return _close(context, number, kind, decide)


def _check_counts(context: Context, stage: Stage, request: Request, kind: str) -> None:
    actor, own = context.actor, context.actor == request.actor
    never = never_counts(stage, context.policy, actor, model=request.model, requester=request.actor)
    if never is None:
        return
    raise Refused(
        f"{safe(actor, 60)} may not {kind} request {request.id}",
        why=never,
        observed=actor,
        required=f"{', '.join(stage.approvers) or 'anybody'}{', not your own' * stage.four_eyes}",
        hint="Withdraw it instead." if own and kind == "reject" else "",
        subject=f"request {request.id}",
    )


def take_back(context: Context, number: int, reason: str) -> Request:
    """Withdraw a request; see ``Requests.withdraw``."""
    from modelshelf.domain.events import RequestWithdrawn
    from modelshelf.domain.roles import has_role

    def decide(request: Request, model_id: int) -> Event:
        actor = context.actor
        # Not "may": where nobody is an admin, a stranger could put away what others ask.
        if actor != request.actor and not has_role(context.policy, actor, "admin", request.model):
            raise Refused(
                f"{safe(actor, 60)} may not withdraw request {number}",
                why=f"{safe(request.actor, 60)} opened it",
                observed=actor,
                required=f"{request.actor}, or an admin",
                hint="Reject it instead, if you may answer it.",
                subject=f"request {number}",
            )
        return RequestWithdrawn(model_id, request.model, request.stage, number, reason)

    return _close(context, number, "withdraw", decide)


def _close(
    context: Context, number: int, doing: str, decide: Callable[[Request, int], Event]
) -> Request:
    """Record what ``decide`` makes of an open request; what has lapsed is recorded in any case."""
    from modelshelf.registry.policing import record_changed, record_policy

    context.check_present()
    check_number(number)
    record_policy(context)
    failure = None
    with context.write(f"{doing} request {number}") as writing:
        record_changed(context, writing)
        lapse(writing, context.clock)
        request = catalog.find_request(writing.raw, number)
        if request is None:
            raise no_request(number)
        if request.state == "open":
            model_id = catalog.model_of(writing.raw, number) or 0
            writing.record(decide(request, model_id), f"{request.model}@{request.stage}")
        else:
            failure = closed(request)
    if failure is not None:
        raise failure
    return _now(context, number)


def lapse_all(context: Context) -> tuple[Request, ...]:
    """Record what has lapsed; nothing is written when nothing has."""
    context.check_present()
    if not catalog.overdue(context.database.reader(), microseconds(context.clock())):
        return ()
    with context.write("let requests lapse") as writing:
        return lapse(writing, context.clock)


def _now(context: Context, number: int) -> Request:
    request = catalog.find_request(context.database.reader(), number)
    if request is None:  # the commit succeeded, so this is a bug, not a user's failure
        raise no_request(number)
    return request
