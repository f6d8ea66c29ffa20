"""Apply the entries of stages, requests and measured gates; `projection` hands them on."""

from __future__ import annotations

from modelshelf.catalog.rows import Rows, Stamp, insert
from modelshelf.domain import events
from modelshelf.domain.plain import canonical

_REQUEST = insert(
    "request",
    "id", "model_id", "stage", "version_id", "holders", "state", "reason", "actor", "at_us", "seen",
    "expires_us",
)  # fmt: skip
_ANSWER = insert(
    "approval", "request_id", "actor", "answer", "comment", "at_us", "seq",
    conflict="ON CONFLICT DO UPDATE SET answer = excluded.answer, comment = excluded.comment,"
    " at_us = excluded.at_us, seq = excluded.seq",
)  # fmt: skip
_CLOSE = (
    "UPDATE request SET state = ?, closed_us = ?, closed_by = ?, closed_reason = ?,"
    " assignment_id = ? WHERE id = ?"
)
_MEASURED = (
    "outcome", "definition", "observed", "required", "message", "output", "exit_code",
    "milliseconds", "at_us", "actor", "id",
)  # fmt: skip
_RESULT = insert(
    "gate_result", "version_id", "gate", *_MEASURED,
    conflict="ON CONFLICT DO UPDATE SET "
    + ", ".join(f"{c} = excluded.{c}" for c in _MEASURED),
)  # fmt: skip


_ASSIGNMENT = insert(
    "assignment",
    "id", "model_id", "stage", "at_us", "actor", "reason", "restores", "replaced", "request_id",
    "bypass",
)  # fmt: skip
_ASSIGNED = insert("assignment_holder", "assignment_id", "position", "version_id", "weight")
_HELD = insert(
    "stage_holder", "model_id", "stage", "position", "version_id", "weight", "assignment_id"
)
Moved = events.StageAssigned | events.StageRolledBack | events.StageVacated


def stage_given(event: Moved, stamp: Stamp, out: Rows) -> None:
    """Write down an assignment, and who holds the stage from now on."""
    request, bypass = None, None
    if isinstance(event, events.StageAssigned):
        request, bypass = event.request_id, event.bypass
    out.run(
        _ASSIGNMENT,
        (
            stamp.seq, event.model_id, event.stage, stamp.at_us, stamp.actor, event.reason,
            event.restores if isinstance(event, events.StageRolledBack) else None,
            event.replaced, request, bypass,
        ),
    )  # fmt: skip
    if request is not None:
        close(request, "applied", event.reason, stamp, out)
    _hold(event, stamp, out)
    out.run_many("UPDATE version SET archived = 1 WHERE id = ?", [(v,) for v in event.archived])
    out.run_many("UPDATE version SET archived = 0 WHERE id = ?", [(v,) for v in event.unarchived])


def _hold(event: Moved, stamp: Stamp, out: Rows) -> None:
    holders = () if isinstance(event, events.StageVacated) else event.holders
    held = [(place, version, weight) for place, (version, _, weight) in enumerate(holders)]
    out.run_many(_ASSIGNED, [(stamp.seq, *one) for one in held])
    which = (event.model_id, event.stage)
    out.run("DELETE FROM stage_holder WHERE model_id = ? AND stage = ?", which)
    out.run_many(_HELD, [(*which, *one, stamp.seq) for one in held])


def request_opened(event: events.RequestOpened, stamp: Stamp, out: Rows) -> None:
    """Keep an open question."""
    out.run(
        _REQUEST,
        (
            stamp.seq, event.model_id, event.stage, event.version_id, canonical(event.holders),
            "open", event.reason, stamp.actor, stamp.at_us, event.seen, event.expires_us,
        ),
    )  # fmt: skip


def request_approved(event: events.RequestApproved, stamp: Stamp, out: Rows) -> None:
    """Keep a yes."""
    out.run(_ANSWER, _answer(event, "approve", stamp))


def request_rejected(event: events.RequestRejected, stamp: Stamp, out: Rows) -> None:
    """Keep a no, which closes the question."""
    out.run(_ANSWER, _answer(event, "reject", stamp))
    close(event.request_id, "rejected", event.comment, stamp, out)


def _answer(
    event: events.RequestApproved | events.RequestRejected, answer: str, stamp: Stamp
) -> tuple[object, ...]:
    return (event.request_id, stamp.actor, answer, event.comment, stamp.at_us, stamp.seq)


def request_withdrawn(event: events.RequestWithdrawn, stamp: Stamp, out: Rows) -> None:
    """Close the question."""
    close(event.request_id, "withdrawn", event.reason, stamp, out)


def request_expired(event: events.RequestExpired, stamp: Stamp, out: Rows) -> None:
    """Close the question."""
    close(event.request_id, "expired", "not decided in time", stamp, out)


def close(request_id: int, state: str, reason: str, stamp: Stamp, out: Rows) -> None:
    """Close a request; one that was applied names the assignment, which this entry made."""
    made = stamp.seq if state == "applied" else None
    out.run(_CLOSE, (state, stamp.at_us, stamp.actor, reason, made, request_id))


def gate_ran(event: events.GateRan, stamp: Stamp, out: Rows) -> None:
    """Keep the newest measurement."""
    out.run(
        _RESULT,
        (
            event.version_id, event.gate, event.outcome, event.definition, event.observed,
            event.required, event.message, event.output, event.exit_code, event.milliseconds,
            stamp.at_us, stamp.actor, stamp.seq,
        ),
    )  # fmt: skip


def stage_renamed(event: events.StageRenamed, stamp: Stamp, out: Rows) -> None:
    """Carry a stage's holders and history over to its new name.

    The entry is about no one model, so it is mentioned here with every model that has a history.
    """
    out.run(
        "INSERT INTO mention (model_id, seq) SELECT DISTINCT model_id, ? FROM assignment"
        " WHERE stage = ? ON CONFLICT DO NOTHING",
        (stamp.seq, event.stage),
    )
    names = (event.renamed_to, event.stage)
    out.run("UPDATE assignment SET stage = ? WHERE stage = ?", names)
    out.run("UPDATE stage_holder SET stage = ? WHERE stage = ?", names)
    out.run("UPDATE request SET stage = ? WHERE stage = ?", names)
