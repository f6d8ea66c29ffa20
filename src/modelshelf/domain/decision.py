"""A decision as an auditor asks for it: why a version holds a stage, and everything it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelshelf.domain.promotion import Verdict
from modelshelf.domain.requests import Answer

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.reproduction import Reproduction
    from modelshelf.domain.requests import Request
    from modelshelf.domain.stages import Assignment

ROWS_MOST = 200
"""Rows of a comparison that a decision keeps."""
_VALUE_MOST = 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the measurement of a gate is kept.

    Attributes:
        gate: The gate's name.
        reference: The version it was run on.
        entry: The number of the entry that recorded it.
        outcome: ``pass`` or ``fail``.
        at: When, in ISO form, UTC.
        definition: The digest of the gate as the policy wrote it.
        output: The digest of the blob with what it said; ``None`` when nothing was kept.
    """

    gate: str
    reference: str
    entry: int
    outcome: str
    at: str
    definition: str
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the log that belongs to the story of a decision.

    Attributes:
        entry: Its number.
        at: When, UTC.
        actor: Who.
        sentence: What happened, in words.
    """

    entry: int
    at: datetime
    actor: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What is written outside the catalog that covers an entry.

    Attributes:
        entry: The entry whose seal was written down: the decision's own, or a later one.
        seal: The seal as it was written down.
        at: When.
        holds: Whether the log still has that seal there.
    """

    entry: int
    seal: str
    at: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a version holds a stage.

    Attributes:
        reference: The version, by its present name.
        stage: The stage.
        entry: The number of the entry that gave it.
        event: ``stage.assigned`` or ``stage.rolled_back``.
        at: When, UTC.
        actor: Who gave it.
        reason: Why.
        seal: The entry's seal.
        seal_holds: Whether the seal, computed again, is that one, and the one before is as it says.
        checkpoint: What covers it outside the catalog; ``None`` when nothing does.
        assignment: Who holds the stage by it.
        before: Who held it before; ``None`` when nobody did.
        judged_in: The entry whose verdicts these are: another one after a rollback.
        verdicts: The gates' answers.
        bypass: Which rules were set aside; ``None``: none.
        needed: How many approvals it took.
        approvals: Those that counted.
        ignored: Why others did not.
        request: The request that was applied.
        evidence: Where measurements are kept.
        policy_digest: The policy that decided; empty when that is not recorded.
        policy_text: Its text.
        version: The version as it was recorded at that moment: bytes, code, data, metrics.
        artifacts: The digests of what holds the stage, by reference.
        comparison: What differed from the holder of that time: ``references``, ``sections`` of
            rows, and ``left_out``, how many rows were too many; ``None`` without one.
        story: Refusals and rollbacks of this stage before it, and what was recorded about the
            versions after they were asked for; newest first.
        reproductions: Attempts to make the version again that were recorded by then, newest first.
    """

    reference: str
    stage: str
    entry: int
    event: str
    at: datetime
    actor: str
    reason: str
    seal: str
    seal_holds: bool
    checkpoint: Witness | None
    assignment: Assignment
    before: Assignment | None
    judged_in: int
    verdicts: tuple[Verdict, ...]
    bypass: str | None
    needed: int
    approvals: tuple[Answer, ...]
    ignored: tuple[str, ...]
    request: Request | None
    evidence: tuple[Evidence, ...]
    policy_digest: str
    policy_text: str
    version: VersionDetail
    artifacts: Mapping[str, str]
    comparison: Mapping[str, Any] | None
    story: tuple[Happening, ...]
    reproductions: tuple[Reproduction, ...] = ()


def frozen_comparison(found: Comparison, most: int = ROWS_MOST) -> dict[str, Any]:
    """Return what differs as plain values to be kept for ever: at most ``most`` short rows."""
    left, kept = most, []
    differing = found.differing()
    for section in differing.sections:
        rows = [
            {"key": _short(row.key), "values": [_short(v) for v in row.values]}
            for row in section.rows[:left]
        ]
        left -= len(rows)
        if rows:
            kept.append({"name": section.name, "rows": rows})
    over = sum(len(s.rows) for s in differing.sections) - (most - left)
    frozen: dict[str, Any] = {"references": list(found.references), "sections": kept}
    return {**frozen, "left_out": over} if over else frozen


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > _VALUE_MOST:
        return value[: _VALUE_MOST - 1] + "…"
    return value


def read_verdicts(bodies: object) -> tuple[Verdict, ...]:
    """Return the verdicts that an entry keeps."""
    listed = bodies if isinstance(bodies, list | tuple) else ()
    return tuple(
        Verdict(*(str(body.get(name, "")) for name in Verdict.__slots__))  # type: ignore[arg-type]
        for body in listed
        if isinstance(body, Mapping)
    )
