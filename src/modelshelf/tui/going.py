"""Going about in the app: its parts, the things in them, and other moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual.signal import Signal

from modelshelf.tui.messages import Travelled
from modelshelf.tui.shell import Shell

if TYPE_CHECKING:
    from textual.message import Message

    from modelshelf.registry import Registry
    from modelshelf.tui.facts import Facts
    from modelshelf.tui.memory import Memory
    from modelshelf.tui.personal import Personal
    from modelshelf.tui.screens.audit import AuditScreen
    from modelshelf.tui.screens.compare import CompareScreen
    from modelshelf.tui.screens.frame import Frame
    from modelshelf.tui.screens.lineage import LineageScreen
    from modelshelf.tui.screens.models import ModelsScreen
    from modelshelf.tui.screens.reviews import ReviewsScreen
    from modelshelf.tui.store import Store

_ANYWHERE = "A model, churn:3, a digest, a date, or what to do …"


class Going(Shell):
    """Leads from anywhere to a part of the app, to a thing in it, and to a moment of the past.

    Attributes:
        store: The registry, for worker threads only.
        news: What happens to the registry, for every screen.
        present: What is known of the registry as it is now, whatever moment is shown.
    """

    def __init__(self, memory: Memory, settings: Personal, store: Store) -> None:
        """Make it; see :class:`Shell`."""
        super().__init__(memory, settings)
        self.store = store
        self.present: Facts | None = None
        self.news: Signal[Message] = Signal(self, "news of the registry")
        self._last_mode = ""
        self._way: list[str] = []
        self._frames: dict[str, Frame] = {}

    def save_state(self) -> None:
        """Write what is remembered; for the app."""

    # --- the parts ------------------------------------------------------------------------------

    def action_mode(self, mode: str) -> None:
        """Go to another part of the app."""
        if mode != self.current_mode:
            self._way = [gone for gone in self._way if gone != mode] + [self.current_mode]
            self._switch(mode)

    def _switch(self, mode: str) -> None:
        self._last_mode = self.current_mode
        self.switch_mode(mode)
        self.save_state()

    def action_last_mode(self) -> None:
        """Go to the part that was left last."""
        if self._last_mode:
            self.action_mode(self._last_mode)

    def leave_mode(self) -> None:
        """Go back to the part one came from, and from there on to the one before it.

        Nothing happens where the app was opened: no key of going back leads to something new.
        """
        if self._way:
            self._switch(self._way.pop())

    def at_mode(self, mode: str) -> Frame:
        """Go to a mode's own screen, leaving whatever lies over it, and return it."""
        self.action_mode(mode)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        return cast("Frame", self.screen)

    def action_command_palette(self) -> None:
        """Open the palette, which goes to more than commands, and say so."""
        from textual.command import CommandPalette

        if not CommandPalette.is_open(cast("Any", self)):
            self.push_screen(CommandPalette(placeholder=_ANYWHERE, id="--command-palette"))

    def visit(self, mode: str, do: Callable[[Frame], None]) -> None:
        """Go to a mode's own screen and do something there, once it is put together."""
        frame = self.at_mode(mode)
        if self._frames.get(mode) is frame:
            do(frame)
        else:
            frame.call_after_refresh(do, frame)

    # --- the things -----------------------------------------------------------------------------

    def go_to_model(self, name: str, number: int | None = None) -> None:
        """Show a model on the models screen, with the cursor on the version with this number."""
        self.visit("models", lambda frame: cast("ModelsScreen", frame).select(name, number))

    def go_to_lineage(self, thing: str) -> None:
        """Show the lineage of a version or another thing."""
        self.visit("lineage", lambda frame: cast("LineageScreen", frame).go_to(thing))

    def go_to_compare(self, references: tuple[str, ...]) -> None:
        """Show two to eight versions side by side; the first is the baseline."""
        self.visit("compare", lambda frame: cast("CompareScreen", frame).go_to(references))

    def go_to_entry(self, seq: int) -> None:
        """Show an entry of the audit log."""
        self.visit("audit", lambda frame: cast("AuditScreen", frame).go_to_entry(seq))

    def go_to_request(self, number: int) -> None:
        """Show a request among the reviews."""
        self.visit("reviews", lambda frame: cast("ReviewsScreen", frame).go_to_request(number))

    # --- another moment -------------------------------------------------------------------------

    def show_moment(self, past: Registry, known: Facts) -> None:
        """Show everything as it was: every screen asks a registry at that moment from now on."""
        self.store.travel(past)
        self.facts = known
        self.news.publish(Travelled(known))

    def show_now(self) -> None:
        """Come back to the present."""
        if self.facts is not None and self.facts.past and self.present is not None:
            self.store.travel(None)
            self.facts = self.present
            self.news.publish(Travelled(self.present))

    def action_travel(self) -> None:
        """Ask for a moment to show everything at, or come back from one."""
        if self.facts is None:
            return
        if self.facts.past:
            self.show_now()
        else:
            from modelshelf.tui.screens.travel import TravelScreen

            self.push_screen(TravelScreen())
