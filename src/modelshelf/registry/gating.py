"""What gates are judged by: collected for one version or for many at once, and put before them.

Only what the gates that are named ask for is read, each kind of thing once for all versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modelshelf.domain.gates.case import Candidate, Case, Tools
from modelshelf.domain.gates.judging import judge
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.models import VersionDetail

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.reader import Reader
    from modelshelf.domain.gates.case import Allowed, Ancestor, Measured
    from modelshelf.domain.models import ModelVersion, RegisteredModel
    from modelshelf.domain.policy import Gate, Policy, Stage
    from modelshelf.domain.promotion import Verdict
    from modelshelf.domain.stages import Holder
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Move

_SCAN = "scan"
_ASKS_DETAILS = ("complete", "signature", "fresh", "licence")
# Where no gate is named nothing asks the time.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Needs:
    """What some gates ask for: details, measurements, the present holder, what came before."""

    details: bool = False
    measured: bool = False
    baseline: bool = False
    ancestors: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Whether versions may hold a stage of their model.

    Attributes:
        model: The model.
        stage: The stage, as the policy has it for that model.
        gates: The gates that the stage names.
        holders: All that would hold it.
        judged: Those of them that the gates are asked about: whoever holds the stage already is
            not asked again when others come, or an old holder could never be tested against.
        baseline: The present holder they are compared with; ``None`` when there is no other.
    """

    model: RegisteredModel
    stage: Stage
    gates: tuple[Gate, ...]
    holders: tuple[ModelVersion, ...]
    judged: tuple[ModelVersion, ...]
    baseline: ModelVersion | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of some versions, by id; what no gate asks for is left out."""

    details: Mapping[int, VersionDetail] = field(default_factory=dict)
    measured: Mapping[int, Mapping[str, Measured]] = field(default_factory=dict)
    ancestors: Mapping[int, tuple[Ancestor, ...]] = field(default_factory=dict)


def gates_of(policy: Policy, stage: Stage) -> tuple[Gate, ...]:
    """Return the gates that a stage names, in order, each once."""
    return tuple(policy.gate(name) for name in dict.fromkeys(stage.gates))


def needs_of(gates: Iterable[Gate]) -> Needs:
    """Return what these gates ask for."""
    asked = tuple(gates)
    when = any(g.kind == "when" for g in asked)
    built_in = {g.use for g in asked if g.kind == "builtin"}
    return Needs(
        details=when or not built_in.isdisjoint(_ASKS_DETAILS),
        measured=any(g.measured for g in asked),
        baseline=when or "signature" in built_in,
        ancestors="licence" in built_in,
    )


def heaviest(present: Sequence[Holder], judged: Collection[int]) -> int | None:
    """Return the id of the present holder that ``judged`` are compared with: the greatest share.

    Nobody is compared with itself: whoever holds the stage alone would never be better than it is.
    """
    others = [h for h in present if h.version_id not in judged]
    return max(others, key=lambda h: h.weight).version_id if others else None


def verdicts_on(
    reader: Reader,
    connection: Connection,
    policy: Policy,
    clock: Callable[[], datetime],
    *,
    model: RegisteredModel,
    stage: Stage,
    holders: Sequence[ModelVersion],
    judged: Collection[int],
) -> tuple[Verdict, ...]:
    """Return the gates' answers on ``holders`` holding ``stage`` together; measures nothing.

    Args:
        reader: Where to ask for versions.
        connection: The connection behind it.
        policy: The policy.
        clock: Tells the present moment; asked only if a gate is named.
        model: The model.
        stage: The stage, as the policy has it for that model.
        holders: All that would hold it.
        judged: Ids of those that the gates are asked about.
    """
    gates = gates_of(policy, stage)
    needs = needs_of(gates)
    chosen = heaviest(model.stages.get(stage.name, ()), judged) if needs.baseline else None
    baseline = () if chosen is None else reader.versions([chosen])
    asked = tuple(v for v in holders if v.id in judged)
    question = Question(
        model, stage, gates, tuple(holders), asked, baseline[0] if baseline else None
    )
    evidence = collect(reader, connection, [question], needs)
    now = clock() if any(g.name != _SCAN for g in gates) else _NO_TIME
    return answer(question, evidence, now, TOOLS)


def collect(
    reader: Reader, connection: Connection, questions: Iterable[Question], needs: Needs
) -> Evidence:
    """Return what the gates of ``questions`` ask for, of all of them together."""
    asked = tuple(questions)
    judged = {v.id: v for q in asked for v in q.judged}
    if not judged or needs == Needs():
        return Evidence()
    from modelshelf.catalog.details import read_details
    from modelshelf.catalog.gate_results import measured
    from modelshelf.registry.descent import descent

    compared = {q.baseline.id: q.baseline for q in asked if q.baseline is not None}
    details = read_details(connection, {**compared, **judged}.values()) if needs.details else {}
    return Evidence(
        details,
        measured(connection, judged) if needs.measured else {},
        descent(reader, connection, details, judged) if needs.ancestors else {},
    )


def answer(
    question: Question, evidence: Evidence, now: datetime, tools: Tools
) -> tuple[Verdict, ...]:
    """Return the verdicts on one question."""
    asked, everybody = question.judged, question.holders
    if len(asked) == len(everybody):
        return judge(_case(question, evidence, now, asked, question.gates), tools)
    # Everybody must be usable and safe; only some are asked whether they meet the gates.
    together = judge(_case(question, evidence, now, everybody, ()), tools)
    common = len(judge(_case(question, evidence, now, asked, ()), tools))
    apart = judge(_case(question, evidence, now, asked, question.gates), tools)[common:]
    only = asked[0].reference if len(asked) == 1 else ""
    return (*together, *(replace(v, reference=only) if only else v for v in apart))


def _case(
    question: Question,
    evidence: Evidence,
    now: datetime,
    versions: Sequence[ModelVersion],
    gates: tuple[Gate, ...],
) -> Case:
    model, baseline = question.model, question.baseline
    candidates = tuple(
        Candidate(
            detail=evidence.details.get(version.id) or _bare(version),
            owner=model.owner,
            model_description=model.description,
            model_tags=model.tags,
            measured=evidence.measured.get(version.id, {}),
            ancestors=evidence.ancestors.get(version.id, ()),
        )
        for version in versions
    )
    compared = None if baseline is None else evidence.details.get(baseline.id)
    held = {h.version_id for h in model.stages.get(question.stage.name, ())}
    alone = bool(held) and held.issubset(v.id for v in question.judged)
    return Case(question.stage, gates, candidates, compared, now, alone)


def _bare(version: ModelVersion) -> VersionDetail:
    """Return a version of which no gate asks more than lists show."""
    inspection = Inspection(version.format)
    return VersionDetail(version, "", "", (), inspection, None, None, (), None, None, (), "")


def measure_needed(context: Context, move: Move) -> None:
    """Measure, before the write lock is taken, what the gates of ``move`` need to be judged.

    Nothing is measured that cannot change the answer: where another gate says no already.

    Raises:
        NotFound, Corrupt: The bytes are gone or damaged.
        Unavailable: There is no room to check them out.
    """
    costly = {gate.name for gate in gates_of(context.policy, move.stage) if gate.measured}
    if not costly or any(v.outcome == "fail" and v.gate not in costly for v in move.verdicts):
        return
    from modelshelf.registry.measuring import measure_gates

    measure_gates(context, move)


def _evaluate(expression: str, names: Mapping[str, Any]) -> object:
    from modelshelf.plugins.expressions import evaluate

    return evaluate(expression, names)


def _licence_allowed(licence: str, allowed: Sequence[str]) -> Allowed:
    from modelshelf.plugins.licences import licence_allowed

    return licence_allowed(licence, allowed)


TOOLS = Tools(_evaluate, _licence_allowed)
"""Loads the language of expressions and the list of licences when a gate first needs them."""
