"""Gates that are expressions: the condition holds, or what it needs is named.

There is no other holder the first time that a stage is given, nor for who holds it alone. An
expression that cannot be decided without one passes then, if everything else that it names is
recorded or asked for with ``has``; one that is false whoever might hold the stage fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelshelf.domain.gates.case import ExpressionFailed
from modelshelf.domain.gates.mentions import found, mentions
from modelshelf.domain.gates.names import BASELINE, names_of, shape
from modelshelf.domain.gates.saying import Answer
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.policy import Gate

_SHOWN = 6
_TEXT_SHOWN = 80
_REQUIRED = 300
_NOTHING = "an expression"


def when(gate: Gate, candidate: Candidate, case: Case, tools: Tools) -> Answer:
    """Say whether the expression of ``gate`` is true for ``candidate``."""
    name = candidate.detail.version.reference
    required = safe(gate.when, _REQUIRED) or _NOTHING
    wanted = mentions(gate.when).roots
    names = {**names_of(candidate, wanted), "now": case.now}
    if BASELINE in wanted:
        names[BASELINE] = {} if case.baseline is None else shape(case.baseline)
    try:
        value = tools.evaluate(gate.when, names)
    except ExpressionFailed as error:
        if case.baseline is None and error.missing[:1] == (BASELINE,):
            return _without_holder(gate, candidate, case, tools, names)
        return Answer("fail", str(error), required, f"{name}: {error}")
    observed = observation(gate.when, names)
    if not isinstance(value, bool):
        shown = safe(value, _TEXT_SHOWN).strip() or "an empty text"
        said = f"{name}: the condition is neither true nor false, but {shown}"
        return Answer("fail", shown, required, said)
    told = f" with {observed}" if observed else ""
    said = f"{name} meets the condition{told}" if value else f"{name} fails the condition{told}"
    return Answer("pass" if value else "fail", observed or str(value).lower(), required, said)


def _without_holder(
    gate: Gate, candidate: Candidate, case: Case, tools: Tools, names: Mapping[str, Any]
) -> Answer:
    """Answer where nobody else holds the stage: all that the expression names must be there."""
    name, required = candidate.detail.version.reference, safe(gate.when, _REQUIRED) or _NOTHING
    said = _unrecorded(gate.when, names)
    try:
        # Against itself, so that what only its loops and keys ask for is looked at as well.
        tools.evaluate(gate.when, {**names, BASELINE: shape(candidate.detail)})
    except ExpressionFailed as error:
        if error.missing and error.missing[0] != BASELINE:
            said = said or str(error)
    if said:
        return Answer("fail", said, required, f"{name}: {said}")
    observed = case.unheld
    return Answer("pass", observed, required, f"{observed}, so {name} is compared with nothing")


def _unrecorded(expression: str, names: Mapping[str, Any]) -> str:
    """Say which name is not recorded, of those that are not asked for with ``has``."""
    told = mentions(expression)
    guarded = {mention.path for mention in told.names if mention.tested}
    for mention in told.names:
        root = mention.path[0]
        if mention.path in guarded or root == BASELINE or root not in names or root in told.bound:
            continue
        if not found(names, mention.path)[0]:
            return f"{safe(mention.name, _TEXT_SHOWN)} is not recorded"
    return ""


def observation(expression: str, names: Mapping[str, Any]) -> str:
    """Return the values of the names in ``expression``, as text: ``metrics.auc = 0.91``."""
    shown = []
    for mention in mentions(expression).names:
        there, value, _ = found(names, mention.path)
        if there and mention.path not in (("now",), (BASELINE,), ("version",)):
            shown.append(f"{safe(mention.name, _TEXT_SHOWN)} = {_text(value)}")
    more = [f"{len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []
    return ", ".join([*shown[:_SHOWN], *more])


def _text(value: object) -> str:
    if isinstance(value, Mapping | list):
        return f"{len(value):,} {'entry' if len(value) == 1 else 'entries'}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else safe(value, _TEXT_SHOWN)
