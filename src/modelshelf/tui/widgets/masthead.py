"""The top line of every screen: where one is, which registry it is, who is acting."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from modelshelf.tui.actions import ACTIONS
from modelshelf.tui.show import STYLES, fit, styled

_MODES = {
    "app.models": "models",
    "app.inbox": "inbox",
    "app.reviews": "reviews",
    "app.lineage": "lineage",
    "app.audit": "audit",
}
_GAPS = 3


class Masthead(Widget):
    """One line; what there is no room for is left out from the right of the path on."""

    DEFAULT_CSS = """
    Masthead { height: 1; padding: 0 1; background: $background; }
    """

    path: reactive[str] = reactive("")
    actor: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    held: reactive[int] = reactive(0)
    waiting: reactive[int] = reactive(0)

    def render(self) -> Content:
        """Put the line together for the width there is."""
        width = self.size.width
        tabs = self._tabs()
        right = " · ".join(word for word in (self.state, self.actor) if word)
        hint = f"{self.waiting:,} for your review · " if self.waiting else ""
        hint += f"⚠ {self.held:,} in quarantine · " if self.held else ""
        if len("Modelshelf  ") + tabs.cell_length + cell_len(hint + right) + _GAPS <= width:
            right = hint + right
        room = width - len("Modelshelf  ") - tabs.cell_length - cell_len(right) - 4
        path = _end_of(self.path, room) if room >= 8 else ""  # noqa: PLR2004 - less says nothing
        left = Content.assemble(("Modelshelf", "bold"), "  ", (path, STYLES["dim"]), "  ", tabs)
        gap = max(1, width - left.cell_length - cell_len(right))
        return Content.assemble(left, " " * gap, (right, STYLES["dim"])).truncate(width)

    def _tabs(self) -> Content:
        shown = [action for action in ACTIONS if action.id in _MODES]
        words = [
            styled(
                (
                    f"{a.shown_key} {a.label.capitalize()}",
                    "accent" if _MODES[a.id] == self.app.current_mode else "dim",
                )
            )
            for a in shown
        ]
        return Content("   ").join(words)


def _end_of(path: str, room: int) -> str:
    """Return the end of a path, which tells more than its beginning."""
    if cell_len(path) <= room:
        return path
    while cell_len(path) > room - 1:
        path = path[1:]
    return fit(f"…{path}", room).rstrip()
