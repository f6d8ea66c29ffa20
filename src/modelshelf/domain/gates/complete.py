"""The gate ``complete``: everything that the policy wants written down is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelshelf.domain.gates.saying import Answer, listed, told
from modelshelf.domain.gates.stated import stated

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.policy import Gate


def _has_code(candidate: Candidate) -> bool:
    code = candidate.detail.code
    return code is not None and bool(code.commit or code.repository)


# What each word asks for. Spaces and empty lines are no text.
_HAS: Mapping[str, Callable[[Candidate], bool]] = {
    "card": lambda c: bool(c.detail.card.strip()),
    "owner": lambda c: bool(c.owner.strip()),
    "description": lambda c: bool(c.detail.description.strip() or c.model_description.strip()),
    "dataset": lambda c: bool(c.detail.datasets),
    "code": _has_code,
    "signature": lambda c: bool(c.detail.inspection.inputs or c.detail.inspection.outputs),
    "licence": lambda c: bool(stated(c.detail)),
    "environment": lambda c: c.detail.environment is not None,
    "run": lambda c: c.detail.run is not None,
    "metrics": lambda c: bool(c.detail.version.metrics),
    "params": lambda c: bool(c.detail.version.params),
    "tags": lambda c: bool(c.detail.version.tags),
}
_TABLES: Mapping[str, Callable[[Candidate], Mapping[str, object]]] = {
    "metrics": lambda c: c.detail.version.metrics,
    "params": lambda c: c.detail.version.params,
    "tags": lambda c: c.detail.version.tags,
}


def complete(gate: Gate, candidate: Candidate, _case: Case, _tools: Tools) -> Answer:
    """Say whether all that the setting ``needs`` lists is recorded, and name what is not."""
    needs = tuple(dict.fromkeys(told(gate, "needs")))
    missing = [need for need in needs if not _recorded(need, candidate)]
    name = candidate.detail.version.reference
    required = listed(needs) or "nothing"
    if missing:
        said = f"{name} has no {listed(missing, 'or')}"
        return Answer("fail", f"no {listed(missing, 'or')}", required, said)
    return Answer("pass", required, required, f"{name} is complete: {required}")


def _recorded(need: str, candidate: Candidate) -> bool:
    root, dot, key = need.partition(".")
    if dot:  # the key may hold dots itself
        table = _TABLES.get(root)
        return table is not None and key in table(candidate)
    has = _HAS.get(root)
    return has is not None and has(candidate)
