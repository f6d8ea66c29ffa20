"""One line of words of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from modelshelf.domain.text import safe
from modelshelf.tui.show import STYLES

if TYPE_CHECKING:
    from textual import events


class Choice(Widget, can_focus=True):
    """The screen's own keys step it, so that they are in the one table of actions."""

    DEFAULT_CSS = """
    Choice { height: 1; width: auto; min-width: 10; padding: 0; }
    Choice:focus { background: $cursor-row-blurred; }
    """

    words: reactive[tuple[str, ...]] = reactive((), layout=True)
    chosen: reactive[int] = reactive(0)

    class Changed(Message):
        """Another word is chosen."""

    @property
    def word(self) -> str:
        """The word that is chosen; empty while there are none."""
        return self.words[self.chosen] if self.words else ""

    def offer(self, words: Sequence[str], chosen: str) -> None:
        """Offer ``words`` with one of them chosen; tells nobody."""
        self.words = tuple(words)
        place = self.words.index(chosen) if chosen in self.words else 0
        self.set_reactive(Choice.chosen, place)
        self.refresh(layout=True)

    def step(self, by: int) -> None:
        """Choose the next word, round and round."""
        if self.words:
            self.chosen = (self.chosen + by) % len(self.words)
            self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Choose the word that was clicked on."""
        left = 0
        for place, word in enumerate(self.words):
            width = cell_len(safe(word)) + 2  # a sign or a space on either side
            if left <= event.x < left + width and place != self.chosen:
                self.step(place - self.chosen)
            left += width + 1

    def render(self) -> Content:
        """Draw the words, the chosen one between signs and in the accent."""
        parts = [
            Content.assemble((f"▸{safe(word)}◂", STYLES["accent"]))
            if place == self.chosen
            else Content.assemble((f" {safe(word)} ", STYLES["dim"]))
            for place, word in enumerate(self.words)
        ]
        return Content(" ").join(parts)
