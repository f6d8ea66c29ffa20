"""Letters over everything one can go to; a letter goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.screen import ModalScreen
from textual.widgets import Static

from modelshelf.tui.actions import bindings
from modelshelf.tui.jumping import Target

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult


class JumpScreen(ModalScreen[Target | None]):
    """Lies over a screen until a letter is pressed, or anything else."""

    BINDINGS = bindings("jump")
    DEFAULT_CSS = """
    JumpScreen {
        background: $background 40%;
        .letter {
            position: absolute; width: 3; height: 1;
            background: $accent; color: $background; text-style: bold;
        }
    }
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        """Show these places."""
        super().__init__()
        self._targets = {target.letter: target for target in targets}

    def compose(self) -> ComposeResult:
        """Put each letter where it leads."""
        for target in self._targets.values():
            letter = Static(f" {target.letter} ", markup=False, classes="letter")
            letter.styles.offset = (target.column, target.row)
            yield letter

    def on_key(self, event: events.Key) -> None:
        """Go where the letter leads; what is no letter here only leaves."""
        event.stop()
        self.dismiss(self._targets.get((event.character or "").lower()))

    def on_click(self, event: events.Click) -> None:
        """Go to the letter that was clicked on, else leave."""
        event.stop()
        under, _region = self.get_widget_at(event.screen_x, event.screen_y)
        letter = str(under.render()).strip() if isinstance(under, Static) else ""
        self.dismiss(self._targets.get(letter))

    def action_close(self) -> None:
        """Go nowhere."""
        self.dismiss(None)
