"""What the screen of hooks and health asks of the registry by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import hooking, rooms
from modelshelf.tui.health import Known
from modelshelf.tui.messages import FactsChanged
from modelshelf.tui.screens.panes import Panes
from modelshelf.tui.show import sentence

if TYPE_CHECKING:
    from textual.message import Message

    from modelshelf.domain.checks import Check
    from modelshelf.tui.facts import Facts

_STALE = timedelta(seconds=30)


class Examining(Panes):
    """Looks at deliveries whenever something changes, at the machine and the disk now and then.

    Attributes:
        known: What was found out so far.
        limit: How many deliveries are asked for.
    """

    def __init__(self) -> None:
        """Nothing was looked at yet."""
        super().__init__()
        self.known = Known()
        self.limit = hooking.PAGE
        self._examined: datetime | None = None

    def _heard(self, news: Message) -> None:
        """Hear also of a policy that changed: it has other hooks, and nobody committed anything."""
        super()._heard(news)
        if isinstance(news, FactsChanged):
            self._when_seen()

    def draw(self) -> None:
        """Show what is known; for the screen."""
        raise NotImplementedError

    def opened(self, facts: Facts) -> None:
        """Look at everything."""
        self.known.past = facts.past
        self.say()
        self.look()

    def changed(self) -> None:
        """Look at the deliveries again; at the machine only now and then, for that takes long."""
        self.load()
        now = self.shelf.clock()
        if self._examined is None or now - self._examined > _STALE:
            self.examine()

    def look(self) -> None:
        """Look at everything that does not take a task of its own."""
        self.load()
        self.examine()

    def load(self) -> None:
        """Ask for hooks and deliveries."""
        facts, known = self.shelf.facts, self.known
        if facts is None:
            return
        known.past, known.held = facts.past, facts.held
        self.draw()
        if not facts.past:
            hook, state, limit = known.hook, known.state, self.limit
            self.ask("told", lambda r: hooking.told(r, hook, state, limit), self._told)

    def examine(self) -> None:
        """Ask the doctor, and what takes the room."""
        facts = self.shelf.facts
        if facts is not None and not facts.past:
            self._examined = self.shelf.clock()
            self.ask("doctor", lambda r: r.upkeep.doctor(), self._checked)
            self.ask("room", rooms.room, self._measured)

    def _told(self, found: hooking.Told) -> None:
        self.known.told = found
        self._done("told")

    def _checked(self, found: tuple[Check, ...]) -> None:
        self.known.checks = found
        self._done("doctor")

    def _measured(self, found: rooms.Room) -> None:
        self.known.room = found
        self._done("room")

    def _done(self, group: str) -> None:
        self.known.failed.pop(group, None)
        self.draw()

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say it; a question that was put in the past came too late and is worth nothing."""
        if not self.known.past:
            super().failed(group, error)
            self.known.failed[group] = sentence(error)
            self.draw()
