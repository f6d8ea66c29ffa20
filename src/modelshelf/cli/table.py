"""Tables of plain text whose columns stand straight, whatever is in them.

Every cell passes :func:`~modelshelf.domain.text.safe` here, so no caller can forget it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from modelshelf.cli.screen import Screen, Tone
from modelshelf.domain.text import safe

GAP = "  "
ELLIPSIS = "…"
_WIDE = frozenset("WF")
_NO_CELLS = frozenset({"Mn", "Me", "Cf", "Cc"})
_CELL_MOST = 10_000
# How narrow columns may become: while others can still go, and at the very last.
_SPARE_LEAST = 14
_MAIN_LEAST = 24
_LEAST = 8


class Cell(NamedTuple):
    """A cell's text and its tone."""

    text: str
    tone: Tone = ""


class Column(NamedTuple):
    """A column's heading and manners.

    Attributes:
        title: The heading.
        right: Whether numbers stand in it, which end at one edge.
        keep: Whether its cells are never cut, because half of them would mean something else.
        begins: Whether a cut leaves the beginning of a cell, and not both ends.
        spare: Where a line is too short for all, the column with the highest number goes first;
            0 stays.
    """

    title: str
    right: bool = False
    keep: bool = False
    begins: bool = False
    spare: int = 0


Row = Sequence[str | Cell]


def cells(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    return len(text) if text.isascii() else sum(_cells_of(char) for char in text)


def cut(text: str, room: int) -> str:
    """Return ``text`` in at most ``room`` cells, the middle replaced by an ellipsis if need be."""
    if cells(text) <= room:
        return text
    if room <= 1:
        return ELLIPSIS[:room]
    head = _take(text, room // 2)
    tail = _take(text[::-1], room - 1 - cells(head))[::-1]
    while tail and _cells_of(tail[0]) == 0:  # an accent whose letter was cut away
        tail = tail[1:]
    return f"{head}{ELLIPSIS}{tail}"


def table(screen: Screen, columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table, its heading first; no line ends in spaces."""
    body = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(cells(column.title), max((cells(row[n].text) for row in body), default=0))
        for n, column in enumerate(columns)
    ]
    shown = _fit(widths, columns, screen.width)
    head = [Cell(column.title, "dim") for column in columns]
    for row in (head, *body):
        yield _line(screen, row, columns, shown)


def facts(screen: Screen, pairs: Iterable[tuple[str, str | Cell]]) -> Iterator[str]:
    """Yield one line for each name and value; an empty value leaves its line out."""
    kept = [(name, cell) for name, value in pairs if (cell := _cell(value)).text]
    room = max((cells(name) for name, _ in kept), default=0)
    for name, cell in kept:
        label = screen.tone(name, "dim") + " " * (room - cells(name))
        yield f"{label}{GAP}{screen.tone(cell.text, cell.tone)}"


def _cell(value: str | Cell) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    return Cell(safe(cell.text, _CELL_MOST), cell.tone)


def _fit(widths: list[int], columns: Sequence[Column], room: int | None) -> dict[int, int]:
    """Return the columns to show and their widths: cut a little, then leave out, then cut more."""
    natural = dict(enumerate(widths))
    if room is None:
        return natural
    while True:
        shown = dict(natural)
        _shrink(shown, columns, room, lambda n: _SPARE_LEAST if columns[n].spare else _MAIN_LEAST)
        spare = [n for n in shown if columns[n].spare]
        if _over(shown, room) <= 0:
            return shown
        if not spare:
            _shrink(shown, columns, room, lambda _n: _LEAST)
            return shown
        del natural[max(spare, key=lambda n: (columns[n].spare, n))]


def _shrink(
    shown: dict[int, int], columns: Sequence[Column], room: int, least: Callable[[int], int]
) -> None:
    """Take cells from the widest loose column until the line fits or nothing more may be taken."""
    while (over := _over(shown, room)) > 0:
        loose = {n: w for n, w in shown.items() if not columns[n].keep and w > least(n)}
        if not loose:
            return
        widest = max(loose, key=loose.__getitem__)
        second = max((w for n, w in loose.items() if n != widest), default=0)
        step = loose[widest] - max(second, least(widest))
        shown[widest] -= min(over, max(step, 1))


def _over(shown: dict[int, int], room: int) -> int:
    return sum(shown.values()) + len(GAP) * (len(shown) - 1) - room


def _line(
    screen: Screen, row: Sequence[Cell], columns: Sequence[Column], shown: dict[int, int]
) -> str:
    parts: list[str] = []
    pending = ""
    for n, width in shown.items():
        text = _cut_to(row[n].text, width, columns[n])
        padding = " " * (width - cells(text))
        before, after = (padding, "") if columns[n].right else ("", padding)
        if text:
            parts += [pending, before, screen.tone(text, row[n].tone)]
            pending = after + GAP
        else:
            pending += padding + GAP
    return "".join(parts)


def _cut_to(text: str, width: int, column: Column) -> str:
    if column.keep or cells(text) <= width:
        return text
    return _take(text, width - 1) + ELLIPSIS if column.begins else cut(text, width)


def _cells_of(char: str) -> int:
    if unicodedata.category(char) in _NO_CELLS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def _take(text: str, room: int) -> str:
    used = 0
    for n, char in enumerate(text):
        used += _cells_of(char)
        if used > room:
            return text[:n]
    return text
