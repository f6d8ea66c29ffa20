"""Giving a stage away: gates and approvals are judged and the decision is written, in one place.

`promote` and the applying of a request go the same way. What costs time is measured before the
transaction; inside it everything is judged again, from what is there under the lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.catalog import requests as asked_for
from modelshelf.domain.errors import Conflict, ModelshelfError, Refused
from modelshelf.domain.plain import compact
from modelshelf.domain.requests import Request, by_the_clock, is_among
from modelshelf.domain.text import safe
from modelshelf.registry.approving import (
    APPROVALS,
    Case,
    closed,
    lapse,
    move_of,
    no_request,
    weigh,
)

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.domain.events import PromotionRefused, StageAssigned
    from modelshelf.domain.promotion import Verdict
    from modelshelf.domain.stages import Holder
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Look, Move

_NEVER_ASIDE = ("holders", "usable")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done.

    Attributes:
        reference: The version; empty where ``request`` says it.
        stage: The stage; likewise.
        weight: Its share in percent.
        split: Every holder's share by reference.
        reason: Why; ``None`` for the reason of the request.
        request: The number of the request to apply.
        bypass: Whether gates and approvals are to be set aside.
        seen: Who held the stage when it was decided; ``None`` where nobody looked.
    """

    reference: str = ""
    stage: str = ""
    weight: int | None = None
    split: Mapping[str, int] | None = None
    reason: str | None = None
    request: int | None = None
    bypass: bool = False
    seen: Sequence[Holder] | None = None


def give(context: Context, asked: Asked) -> int:
    """Give a stage away if gates and approvals agree; return the number of the assignment.

    Raises:
        NotFound: There is no such version, stage or request.
        Invalid: The weights do not sum to 100.
        Refused: A verdict says no; the refusal is recorded.
        Conflict: The stage is held exactly so already, or has changed since the request was
            opened, or the request is closed.
    """
    from modelshelf.registry.planning import looking_inside
    from modelshelf.registry.policing import record_changed, record_policy

    context.check_present()
    record_policy(context)
    _measure(context, asked)
    with context.write(f"promote {asked.reference or f'by request {asked.request}'}") as writing:
        record_changed(context, writing)
        lapse(writing, context.clock)
        look = looking_inside(context, writing)
        outcome = _settle(context, look, writing.raw, asked)
        seq = 0
        if outcome.event is not None:
            seq = writing.record(outcome.event, f"{outcome.event.model}@{outcome.event.stage}").seq
    if outcome.failure is not None:
        raise outcome.failure
    return seq


def _measure(context: Context, asked: Asked) -> None:
    """Run the gates that must be measured, before the lock is taken; not where it is in vain."""
    from modelshelf.domain.names import parse_reference
    from modelshelf.registry.gating import measure_needed
    from modelshelf.registry.planning import looking

    live, request = context.database.reader(), None
    if asked.request is None:
        look = looking(context, parse_reference(asked.reference).model)
        move = _of_words(look, asked)
    else:
        request = asked_for.find_request(live, asked.request)
        if request is None or by_the_clock(request, context.clock()).state != "open":
            return  # what is closed is said under the lock
        look = looking(context, request.model)
        move = move_of(look, request)
    if move.changes_nothing:
        return
    missing = weigh(context, move, live, request).missing
    if asked.bypass or not any(_stays(context, v) for v in missing):
        measure_needed(context, move)


def _stays(context: Context, verdict: Verdict) -> bool:
    """Whether measuring cannot change this: approvals, and gates that are judged on the spot."""
    return verdict.gate == APPROVALS or not context.policy.gate(verdict.gate).measured


def _of_words(look: Look, asked: Asked) -> Move:
    return look.promotion(asked.reference, asked.stage, weight=asked.weight, split=asked.split)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is recorded, and what the caller is told: a failure may be recorded too."""

    event: StageAssigned | PromotionRefused | None
    failure: ModelshelfError | None = None


def _settle(context: Context, look: Look, connection: Connection, asked: Asked) -> _Outcome:
    request = None
    if asked.request is None:
        move = _of_words(look, asked)
    else:
        request = asked_for.find_request(connection, asked.request)
        if request is None:
            raise no_request(asked.request)
        if request.state != "open":  # its lapsing, recorded a moment ago, is kept
            return _Outcome(None, closed(request))
        move = move_of(look, request)
    move.check_seen(asked.seen)
    if move.changes_nothing:
        raise Conflict(
            f"{move.words} {'hold' if len(move.holders) > 1 else 'holds'} {move.stage.name}"
            " already",
            subject=asked.reference or f"request {asked.request}",
        )
    case = weigh(context, move, connection, request)
    if case.stale and case.request is not None and not asked.bypass:
        raise changed_since(case.request)
    why = asked.reason or (request.reason if request else "")
    failure = _failure(context, case, bypass=asked.bypass)
    if failure is not None:
        return _Outcome(_refusal(case, why), failure)
    return _Outcome(_assignment(context, look, connection, case, why))


def changed_since(request: Request) -> Conflict:
    """Return the failure that a stage is not held as it was when a request was opened."""
    return Conflict(
        f"{request.stage} changed since request {request.id} was opened",
        why=f"{request.model}@{request.stage} is not held as whoever answered it saw it",
        hint=f"Open another: modelshelf request open {request.reference} {request.stage}.",
        subject=f"request {request.id}",
    )


def _failure(context: Context, case: Case, *, bypass: bool) -> Refused | None:
    missing, move = case.missing, case.move
    never = [v for v in missing if v.gate in _NEVER_ASIDE]
    if not missing:
        return None
    if bypass and not never:
        names = move.stage.bypass
        if is_among(names, context.policy, context.actor, move.model):
            return None
        return Refused(
            f"{safe(context.actor, 60)} may not set the rules of {move.stage.name} aside",
            why="; ".join(v.message for v in missing),
            observed=context.actor,
            required=", ".join(names) or "nobody may",
            hint="The policy names who may, by the stage's bypass.",
            subject=move.reference,
        )
    told = never or missing
    return Refused(
        f"{move.words} may not hold {move.stage.name}",
        why="; ".join(v.message for v in (told if bypass else missing)),
        observed=told[0].observed,
        required=told[0].required,
        hint="This cannot be set aside." if bypass else _hint(case),
        subject=move.reference,
    )


def _hint(case: Case) -> str:
    move = case.move
    if any(v.gate == APPROVALS and v.observed == "no request" for v in case.missing):
        shares = "".join(f" --split {h.reference}={h.weight}" for h in move.holders)
        split = shares if len(move.holders) > 1 else ""
        return (
            f"Ask for it: modelshelf request open {move.reference} {move.stage.name}{split}"
            " --reason …"
        )
    if any(v.outcome == "pending" and v.gate != APPROVALS for v in case.missing):
        return f"See modelshelf check {move.reference} {move.stage.name}."
    return ""


def aside(case: Case) -> str | None:
    """Return which rules are set aside, in words; ``None`` when every one is met."""
    names = []
    for verdict in case.missing:
        said = ""
        if verdict.gate == APPROVALS and case.tally is not None:
            late = ", out of date" if case.stale else ""
            said = f" ({len(case.tally.counted)} of {case.tally.needed}{late})"
        names.append(f"{verdict.gate}{said}")
    return ", ".join(dict.fromkeys(names)) or None


def _assignment(
    context: Context, look: Look, connection: Connection, case: Case, why: str
) -> StageAssigned:
    from modelshelf.domain.events import StageAssigned
    from modelshelf.registry.evidence import freeze

    move = case.move
    asked = case.request if not case.stale else None
    return StageAssigned(
        move.model_id,
        move.model,
        move.stage.name,
        move.as_recorded,
        why,
        move.replaced,
        move.archived,
        move.unarchived,
        tuple(compact(v) for v in case.verdicts),
        None if asked is None else asked.id,
        aside(case),
        freeze(context, look, connection, case),
    )


def _refusal(case: Case, why: str) -> PromotionRefused:
    from modelshelf.domain.events import PromotionRefused

    move = case.move
    return PromotionRefused(
        move.model_id,
        move.model,
        move.stage.name,
        move.as_recorded,
        why,
        tuple(compact(v) for v in case.verdicts),
    )
