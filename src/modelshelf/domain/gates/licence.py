"""The gate ``licence``: what a version and its origins are licensed under is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.gates.saying import Answer, listed, told
from modelshelf.domain.gates.stated import stated
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.policy import Gate


@dataclass(frozen=True, slots=True)
class _Licence:
    """One licence of one thing: the version itself, or something it descends from."""

    of: str
    text: str
    inherited: bool

    @property
    def shown(self) -> str:
        return (
            f"{safe(self.text, 80)} from {safe(self.of, 120)}"
            if self.inherited
            else safe(self.text, 80)
        )


def licence(gate: Gate, candidate: Candidate, _case: Case, tools: Tools) -> Answer:
    """Say whether every licence of the version, and with ``inherit`` of its origins, is allowed.

    Settings: ``allowed``, SPDX names (none: every known licence is); ``inherit`` (true unless it
    is set to false); ``unknown``, ``fail`` or ``pass`` for what states no licence or none that is
    known.
    """
    allowed: Sequence[str] = told(gate, "allowed")
    lenient = told(gate, "unknown") == "pass"
    name = candidate.detail.version.reference
    found = list(_licences(candidate, inherit=told(gate, "inherit")))
    wrong = [] if lenient else [*_silent(candidate, gate)]
    duties: list[str] = []
    for each in found:
        found_to_be = tools.licence_allowed(each.text, allowed)
        if found_to_be.unknown and lenient and not found_to_be.ok:
            found_to_be = tools.licence_allowed(each.text, [*allowed, *found_to_be.unknown])
        if not found_to_be.ok:
            why = "is no known licence" if found_to_be.unknown else "is not allowed"
            wrong.append(f"{each.shown} {why}")
        duties += [_duty(duty, each) for duty in found_to_be.obligations]
    observed = "; ".join([listed([e.shown for e in found]) or "no licence", *duties[:12]])
    required = f"one of {listed(allowed, 'or')}" if allowed else "a known licence"
    if wrong:
        return Answer("fail", observed, required, f"{name}: {'; '.join(wrong[:12])}")
    owed = f", with {listed(duties)}" if duties else ""
    shown = listed([e.shown for e in found]) or "no licence"
    return Answer("pass", observed, required, f"{name} is licensed under {shown}{owed}")


def _licences(candidate: Candidate, *, inherit: bool) -> Iterator[_Licence]:
    name = candidate.detail.version.reference
    for text in stated(candidate.detail):
        yield _Licence(name, text, inherited=False)
    for origin in candidate.ancestors if inherit else ():
        for text in dict.fromkeys(origin.licences):
            yield _Licence(origin.reference, text, inherited=True)


def _silent(candidate: Candidate, gate: Gate) -> Iterator[str]:
    """Name what states no licence at all."""
    if not stated(candidate.detail):
        yield "it states no licence"
    for origin in candidate.ancestors if told(gate, "inherit") else ():
        if not origin.licences:
            yield f"{safe(origin.reference, 120)}, which it descends from, states no licence"


def _duty(duty: str, licence_of: _Licence) -> str:
    if licence_of.inherited:
        return f"{duty} from {safe(licence_of.of, 120)} ({safe(licence_of.text, 80)})"
    return f"{duty} ({safe(licence_of.text, 80)})"
