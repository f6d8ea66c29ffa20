"""The picture of one row of a comparison: a bar for each version, a metric over all versions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from modelshelf.domain.plain import read_number
from modelshelf.domain.text import safe
from modelshelf.tui import charting, differences
from modelshelf.tui.show import STYLES, fit, number, styled

if TYPE_CHECKING:
    from modelshelf.domain.comparison import Comparison
    from modelshelf.tui.comparing import Series
    from modelshelf.tui.differences import ShownRow

_NAME_MOST, _VALUE, _AXIS = 24, 10, 9
_TALLEST, _LOWEST = 6, 2
_AROUND = 2  # lines of a curve besides the blocks: its title and the marks
_LEAST_POINTS = 2


class Chart(Widget):
    """Drawn anew for every width; below the bars the curves that there is room for."""

    DEFAULT_CSS = """
    Chart { padding: 0 1; background: $background; }
    """

    drawn: reactive[int] = reactive(0)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Draw nothing yet."""
        super().__init__(id=id)
        self._compared: Comparison | None = None
        self._marks: Mapping[str, str] = {}
        self._row: ShownRow | None = None
        self._chosen = 0
        self._series: tuple[Series, ...] = ()

    def show(
        self, compared: Comparison, marks: Mapping[str, str], row: ShownRow | None, chosen: int
    ) -> None:
        """Draw the values of a row.

        Args:
            compared: What is compared.
            marks: What each version holds, by reference.
            row: The row under the cursor, if any.
            chosen: The version under the cursor.
        """
        if self._row is None or row is None or self._row.key != row.key:
            self._series = ()
        self._compared, self._marks, self._row, self._chosen = compared, marks, row, chosen
        self.drawn += 1

    def go_on(self, series: Sequence[Series]) -> None:
        """Draw the metric over all versions of each model."""
        self._series = tuple(series)
        self.drawn += 1

    def render(self) -> Content:
        """Draw it for the room there is."""
        lines = list(self._lines(self.content_size.width, self.content_size.height))
        return Content("\n").join(lines[: max(1, self.content_size.height)])

    def _lines(self, width: int, height: int) -> Iterator[Content]:
        row = None if self._row is None else self._row.row
        compared = self._compared
        if row is None or compared is None:
            yield styled(("Put the cursor on a metric or another number.", "dim"))
            return
        section = "" if self._row is None else self._row.section
        values = [drawable(value, section) for value in row.values]
        if not any(value is not None for value in values):
            yield styled((row.key, "strong"), (" is no number, so nothing is drawn.", "dim"))
            return
        drawn = list(self._bars(compared, values, width))
        yield from drawn
        left = height - len(drawn)
        for at, one in enumerate(self._series):
            room = left // (len(self._series) - at)
            lines = list(self._curve(compared, one, width, room))
            left -= len(lines)
            yield from lines

    def _bars(
        self, compared: Comparison, values: Sequence[float | None], width: int
    ) -> Iterator[Content]:
        row = self._row.row if self._row is not None else None
        if row is None:
            return
        names = [
            differences.head(compared, self._marks, n) for n in range(len(compared.references))
        ]
        name_room = min(max(map(cell_len, names)) + 2, _NAME_MOST)
        room = max(4, width - name_room - _VALUE - 14)
        drawn = charting.bars(values, room)
        for place in differences.order(compared):
            here, best = place == self._chosen, place in row.best
            told = differences.text(row, row.values[place])
            yield Content.assemble(
                ("▸ " if here else "  ", STYLES["accent"]),
                (fit(names[place], name_room - 2), STYLES["strong" if here else "plain"]),
                (fit(told, _VALUE, right=True), STYLES["accent" if best else "plain"]),
                (" ★ " if best else "   ", STYLES["accent"]),
                (drawn[place], STYLES["accent" if best else "plain"]),
                (" baseline" if place == compared.baseline else "", STYLES["dim"]),
            )
        first = charting.begins_at(values)
        if first:
            yield styled((f"  bars begin at {number(first)}", "dim"))

    def _curve(self, compared: Comparison, one: Series, width: int, room: int) -> Iterator[Content]:
        """Yield a model's curve, if there is room for it."""
        height = min(_TALLEST, room - _AROUND)
        if height < _LOWEST or len(one.points) < _LEAST_POINTS:
            return
        numbers = [n for n, _ in one.points]
        drawn = charting.curve([value for _, value in one.points], width - _AXIS, height)
        over = f"the newest {len(numbers):,}" if one.more else f"all {len(numbers):,}"
        packed = "; grey: up to the greatest of several" if drawn.packed else ""
        name = safe(one.model, 60)
        yield styled(("── ", "dim"), (name, "strong"), (f" over {over} versions{packed}", "dim"))
        for at, line in enumerate(drawn.rows):
            edge = {0: drawn.high, height - 1: drawn.low}.get(at)
            label = "" if edge is None else number(edge)
            yield Content.assemble(
                (fit(label, _AXIS - 1, right=True), STYLES["dim"]), " ", (line, "")
            )
        yield self._marked(compared, one, numbers, drawn.columns)

    def _marked(
        self, compared: Comparison, one: Series, numbers: Sequence[int], columns: Sequence[int]
    ) -> Content:
        """Return the line below a curve: which of its versions are compared."""
        wanted = {f"{one.model}:v{n}": column for n, column in zip(numbers, columns, strict=True)}
        line = ""
        for reference, column in sorted(wanted.items(), key=lambda each: each[1]):
            told = f"^v{reference.rpartition(':v')[2]}"
            if reference in compared.references and column >= cell_len(line):
                line += " " * (column - cell_len(line)) + told
        return Content.assemble(" " * _AXIS, (line, STYLES["accent"]))


def drawable(value: object, section: str = "") -> float | None:
    """Return a value as a number that can be drawn; ``None`` for any other.

    Args:
        value: The value.
        section: Where it stands; a parameter is text that may read as a number.
    """
    if isinstance(value, str) and section == "params":
        value = read_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None
