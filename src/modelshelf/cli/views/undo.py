"""Plans of taking a change back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, facts

if TYPE_CHECKING:
    from modelshelf.domain.undo import UndoPlan


def plan(screen: Screen, shown: UndoPlan) -> Iterator[str]:
    """Yield the entry, and what would be recorded or why nothing can be."""
    entry = shown.entry
    pairs: list[tuple[str, str | Cell]] = [
        ("take back", Cell(f"entry {entry.seq}", "bold")),
        ("what", entry.sentence),
        ("when", f"{wording.when(entry.at)} UTC by {entry.actor}"),
    ]
    if shown.refused is not None:
        pairs.append(("refused", Cell(shown.refused, "bold")))
    heading = "then"
    for sentence in shown.sentences:
        pairs.append((heading, Cell(sentence, "accent")))
        heading = "and"
    yield from facts(screen, pairs)
