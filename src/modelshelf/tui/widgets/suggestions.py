"""The small list below a line: what may be typed next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from modelshelf.domain.text import safe
from modelshelf.tui.show import STYLES, fit

if TYPE_CHECKING:
    from textual import events

    from modelshelf.tui.completing import Suggestion

SEEN = 6
_WORD_MOST, _LEAST = 40, 12


class Suggestions(Widget):
    """Lies over what is below; the line keeps the keys and moves its cursor.

    Attributes:
        at: Which suggestion has the cursor; -1 while the cursor is in the line.
    """

    DEFAULT_CSS = """
    Suggestions {
        display: none; overlay: screen; constrain: none inside;
        width: 1fr; max-width: 90; height: auto; padding: 0 1; background: $surface;
        &.-offered { display: block; }
    }
    """

    at: reactive[int] = reactive(-1, layout=True)

    class Taken(Message):
        """A suggestion was clicked; it has the cursor."""

    def __init__(self) -> None:
        """Offer nothing."""
        super().__init__()
        self._offers: tuple[Suggestion, ...] = ()

    def offer(self, offers: Sequence[Suggestion]) -> None:
        """Show these; none hides the list."""
        self._offers = tuple(offers)
        self.set_reactive(Suggestions.at, -1)
        self.set_class(bool(offers), "-offered")
        self.refresh(layout=True)

    def step(self, by: int) -> None:
        """Move the cursor, from the line into the list and back."""
        self.at = max(-1, min(self.at + by, len(self._offers) - 1))

    @property
    def _first(self) -> int:
        return max(0, self.at - SEEN + 1)

    def render(self) -> Content:
        """Draw what is seen of the list."""
        seen = self._offers[self._first : self._first + SEEN]
        room = max([_LEAST, *(min(_WORD_MOST, cell_len(one.text)) for one in seen)])
        lines = [self._line(one, place, room) for place, one in enumerate(seen, self._first)]
        below = len(self._offers) - self._first - len(seen)
        if below > 0:
            lines.append(Content.styled(f"  {below} more below", STYLES["dim"]))
        return Content("\n").join(lines)

    def _line(self, one: Suggestion, place: int, room: int) -> Content:
        here = place == self.at
        taken = here or (self.at < 0 and place == 0)
        hint = "tab" if taken else ""
        look = STYLES["accent"] if here else STYLES["strong" if taken else "plain"]
        about = max(0, self.content_size.width - room - 9)
        return Content.assemble(
            ("▸ " if here else "  ", STYLES["accent"]),
            (fit(safe(one.text), room), look),
            "  ",
            (fit(safe(one.about), about, begins=True), STYLES["dim"]),
            (f"  {hint}" if hint else "", STYLES["dim"]),
        )

    def on_click(self, event: events.Click) -> None:
        """Take what was clicked."""
        event.stop()
        place = self._first + int(event.y)
        if place < min(len(self._offers), self._first + SEEN):
            self.at = place
            self.post_message(self.Taken())
