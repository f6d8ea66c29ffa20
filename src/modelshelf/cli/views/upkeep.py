"""What checks found, and what would be freed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.domain.text import safe, size_text

if TYPE_CHECKING:
    from modelshelf.domain.audit import Verification
    from modelshelf.domain.checks import Check
    from modelshelf.domain.intake import Sighting
    from modelshelf.registry.upkeep import CollectPlan, CollectResult

_LONG = 10_000


def verification(screen: Screen, found: Verification) -> Iterator[str]:
    """Yield what was checked, and each problem on a line."""
    checked = [wording.plural(found.entries, "entry", "entries")]
    if found.first > 1:
        checked[0] += f" from {found.first} on"
    if found.rows:
        checked.append(wording.plural(found.rows, "row"))
    if found.blobs:
        checked.append(wording.plural(found.blobs, "blob"))
    if found.checkpoints:
        checked.append(wording.plural(found.checkpoints, "checkpoint"))
    verdict = "whole" if found.whole else wording.plural(len(found.problems), "problem")
    yield f"{', '.join(checked)} checked: {screen.tone(verdict, 'bold')}"
    for problem in found.problems:
        yield safe(f"{problem.where}: {problem.what}", _LONG)
    for sentence in found.proven:
        yield safe(sentence, _LONG)
    yield f"newest entry {found.head_seq}, seal {safe(found.head_seal)}"


def checks(screen: Screen, looked_at: Sequence[Check]) -> Iterator[str]:
    """Yield a table of what was looked at."""
    columns = (Column("check"), Column("", keep=True), Column("observed"), Column("advice"))
    rows = (
        (c.name, Cell("ok") if c.ok else Cell("NOT OK", "bold"), c.observed, c.advice)
        for c in looked_at
    )
    yield from table(screen, columns, rows)


def gc_plan(screen: Screen, plan: CollectPlan) -> Iterator[str]:
    """Yield the versions whose bytes would go, and how much that is."""
    yield from facts(
        screen,
        [
            ("versions", ", ".join(plan.versions) or "none"),
            ("blobs", f"{plan.blobs:,}"),
            ("bytes", size_text(plan.size)),
            ("not ours", ", ".join(plan.foreign)),
        ],
    )
    if plan.consumers:
        from modelshelf.cli.views.consumers import warning

        for sentence in warning(plan.consumers):
            yield f"{screen.tone('in use', 'bold')}: {sentence}"


def gc_done(_screen: Screen, done: CollectResult) -> Iterator[str]:
    """Yield what was freed."""
    versions = wording.plural(len(done.versions), "version")
    yield f"{size_text(done.size)} freed: {wording.plural(done.blobs, 'blob')} of {versions}"


def happening(_screen: Screen, seen: Sighting) -> Iterator[str]:
    """Yield what became of one dropped file or folder."""
    what = f"{seen.path} → {seen.reference}" if seen.reference else seen.path
    yield safe(f"{seen.state:8} {what}{f': {seen.reason}' if seen.reason else ''}", _LONG)
