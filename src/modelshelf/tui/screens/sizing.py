"""How wide the models' pane is: a line that is dragged, two keys, and what is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.tui.screens.browsing import Browsing

if TYPE_CHECKING:
    from textual import events

    from modelshelf.tui.memory import State

WIDE = 100
_WIDTH, _NARROWEST, _WIDEST, _LEFT = 31, 18, 100, 40


class Sizing(Browsing):
    """Sizes the part `left` against the part `right`, where there is room for both."""

    def __init__(self) -> None:
        """Begin with the usual width."""
        super().__init__()
        self._width = _WIDTH
        self._dragging = False

    def remember(self) -> State:
        """Return also the width."""
        return {**super().remember(), "width": self._width}

    def recall(self, state: State) -> None:
        """Take up the width as well."""
        super().recall(state)
        width = state.get("width")
        if type(width) is int:
            self._width = max(_NARROWEST, min(width, _WIDEST))
            self._lay_left()

    def action_widen(self, cells: int) -> None:
        """Make the models' pane wider or narrower."""
        self._width = max(_NARROWEST, min(self._width + cells, _WIDEST, self.size.width - _LEFT))
        self._lay_left()

    def _lay_left(self) -> None:
        left = self.query_one("#left")
        if self.size.width < WIDE:  # one pane at a time, as wide as the screen
            left.styles.clear_rule("width")
        else:
            left.styles.width = self._width

    def on_resize(self) -> None:
        """Give the models' pane its width where there is room for it."""
        self._lay_left()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag the line between the models and the rest."""
        right = self.query_one("#right")
        if self.size.width >= WIDE and event.screen_x == right.region.x and right.display:
            self._dragging = True
            right.capture_mouse()
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag."""
        if self._dragging:
            self.action_widen(int(event.screen_x) - self._width)

    def on_mouse_up(self) -> None:
        """Let go."""
        if self._dragging:
            self._dragging = False
            self.query_one("#right").release_mouse()
