"""May these versions hold that stage? The one pure function that every promotion asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.gates.complete import complete
from modelshelf.domain.gates.fresh import fresh
from modelshelf.domain.gates.licence import licence
from modelshelf.domain.gates.measuring import measured
from modelshelf.domain.gates.saying import Answer
from modelshelf.domain.gates.signature import signature
from modelshelf.domain.gates.standing import holders, scanned, usable
from modelshelf.domain.gates.when import when
from modelshelf.domain.promotion import Verdict
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.policy import Gate

_Judge = Callable[["Gate", "Candidate", "Case", "Tools"], Answer]
_SCAN = "scan"  # the gate that every stage has, whether the policy names it or not
_BUILT_IN: Mapping[str, _Judge] = {
    "complete": complete,
    "signature": signature,
    "fresh": fresh,
    "licence": licence,
    "verified": measured,
}
_KINDS: Mapping[str, _Judge] = {"when": when, "run": measured, "plugin": measured}


def judge(case: Case, tools: Tools) -> tuple[Verdict, ...]:
    """Return the verdicts on the candidates of ``case`` holding its stage together.

    The number of holders first, then for each version whether it may be used and what the scan
    found, then each gate that the stage names on each version. Any ``fail`` forbids it; a
    ``pending`` one must be measured first. A version that holds the stage already is judged like
    the others.
    """
    return tuple(_verdicts(case, tools))


def _verdicts(case: Case, tools: Tools) -> Iterator[Verdict]:
    several = len(case.candidates) > 1
    held = holders(case.stage, len(case.candidates))
    yield Verdict("holders", held.outcome, held.observed, held.required, held.said)
    versions = [candidate.detail.version for candidate in case.candidates]
    for name, asked in (("usable", usable), (_SCAN, scanned)):
        for version in versions:
            answer = asked(version)
            of = version.reference if several else ""
            yield Verdict(name, answer.outcome, answer.observed, answer.required, answer.said, of)
    for gate in case.gates:
        if gate.kind == "builtin" and gate.use == _SCAN:
            continue  # always judged, above
        for candidate in case.candidates:
            of = candidate.detail.version.reference if several else ""
            yield _verdict(gate, candidate, case, tools, of)


def _verdict(gate: Gate, candidate: Candidate, case: Case, tools: Tools, of: str) -> Verdict:
    answer = _judge_of(gate)(gate, candidate, case, tools)
    said = answer.said
    if gate.message and answer.outcome != "pass":
        said = f"{safe(gate.message, 1_000)}: {said}"
    return Verdict(gate.name, answer.outcome, answer.observed, answer.required, said, of)


def _judge_of(gate: Gate) -> _Judge:
    if gate.kind == "builtin":
        return _BUILT_IN.get(gate.use, _undefined)
    return _KINDS[gate.kind]


def _undefined(_gate: Gate, candidate: Candidate, _case: Case, _tools: Tools) -> Answer:
    """Answer for a name that is neither defined nor built in: it forbids, never allows."""
    name = candidate.detail.version.reference
    said = f"{name} cannot be judged: the policy names this gate and does not define it"
    return Answer("fail", "not defined", "a gate of the policy, or a built-in one", said)
