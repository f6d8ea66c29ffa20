"""Versions side by side: a column for each, a mark at the best metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.text import size_text

if TYPE_CHECKING:
    from modelshelf.domain.comparison import ComparedRow, Comparison, Section, Value

_BEST = " *"


def comparison(screen: Screen, found: Comparison, *, everything: bool) -> Iterator[str]:
    """Yield a table for each section; only what differs, unless ``everything``."""
    shown = found if everything else found.differing()
    kept = [section for section in shown.sections if section.rows]
    for place, section in enumerate(kept):
        if place:
            yield ""
        columns = (Column(section.name), *(Column(reference) for reference in found.references))
        yield from table(screen, columns, _rows(section))
    if not kept:
        yield "Nothing differs; --all shows what is the same."
    elif any(row.best for section in kept for row in section.rows):
        yield f"\n{_BEST.strip()} the best"


def _rows(section: Section) -> Iterator[tuple[str | Cell, ...]]:
    for row in section.rows:
        values = (_value(section.name, row, place) for place in range(len(row.values)))
        yield (Cell(row.key, "bold" if row.differs else ""), *values)


def _value(section: str, row: ComparedRow, place: int) -> Cell:
    shown = _text(section, row.key, row.values[place])
    delta = row.deltas[place] if place < len(row.deltas) else None
    if delta:
        shown += f" ({_change(section, row.key, delta)})"
    best = place in row.best
    return Cell(shown + (_BEST if best else ""), "accent" if best else "")


def _change(section: str, key: str, delta: float) -> str:
    if section == "format" and key == "size":
        return f"{'+' if delta > 0 else '-'}{size_text(int(abs(delta)))}"
    whole = section != "metrics" and delta.is_integer()
    return f"{delta:+,.0f}" if whole else f"{delta:+.4g}"


def _text(section: str, key: str, value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if section == "format" and key == "size" and isinstance(value, int):
        return size_text(value)
    return wording.number(value) if isinstance(value, float) else str(value)
