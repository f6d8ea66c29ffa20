"""What the gates say: of one version line by line, of many in a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli.screen import Screen, Tone
from modelshelf.cli.table import GAP, Cell, Column, cells, cut, facts, table
from modelshelf.domain.stages import holders_in_words
from modelshelf.domain.text import safe, safe_block

if TYPE_CHECKING:
    from modelshelf.domain.gates.checked import Checked
    from modelshelf.domain.promotion import PromotionPlan, Verdict

WORDS: Mapping[str, str] = {"pass": "agrees", "fail": "says no", "pending": "is not known yet"}
_MARKS: Mapping[str, str] = {"pass": "✓ yes", "fail": "✗ no", "pending": "… not yet"}
_TONES: Mapping[str, Tone] = {"pass": "", "fail": "bold", "pending": "accent"}
_MARK_ROOM = max(map(len, _MARKS.values()))
_GATE_MOST = 30
_SAID_LEAST = 24
_SAID_MOST = 4_000


def check(screen: Screen, plan: PromotionPlan) -> Iterator[str]:
    """Yield whether a version may hold a stage, and the answer of every gate."""
    failed = any(v.outcome == "fail" for v in plan.verdicts)
    allowed = "yes" if plan.allowed else "no" if failed else "not yet"
    pairs: list[tuple[str, str | Cell]] = [
        ("check", Cell(f"{plan.reference} for {plan.stage}", "bold")),
        ("now", holders_in_words(plan.holders_now)),
        ("then", holders_in_words(plan.holders_after)),
        ("allowed", Cell(allowed, "" if plan.allowed else "bold")),
    ]
    yield from facts(screen, pairs)
    yield ""
    room = min(max((cells(_gate(v)) for v in plan.verdicts), default=0), _GATE_MOST)
    for verdict in plan.verdicts:
        yield from _verdict(screen, verdict, room)


def _verdict(screen: Screen, verdict: Verdict, room: int) -> Iterator[str]:
    """Yield one gate's answer; where it is not yes, also what was found and what is asked for."""
    mark, gate = _MARKS[verdict.outcome], cut(_gate(verdict), room)
    head = mark + " " * (_MARK_ROOM - cells(mark)) + GAP + gate + " " * (room - cells(gate)) + GAP
    indent = " " * cells(head)
    first, *rest = _wrapped(safe(verdict.message, _SAID_MOST), screen, len(indent)) or [""]
    tone = _TONES[verdict.outcome]
    yield f"{screen.tone(head.rstrip(), tone)}{head[len(head.rstrip()) :]}{first}".rstrip()
    yield from (f"{indent}{line}" for line in rest)
    if verdict.outcome != "pass":
        found = f"observed {verdict.observed or '-'}, required {verdict.required or '-'}"
        for line in _wrapped(safe(found, _SAID_MOST), screen, len(indent)):
            yield f"{indent}{screen.tone(line, 'dim')}"


def _gate(verdict: Verdict) -> str:
    return safe(f"{verdict.gate} ({verdict.reference})" if verdict.reference else verdict.gate, 200)


def _wrapped(text: str, screen: Screen, used: int) -> list[str]:
    if screen.width is None:
        return [text]
    return textwrap.wrap(text, max(screen.width - used, _SAID_LEAST), break_on_hyphens=False)


def checked(screen: Screen, found: Sequence[Checked]) -> Iterator[str]:
    """Yield a table of versions and stages with their answers in short."""
    if not found:
        return
    columns = (
        Column("version"),
        Column("stage", begins=True),
        Column("may hold it", keep=True),
        Column("holds it", keep=True, spare=1),
        Column("says no", begins=True),
        Column("to be measured", begins=True, spare=2),
    )
    yield from table(screen, columns, (_row(line) for line in found))


def _row(line: Checked) -> Sequence[str | Cell]:
    outcome = "fail" if line.failed else "pending" if line.pending else "pass"
    return (
        line.reference,
        line.stage,
        Cell(_MARKS[outcome], _TONES[outcome]),
        "yes" if line.holds else "",
        ", ".join(line.failed),
        ", ".join(line.pending),
    )


def output(_screen: Screen, text: str) -> Iterator[str]:
    """Yield what a command wrote, harmless to show."""
    if text:
        yield safe_block(text, 10_000_000)
