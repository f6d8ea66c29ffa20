"""Suggested links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli.table import Cell, Column, table

if TYPE_CHECKING:
    from modelshelf.cli.screen import Screen
    from modelshelf.domain.lineage_answers import Suggestion


def suggestions(screen: Screen, found: Sequence[Suggestion]) -> Iterator[str]:
    """Yield a table of suggestions."""
    columns = (
        Column("version", keep=True),
        Column("kind", keep=True),
        Column("target"),
        Column("sure", right=True, keep=True),
        Column("why", begins=True, spare=1),
    )
    rows = (
        (Cell(one.subject, "bold"), one.kind, one.target, f"{one.confidence:.0%}", one.evidence)
        for one in found
    )
    if found:
        yield from table(screen, columns, rows)


def edge(screen: Screen, subject: str, kind: str, target: str) -> Iterator[str]:
    """Yield one edge as a table has it."""
    columns = (Column("subject", keep=True), Column("kind", keep=True), Column("target"))
    yield from table(screen, columns, [(Cell(subject, "bold"), kind, target)])
