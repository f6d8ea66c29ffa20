"""Gates that are measured: commands, other people's gates, and ``verified``, by what was recorded.

Judging never runs anything. It looks at the newest measurement and says ``pending`` where there is
none that still stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.gates.saying import Answer, age, span, told
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.policy import Gate
    from modelshelf.domain.promotion import Outcome


def stands(gate: Gate) -> float:
    """Return the seconds for which a measurement of ``gate`` stands."""
    if gate.use == "verified" and gate.kind == "builtin":
        return float(told(gate, "within"))
    return gate.stands


def required_of(gate: Gate) -> str:
    """Return what a measured gate asks for, as text, before it was measured."""
    match gate.kind:
        case "run":
            return f"{safe(' '.join(gate.run), 200)} ends with 0"
        case "plugin":
            return f"{safe(gate.use, 100)} agrees"
    return f"bytes hashed within {span(stands(gate))} are those that were registered"


def measured(gate: Gate, candidate: Candidate, case: Case, _tools: Tools) -> Answer:
    """Say what the newest measurement of ``gate`` said, if it stands."""
    name = candidate.detail.version.reference
    found = candidate.measured.get(gate.name)
    way = f"modelshelf check {name} {case.stage.name} --run"
    if found is None:
        said = f"{name} was not measured yet: {way}"
        return Answer("pending", "not measured", required_of(gate), said)
    if found.definition != (wanted := gate.definition_for(case.stage.name)):
        said = f"the gate was changed after {name} was measured: {way}"
        if wanted != gate.definition:
            said = f"{name} was measured for another stage, or the gate was changed since: {way}"
        return Answer("pending", "measured by other rules", required_of(gate), said)
    elapsed = case.now - found.at
    if elapsed.total_seconds() > stands(gate):
        said = f"{name} was measured {age(elapsed)}, which stands for {span(stands(gate))}: {way}"
        return Answer("pending", f"measured {age(elapsed)}", required_of(gate), said)
    outcome: Outcome = "pass" if found.outcome == "pass" else "fail"
    heard = safe(found.message) or f"{outcome}, {safe(found.observed)}"
    said = f"{heard} ({name}, measured {age(elapsed)} by {safe(found.actor, 60)})"
    return Answer(outcome, safe(found.observed, 600), safe(found.required, 600), said)
