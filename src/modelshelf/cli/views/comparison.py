"""Versions side by side: a column for each, a mark at the best metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli.table import Cell, Column, table
from modelshelf.domain.comparison import parts
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.cli.screen import Screen
    from modelshelf.domain.comparison import Comparison, LongText
    from modelshelf.domain.comparison.parts import Part
    from modelshelf.domain.probes import BehaviourComparison
    from modelshelf.domain.tensor_comparison import TensorComparison

_LINES_SHOWN = 40
_LINE_MOST = 300


def comparison(
    screen: Screen,
    found: Comparison,
    *,
    changed: bool,
    tensors: Sequence[TensorComparison] = (),
    behaviour: Sequence[BehaviourComparison] = (),
) -> Iterator[str]:
    """Yield a table for each section, then what the tensors and the answers come to.

    Args:
        screen: Where it is shown.
        found: The comparison.
        changed: Whether what is the same is left out.
        tensors: Comparisons of tensors.
        behaviour: Comparisons of answers.
    """
    shown = found.differing() if changed else found
    begun = False
    for part in parts.of(shown, tensors, behaviour):
        if begun:
            yield ""
        begun = True
        yield from _part(screen, part)
    if not begun or not any(section.rows for section in shown.sections):
        yield from (("",) if begun else ())
        yield (
            "Nothing differs; --all shows what is the same." if changed else "Nothing is recorded."
        )
    elif any(row.best for section in shown.sections for row in section.rows):
        yield f"\n{parts.BEST.strip()} the best"


def _part(screen: Screen, part: Part) -> Iterator[str]:
    if part.sentence:
        yield screen.tone(safe(part.title), "bold")
    else:
        columns = (Column(part.title), *(Column(safe(head)) for head in part.heads))
        rows = [[Cell(*cell) for cell in row] for row in part.rows]
        yield from table(screen, columns, rows)
    for note in part.notes:
        yield screen.tone(safe(note, _LINE_MOST * 10), "dim")
    for heading, text in part.texts:
        yield ""
        yield screen.tone(safe(heading), "bold")
        yield from _lines(text)


def _lines(text: LongText) -> Iterable[str]:
    lines = text.text.split("\n")
    for line in lines[:_LINES_SHOWN]:
        yield f"  {safe(line, _LINE_MOST)}"
    if len(lines) > _LINES_SHOWN:
        yield f"  … {len(lines) - _LINES_SHOWN:,} more lines; --json has them"
