"""How a comparison looks: a table of all versions, or two of them in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from modelshelf.domain.comparison import ComparedRow, Comparison, Value
from modelshelf.domain.text import safe, size_text
from modelshelf.tui.show import STYLES, Cell, Look, fit, lines, number, styled
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.rows import Rows

_ARROWS = {"higher": "↑", "lower": "↓", "": ""}
_BEST = "★"
_BRIEF_SHOWN = 60
_NAME, _NAME_MOST = 14, 34
_VALUE, _VALUE_MOST, _DELTA = 11, 28, 8
_GAP, _EDGE = 2, 1
_BASE_ROOM, _OTHER_ROOM = _VALUE + _GAP, _VALUE + _DELTA + 2 * _GAP
_BESIDE = 2  # as many versions as must be seen beside the baseline, where there is any room
_WHOLE_SHOWN = 500
_BRIEF_NAME, _BRIEF_VALUE = 18, 10
_COUNTED, _ALIKE = "tensors ", "tensors same"
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


NOTHING: Layout[ShownRow] = Layout((), lambda _: (), lambda shown: shown.key)


# --- which versions are seen ----------------------------------------------------------------------


def order(comparison: Comparison) -> tuple[int, ...]:
    """Return the places of the versions as they are shown: the baseline first, and always there."""
    base = comparison.baseline
    return (base, *(n for n in range(len(comparison.references)) if n != base))


def window(comparison: Comparison, width: int, first: int, chosen: int) -> tuple[int, ...]:
    """Return the places of the versions that there is room for, the chosen one among them.

    Args:
        comparison: What is compared.
        width: Cells there are for the whole table.
        first: Which version beside the baseline was the first to be seen.
        chosen: The place of the version that must be seen.
    """
    base, *others = order(comparison)
    left = width - _EDGE - _name_width(comparison, width) - _GAP - _BASE_ROOM
    count = max(1, left // _OTHER_ROOM)
    first = max(0, min(first, len(others) - count))
    if chosen in others:
        at = others.index(chosen)
        first = max(at - count + 1, min(first, at))
    return (base, *others[first : first + count])


def layout(
    comparison: Comparison, marks: Mapping[str, str], places: Sequence[int], width: int, chosen: int
) -> Layout[ShownRow]:
    """Return how the lines are drawn: a value for each version, its distance from the baseline.

    Args:
        comparison: What is compared.
        marks: What each version holds, by reference, for the heads of the columns.
        places: The versions that are seen, the baseline first.
        width: Cells there are for the whole table.
        chosen: The version whose column has the cursor.
    """
    count = len(comparison.references)
    cut = f"{len(places)} of {count}: h, l" if len(places) < count else ""
    name_room = _name_width(comparison, width)
    columns = [Column(cut, name_room)]
    least = _EDGE + name_room + _GAP + _BASE_ROOM + (len(places) - 1) * _OTHER_ROOM
    wide = min(_VALUE_MOST, _VALUE + max(0, width - least) // len(places))
    for place in places:
        sign = "▸" if place == chosen else ""
        title = sign + head(comparison, marks, place, wide - len(sign))
        name = str(place)
        columns.append(Column(title, _VALUE, right=True, grow=True, most=_VALUE_MOST, name=name))
        if place != comparison.baseline:
            columns.append(Column("", _DELTA, right=True, name=name))
    return Layout(
        tuple(columns),
        lambda shown: _cells(shown, places, comparison.baseline, name_room),
        lambda shown: shown.key,
    )


def head(comparison: Comparison, marks: Mapping[str, str], place: int, room: int = 0) -> str:
    """Return what a version is called over its column: ``v7 P20``, with its model if they differ.

    Args:
        comparison: What is compared.
        marks: What each version holds, by reference.
        place: Which version.
        room: Cells there are; the name loses its middle, never what it holds. 0 for any number.
    """
    reference = comparison.references[place]
    models = {one.rpartition(":")[0] for one in comparison.references}
    name = safe(reference.rpartition(":")[2] if len(models) == 1 else reference)
    mark = marks.get(reference, "")
    rest = room - cell_len(mark) - 1
    if 0 < rest < cell_len(name):
        last = name.rpartition("/")[2]
        name = last if cell_len(last) <= rest else fit(last, rest)
    return f"{name} {mark}".strip()


def _name_width(comparison: Comparison, width: int) -> int:
    names = [f"    {row.key}" for section in comparison.sections for row in section.rows]
    names += [f"── {section.name} ─" for section in comparison.sections]
    longest = max((cell_len(safe(name, 120)) for name in names), default=0)
    beside = min(_BESIDE, len(comparison.references) - 1)
    room = width - _EDGE - _GAP - _BASE_ROOM - beside * _OTHER_ROOM
    return max(_NAME, min(longest, room, _NAME_MOST))


def _cells(shown: ShownRow, places: Sequence[int], against: int, room: int) -> list[Cell]:
    row = shown.row
    if row is None:
        title = f"── {shown.section} "
        return [Cell(title + "─" * (room - cell_len(title)), "strong")]
    arrow = _ARROWS[row.direction]
    look: Look = "plain" if row.differs else "dim"
    cells = [Cell(f"  {safe(row.key, 120)} {arrow}".rstrip(), look)]
    for place in places:
        value = row.values[place]
        same = place != against and value == row.values[against]
        best = place in row.best
        told = "=" if same and value is not None else text(row, value)
        if any(is_number(one) for one in row.values):
            told += f" {_BEST}" if best else "  "  # digits stand below digits
        cells.append(Cell(told, "accent" if best else "dim" if same else "plain"))
        if place != against:
            cells.append(Cell(_delta(shown, row.deltas[place]), "dim"))
    return cells


def is_number(value: Value) -> bool:
    """Tell whether a value can be drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(
    comparison: Comparison, marks: Mapping[str, str], shown: ShownRow, chosen: int
) -> Content:
    """Return every value of a row in full, the version under the cursor standing out."""
    return Content("  ·  ").join(_whole(comparison, marks, shown, chosen))


def _whole(
    comparison: Comparison, marks: Mapping[str, str], shown: ShownRow, chosen: int
) -> Iterator[Content]:
    row = shown.row
    if row is None:
        return
    for place in order(comparison):
        value = row.values[place]
        told = safe(value, _WHOLE_SHOWN) if isinstance(value, str) else text(row, value)
        delta = _delta(shown, row.deltas[place]) if place < len(row.deltas) else ""
        best = f" {_BEST}" if place in row.best else ""
        here = place == chosen
        yield Content.assemble(
            (head(comparison, marks, place), STYLES["accent" if here else "dim"]),
            " ",
            (told, STYLES["strong" if here else "plain"]),
            (f" {delta}" if delta else "", STYLES["dim"]),
            (best, STYLES["accent"]),
        )


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
        if row.key != _ALIKE
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
    arrow = " → "
    if shown.section == "weights" and row.key.startswith(_COUNTED):
        before, arrow = "", "   "  # how many differ from those of the first: of its own, none
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
        arrow,
        (fit(after, _BRIEF_VALUE), STYLES["strong"]),
        f" {delta if before else ''}",
        (verdict[0], STYLES[verdict[1]]),
    )
