"""Where one can jump to on a screen: its panes and fields, and what these say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual.css.query import NoMatches
from textual.errors import NoWidget

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.screen import Screen
    from textual.widget import Widget

LETTERS = "asdfghjklqwertyuiopzxcvbnm"

Go = Callable[[], object]


@runtime_checkable
class Jumpable(Protocol):
    """A widget with places of its own to go to, such as tabs."""

    def jump_places(self) -> Iterable[tuple[int, int, Go]]:
        """Yield columns and rows inside the widget, and what goes there."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place to jump to.

    Attributes:
        letter: The letter that goes there.
        column: Where the letter is drawn.
        row: Where the letter is drawn.
        go: Goes there.
    """

    letter: str
    column: int
    row: int
    go: Go


def targets(screen: Screen[Any]) -> list[Target]:
    """Return the places of a screen from the top left on, as many as there are letters."""
    places = sorted(_places(screen), key=lambda place: place[:2])
    return [
        Target(letter, column, row, go)
        for letter, (row, column, go) in zip(LETTERS, places, strict=False)
    ]


def _places(screen: Screen[Any]) -> Iterator[tuple[int, int, Go]]:
    taken: set[tuple[int, int]] = set()
    for widget in screen.query():
        seen = _seen(screen, widget) if isinstance(widget, Jumpable) else None
        if seen is not None and isinstance(widget, Jumpable):
            for column, row, go in widget.jump_places():
                place = seen.y + row, seen.x + column
                if seen.contains(place[1], place[0]) and place not in taken:
                    taken.add(place)
                    yield *place, go
    for widget in screen.focus_chain:
        seen = _seen(screen, widget)
        if seen is None:
            continue
        place = seen.y, seen.x
        while place in taken:
            place = place[0] + 1, place[1]
        taken.add(place)
        yield *place, partial(screen.set_focus, widget)


def _seen(screen: Screen[Any], widget: Widget) -> Region | None:
    """Return the part of a widget that is to be seen, on the screen; ``None`` for none of it."""
    try:
        region = screen.find_widget(widget).visible_region
    except (NoWidget, NoMatches):
        return None
    return region if region.area else None
