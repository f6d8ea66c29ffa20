"""The sections of the dashboard: what their rows are, the columns they stand in, their room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from modelshelf.tui.columns import Clock
from modelshelf.tui.show import Cell, age
from modelshelf.tui.widgets.grid import Column, Layout

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion

Opens = Literal["version", "request", "inbox", "entry", "health", "models"]

SECTIONS = ("serving", "waits", "folders", "hooks", "lately", "month", "untouched")
"""The sections in the order in which the cursor walks through them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the dashboard.

    Attributes:
        key: What it is known by when everything is asked again.
        opens: What kind of thing it stands for.
        model: The model it is about; empty for none.
        version: The number of the version it is about; 0 for none.
        number: The number of the request or entry.
        state: The lines of the inbox to show.
        held: The version itself, where it is known.
        cells: What stands in the columns, but for what grows older.
        since: What its age is counted from.
    """

    key: str
    opens: Opens
    cells: tuple[Cell, ...] = ()
    model: str = ""
    version: int = 0
    number: int = 0
    state: str = ""
    held: ModelVersion | None = None
    since: datetime | None = None


def _layout(columns: tuple[Column, ...], clock: Clock | None = None, place: int = 0) -> Layout[Row]:
    """Return a layout of rows; with a clock, their age stands at a place and grows."""

    def cells(row: Row) -> tuple[Cell, ...]:
        if clock is None:
            return row.cells
        old = Cell("" if row.since is None else age(clock(), row.since), "dim")
        return (*row.cells[:place], old, *row.cells[place:])

    return Layout(columns, cells, lambda row: row.key)


def layout(section: str, clock: Clock) -> Layout[Row]:
    """Return how the rows of a section are drawn."""
    match section:
        case "serving":
            return _layout(_SERVING, clock, 4)
        case "waits":
            return _layout(_WAITS, clock, 1)
        case "untouched":
            return _layout(_UNTOUCHED, clock, 2)
        case "lately":
            return _layout(_LATELY)
        case "month":
            return _layout(_MONTH)
        case _:
            return _layout(_NAMED)


_SERVING = (
    Column("model", 12, grow=True, most=34),
    Column("v", 4),
    Column("share", 5, right=True),
    Column("metric", 11, right=True),
    Column("since", 5, right=True),
    Column("by", 15, begins=True),
)
_WAITS = (Column("request", 24, grow=True), Column("age", 6, right=True))
_UNTOUCHED = (Column("model", 24, grow=True), Column("v", 5, right=True), _WAITS[1])
_LATELY = (Column("at", 5), Column("who", 7, rank=1), Column("what", 20, grow=True, begins=True))
_MONTH = (Column("what", 8), Column("how many", 24, grow=True, begins=True))
_NAMED = (Column("name", 12, grow=True, most=24), Column("how", 24, grow=True, begins=True))


def heights(room: int, wants: Sequence[int], least: int = 2) -> list[int]:
    """Share lines among sections: a few for each, the rest in turn until all have enough.

    Args:
        room: Lines there are.
        wants: Lines each would like.
        least: Lines that each gets if it wants them, whatever the room.
    """
    given = [min(want, least) for want in wants]
    while sum(given) < room and given != list(wants):
        for place, want in enumerate(wants):
            if sum(given) < room and given[place] < want:
                given[place] += 1
    return given
