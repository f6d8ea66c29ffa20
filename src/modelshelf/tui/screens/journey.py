"""Going from a moment to another: what a screen needs that leads into the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.tui import travelling
from modelshelf.tui.screens.frame import Frame

if TYPE_CHECKING:
    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.registry import Registry
    from modelshelf.tui.facts import Facts

_GROUP = "travel"


class Journey(Frame):
    """A screen from which the whole app goes into the past, entry by entry.

    Attributes:
        head: Number of the last entry that counts at the moment that is shown; 0: not known yet.
    """

    def __init__(self) -> None:
        """Begin at whatever moment the app shows."""
        super().__init__()
        self.head = 0
        self._aim = 0
        self._moment: str | None = None

    def arrived(self, facts: Facts) -> bool:
        """Take note of the moment; tell whether it is another, and not one step further."""
        before, self._moment = self._moment, facts.moment
        stepped, self._aim = bool(self._aim), 0
        return before is not None and before != facts.moment and not stepped

    def no_journey(self) -> str:
        """Return why there is no step to go."""
        facts = self.shelf.facts
        return "" if facts is not None and facts.past else "This is now: t or T goes to the past."

    def travel(self, seq: int) -> None:
        """Show everything as it was right after an entry."""
        store = self.shelf.store
        self.say(f"going to entry {seq:,} …")
        self.ask(_GROUP, lambda _r: travelling.arrive(store.present(), seq), self._arrive)

    def _arrive(self, found: tuple[Registry, Facts]) -> None:
        past, facts = found
        self.head = past.moment if isinstance(past.moment, int) else 0
        self.shelf.show_moment(past, facts)

    def action_step(self, by: int) -> None:
        """Go one entry back or forth while the past is shown."""
        aim = (self._aim or self.head) + by
        if aim < 1:
            self.say("There is nothing before the first entry.")
            return
        self._aim = aim
        self.travel(aim)

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Stay where one is when there is no such entry."""
        if group == _GROUP and self._aim:
            self._aim = 0
            self.say("This is the newest entry: T comes back to now.")
        else:
            super().failed(group, error)
