"""How the traffic of a stage was shared over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.stages import holders_in_words

if TYPE_CHECKING:
    from modelshelf.domain.traffic import Split


def splits(screen: Screen, found: Sequence[Split]) -> Iterator[str]:
    """Yield a table of splits, newest first."""
    if not found:
        return
    columns = (
        Column("entry", right=True, keep=True),
        Column("from (UTC)", keep=True),
        Column("until", keep=True),
        Column("shares", keep=True),
        Column("actor", spare=1),
        Column("reason", begins=True, spare=2),
    )
    rows = (
        (
            Cell(str(s.entry), "dim"),
            wording.when(s.since),
            "now" if s.until is None else wording.when(s.until),
            Cell(holders_in_words(s.holders), "accent" if s.until is None else ""),
            s.actor,
            s.reason,
        )
        for s in found
    )
    yield from table(screen, columns, rows)
