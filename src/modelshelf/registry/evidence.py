"""Evidence: what is frozen into an assignment, and how it is laid out again for an auditor."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import audit_reader, checkpoints
from modelshelf.catalog.requests import find_request
from modelshelf.domain.decision import (
    Decision,
    Evidence,
    Happening,
    Witness,
    frozen_comparison,
    read_verdicts,
)
from modelshelf.domain.errors import Corrupt, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.plain import compact, moment_text, read_moment
from modelshelf.domain.requests import Answer
from modelshelf.domain.text import accept, safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.model_reader import ModelReader
    from modelshelf.catalog.reader import Found
    from modelshelf.domain.audit import Entry
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.reproduction import Reproduction
    from modelshelf.domain.stages import Assignment
    from modelshelf.registry.approving import Case
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Look

_STAGE_MOST = 200
_HISTORY_MOST = 100_000
_STORY_MOST = 20
_REPRODUCTIONS_MOST = 20
_LOOKED_AT = 500


def freeze(context: Context, look: Look, connection: Connection, case: Case) -> dict[str, Any]:
    """Return what is known at the moment of a decision, as plain values for its entry.

    Policy, approvals, the request, the holder of that moment and what differed from it, the digests
    of the artifacts, and where the evidence of measured gates is.
    """
    from modelshelf.registry.policing import policy_digest

    move, frozen = case.move, dict[str, Any]()
    frozen["policy"] = policy_digest(context)
    frozen.update(_people(case))
    if move.replaced is not None:
        frozen["seen"] = {"assignment": move.replaced, "holders": compact(move.present)}
    found = look.promotion_plan(move).comparison
    if found is not None:
        frozen["comparison"] = frozen_comparison(found)
    versions = look.versions_of(move)
    frozen["artifacts"] = {v.reference: v.digest for v in versions}
    frozen["evidence"] = _measured(connection, case, {v.id: v.reference for v in versions})
    return {key: value for key, value in frozen.items() if value not in ([], {})}


def _people(case: Case) -> dict[str, Any]:
    """Return who asked and whose approvals counted."""
    asked, count, told = case.request, case.tally, dict[str, Any]()
    if asked is not None:
        told["request"] = {
            "id": asked.id, "actor": asked.actor, "at": moment_text(asked.at),
            "reason": asked.reason,
        }  # fmt: skip
    if count is not None:
        told["needed"] = count.needed
        told["approvals"] = [
            {"actor": a.actor, "at": moment_text(a.at), "comment": a.comment}
            for a in (asked.answers if asked is not None else ())
            if a.actor in count.counted
        ]
        told["ignored"] = list(count.ignored)
    return told


def _measured(
    connection: Connection, case: Case, versions: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return where the newest measurements of the stage's gates are."""
    from modelshelf.catalog.gate_results import measured

    found = measured(connection, list(versions))
    return [
        compact(
            Evidence(
                gate, versions[version_id], one.id, one.outcome, moment_text(one.at),
                one.definition, one.output,
            )
        )
        for version_id, gates in found.items()
        for gate, one in gates.items()
        if gate in case.move.stage.gates
    ]  # fmt: skip


def decision(context: Context, reference: str, stage: str) -> Decision:
    """Return why a version holds a stage; see ``Promotions.decision``."""
    parsed = parse_reference(reference)
    rung = accept("stage", stage, most=_STAGE_MOST)
    version = context.versions(parsed.model).one(parsed)
    models = context.models(version.model)
    newest = models.assignments(version.model_id, rung, 1)
    if not newest or version.id not in {h.version_id for h in newest[0].holders}:
        history = models.assignments(version.model_id, rung, _HISTORY_MOST)
        raise _not_held(version.reference, version.id, rung, history)
    live = context.database.reader()
    entry = _entry(live, newest[0].id)
    try:
        return _laid_out(context, models, entry, newest[0], version)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:  # edited by another hand
        raise Corrupt(
            f"the decision in entry {entry.seq} cannot be read",
            why=type(exc).__name__,
            hint="See modelshelf verify.",
            subject=version.reference,
        ) from exc


def _laid_out(
    context: Context, models: ModelReader, entry: Entry, given: Assignment, version: Found
) -> Decision:
    from modelshelf.catalog.decided import policy_before, seal_holds

    live = context.database.reader()
    judged = _judged(models, given)
    source = entry if judged.id == entry.seq else _entry(live, judged.id)
    frozen: Mapping[str, Any] = source.body.get("decision") or {}
    digest, text = policy_before(live, judged.id, frozen.get("policy"))
    return Decision(
        reference=version.reference,
        stage=given.stage,
        entry=given.id,
        event=entry.event,
        at=given.at,
        actor=given.actor,
        reason=given.reason,
        seal=entry.seal,
        seal_holds=seal_holds(live, given.id),
        checkpoint=_witness(context, live, given.id),
        assignment=given,
        before=models.assignment(given.replaced) if given.replaced is not None else None,
        judged_in=judged.id,
        verdicts=read_verdicts(source.body.get("verdicts")),
        bypass=judged.bypass,
        needed=int(frozen.get("needed", 0)),
        approvals=_answers(frozen),
        ignored=tuple(map(str, frozen.get("ignored", ()))),
        request=find_request(models.connection, judged.request) if judged.request else None,
        evidence=tuple(Evidence(**e) for e in frozen.get("evidence", ())),
        policy_digest=digest,
        policy_text=text,
        version=_as_it_was(context, entry, version.number),
        artifacts=dict(frozen.get("artifacts", {})),
        comparison=frozen.get("comparison"),
        story=_story(live, version.model_id, given, judged),
        reproductions=_reproductions(live, version, given.id),
    )


def _reproductions(live: Connection, version: Found, seq: int) -> tuple[Reproduction, ...]:
    """Return the newest attempts to make a version again, of those recorded by entry ``seq``."""
    from modelshelf.catalog.reproductions import attempts

    most = _REPRODUCTIONS_MOST
    return attempts(live, version.id, version.reference, seq=seq, limit=most)


def _answers(frozen: Mapping[str, Any]) -> tuple[Answer, ...]:
    return tuple(
        Answer(str(a["actor"]), "approve", str(a.get("comment", "")), read_moment(a["at"]))
        for a in frozen.get("approvals", ())
    )


def _not_held(
    reference: str, version_id: int, stage: str, history: tuple[Assignment, ...]
) -> NotFound:
    did = next((a for a in history if version_id in {h.version_id for h in a.holders}), None)
    now = history[0] if history else None
    holders = ", ".join(h.reference for h in now.holders) if now is not None else ""
    return NotFound(
        f"{reference} does not hold {safe(stage, 60)}",
        why=f"{holders or 'nobody'} does" + (f", since entry {now.id}" if now is not None else ""),
        hint=f"It did by entry {did.id}: look with --as-of {did.id}." if did is not None else "",
        subject=reference,
    )


def _judged(models: ModelReader, given: Assignment) -> Assignment:
    """Return the assignment whose gates were asked: after a rollback, the one it returned to."""
    seen = {given.id}
    while given.restores is not None and given.restores not in seen:
        earlier = models.assignment(given.restores)
        if earlier is None:
            break
        seen.add(earlier.id)
        given = earlier
    return given


def _entry(live: Connection, seq: int) -> Entry:
    return audit_reader.entries(live, below=seq + 1, limit=1)[0]


def _witness(context: Context, live: Connection, seq: int) -> Witness | None:
    with suppress(OSError):
        for kept in checkpoints.read(context.root):
            if kept.seq >= seq:
                holds = audit_reader.seal_of_entry(live, kept.seq) == kept.seal
                return Witness(kept.seq, kept.seal, kept.at, holds)
    return None


def _as_it_was(context: Context, entry: Entry, number: int) -> VersionDetail:
    """Return the version as it was recorded when the entry was written, under the name of then."""
    from modelshelf.registry.versions import Versions

    then = context.at(entry.seq)
    try:
        return Versions(then).detail(f"{entry.body['model']}:v{number}")
    finally:
        then.close()


def _story(
    live: Connection, model_id: int, given: Assignment, judged: Assignment
) -> tuple[Happening, ...]:
    """Return what happened around a decision: what approvers may not have seen too."""

    def before(event: str, below: int) -> tuple[Entry, ...]:
        return audit_reader.entries(
            live, model_id=model_id, event=event, below=below, limit=_LOOKED_AT
        )

    found = [*before("promotion.refused", given.id), *before("stage.rolled_back", given.id)]
    found = [e for e in found if e.body.get("stage") == given.stage]
    if judged.request is not None:  # what was recorded after it was asked for
        ids = {h.version_id for h in judged.holders}
        amended = before("version.amended", judged.id)
        found += [e for e in amended if e.seq > judged.request and e.body.get("version_id") in ids]
    told = sorted(found, key=lambda e: -e.seq)
    return tuple(Happening(e.seq, e.at, e.actor, e.sentence) for e in told[:_STORY_MOST])
