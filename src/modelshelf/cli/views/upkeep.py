"""What checks found, and what would be freed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.audit import Verification

_LONG = 10_000


def verification(screen: Screen, found: Verification) -> Iterator[str]:
    """Yield what was checked, and each problem on a line."""
    checked = [wording.plural(found.entries, "entry", "entries")]
    if found.rows:
        checked.append(wording.plural(found.rows, "row"))
    if found.blobs:
        checked.append(wording.plural(found.blobs, "blob"))
    verdict = "whole" if found.whole else wording.plural(len(found.problems), "problem")
    yield f"{', '.join(checked)} checked: {screen.tone(verdict, 'bold')}"
    for problem in found.problems:
        yield safe(f"{problem.where}: {problem.what}", _LONG)
    yield f"newest entry {found.head_seq}, seal {safe(found.head_seal)}"
