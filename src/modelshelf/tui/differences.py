"""How a comparison looks: a table of all versions, or two of them in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from modelshelf.domain.comparison import ComparedRow, Comparison, Value
from modelshelf.domain.text import safe, size_text
from modelshelf.tui.show import STYLES, Cell, Look, fit, lines, number, styled
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.rows import Rows

_ARROWS = {"higher": "↑", "lower": "↓", "": ""}
_BRIEF_SHOWN = 60
_NAME, _NAME_MOST = 14, 34
_VALUE, _VALUE_MOST = 12, 26
_BRIEF_NAME, _BRIEF_VALUE = 18, 10
_KINDS = {
    "tags": "tag ", "bases": "base ", "code": "code ", "run": "run ", "files": "file ",
    "card": "card ", "scan": "scan ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One line of a comparison: a row, or the name of the section that begins."""

    section: str
    row: ComparedRow | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.section, "" if self.row is None else self.row.key


def rows(comparison: Comparison) -> Rows[ShownRow]:
    """Return a comparison as lines, each section under its name."""
    found: list[ShownRow] = []
    for section in comparison.sections:
        if section.rows:
            found.append(ShownRow(section.name))
            found += [ShownRow(section.name, row) for row in section.rows]
    return Rows.all_of(found)


def layout(comparison: Comparison, marks: Mapping[str, str]) -> Layout[ShownRow]:
    """Return how the lines are drawn: a value for each version, its distance from the baseline.

    Args:
        comparison: What is compared.
        marks: What each version holds, by reference, for the heads of the columns.
    """
    names = [row.key for section in comparison.sections for row in section.rows]
    longest = max((cell_len(safe(name)) + 4 for name in names), default=0)
    columns = [Column("", max(_NAME, min(longest, _NAME_MOST)))]
    models = {reference.rpartition(":")[0] for reference in comparison.references}
    for place, reference in enumerate(comparison.references):
        name = safe(reference.rpartition(":")[2] if len(models) == 1 else reference)
        title = f"{name} {marks.get(reference, '')}".strip()
        columns.append(Column(title, _VALUE, right=True, grow=True, most=_VALUE_MOST))
        if place != comparison.baseline:
            columns.append(Column("", 9, right=True))
        columns.append(Column("", 1))
    against = comparison.baseline
    return Layout(tuple(columns), lambda shown: _cells(shown, against), lambda shown: shown.key)


def _cells(shown: ShownRow, against: int) -> list[Cell]:
    row = shown.row
    if row is None:
        return [Cell(shown.section, "dim")]
    arrow = _ARROWS[row.direction]
    cells = [Cell(f"  {safe(row.key, 120)} {arrow}".rstrip(), "strong" if row.differs else "plain")]
    for place, value in enumerate(row.values):
        same = place != against and value == row.values[against]
        best = place in row.best
        look: Look = "accent" if best else "dim" if same else "plain"
        cells.append(Cell("=" if same and value is not None else text(row, value), look))
        if place != against:
            cells.append(Cell(_delta(shown, row.deltas[place]), "dim"))
        cells.append(Cell("★" if best else "", "accent"))
    return cells


def text(row: ComparedRow, value: Value) -> str:
    """Return one value of a row, harmless."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if row.key == "size" and isinstance(value, int):
        return size_text(value)
    if isinstance(value, int):
        return f"{value:,}"
    return number(value) if isinstance(value, float) else safe(value, 200)


def _delta(shown: ShownRow, delta: float | None) -> str:
    if not delta:
        return ""
    if shown.section == "files" or (shown.row is not None and shown.row.key == "size"):
        return f"{'+' if delta > 0 else '-'}{size_text(int(abs(delta)))}"
    if shown.section != "metrics" and delta.is_integer():
        return f"{delta:+,.0f}"
    first = shown.row.values[0] if shown.row is not None else None
    return number(delta, sign=True, like=first if isinstance(first, float) else 0.0)


def brief(comparison: Comparison) -> Content:
    """Return what differs between the first two versions, a line each: from, to, distance."""
    found = [
        ShownRow(section.name, row)
        for section in comparison.differing().sections
        for row in section.rows
    ]
    if not found:
        return styled(("Nothing that is recorded differs.", "dim"))
    body = [_brief_line(shown) for shown in found[:_BRIEF_SHOWN]]
    if len(found) > _BRIEF_SHOWN:
        body.append(styled((f"and {len(found) - _BRIEF_SHOWN:,} more", "dim")))
    return lines(body)


def _brief_line(shown: ShownRow) -> Content:
    row = shown.row
    if row is None:
        return Content("")
    before, after = (text(row, value) for value in row.values[:2])
    delta = _delta(shown, row.deltas[1]) if len(row.deltas) > 1 else ""
    verdict: tuple[str, Look] = ("", "plain")
    if row.best == (1,):
        verdict = (" ★", "accent")
    elif row.best == (0,):
        verdict = (" worse", "warn")
    kind = _KINDS.get(shown.section, "")
    name = f"{kind}{safe(row.key, 60)} {_ARROWS[row.direction]}".rstrip()
    return Content.assemble(
        (fit(name, _BRIEF_NAME), STYLES["dim"]),
        " ",
        fit(before, _BRIEF_VALUE, right=True),
        " → ",
        (fit(after, _BRIEF_VALUE), STYLES["strong"]),
        f" {delta}",
        (verdict[0], STYLES[verdict[1]]),
    )
