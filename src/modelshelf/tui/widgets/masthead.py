"""The top lines of every screen: which registry, who acts, what is done; the parts of the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from modelshelf.domain.text import safe
from modelshelf.tui.actions import MODES, by_id
from modelshelf.tui.show import STYLES, Look, fit, styled

if TYPE_CHECKING:
    from textual import events

    from modelshelf.tui.app import ModelshelfApp
    from modelshelf.tui.facts import Facts

_NAME = "Modelshelf  "
_LEAST_PATH = 8
_TABS = 1  # the line that names the parts
_LETTERS = (None, 3, 0)  # of the name of a part that one is not in


class Masthead(Widget):
    """Two lines, and a third one while the past is shown.

    The first says which registry it is and who acts, the second names the parts of the app with
    how much waits in them; a click on a part goes there. What there is no room for is left out.
    """

    DEFAULT_CSS = """
    Masthead { height: 2; padding: 0 1; background: $background; }
    Masthead.-past { height: 3; }
    """

    path: reactive[str] = reactive("")
    actor: reactive[str] = reactive("")
    role: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    trouble: reactive[str] = reactive("")
    past: reactive[str] = reactive("")
    read_only: reactive[bool] = reactive(False)  # noqa: FBT003
    held: reactive[int] = reactive(0)
    waiting: reactive[int] = reactive(0)

    def know(self, facts: Facts) -> None:
        """Show what is known of the registry."""
        self.actor, self.role = facts.actor, facts.role
        self.held, self.waiting = facts.held, facts.waiting
        self.read_only = not facts.writable
        self.past = facts.moment if facts.past else ""
        self.set_class(facts.past, "-past")

    def render(self) -> Content:
        """Put the lines together for the width there is."""
        width = self.content_size.width
        lines = [self._first(width), self._tabs(width)]
        if self.past:
            told = self._moment(width)
            lines.append(Content.assemble((fit(told, width), "reverse bold $warning")))
        return Content("\n").join(lines)

    def _moment(self, width: int) -> str:
        """Return which moment is shown, that nothing can be changed, and the way back."""
        key, past = self._shelf.shown_key(by_id("app.travel")), safe(self.past, 100)
        told = f" As it was: {past} · read-only · {key} comes back to now"
        if cell_len(told) <= width:
            return told
        return f" {past} · read-only · {key} to come back"

    def _first(self, width: int) -> Content:
        who = f"{safe(self.actor, 60)} · {safe(self.role, 60)}" if self.role else self.actor
        state = "" if self.trouble else self.state
        words = (self.trouble, "read-only" if self.read_only else "", state, who)
        right = fit(" · ".join(safe(w, 120) for w in words if w), width - len(_NAME) - 1).strip()
        room = width - len(_NAME) - cell_len(right) - 2
        path = _end_of(self.path, room) if room >= _LEAST_PATH else ""
        gap = max(1, width - len(_NAME) - cell_len(path) - cell_len(right))
        told = min(len(safe(self.trouble, 120)), len(right))
        return Content.assemble(
            ("Modelshelf", "bold"), "  ", (path, STYLES["dim"]), " " * gap,
            (right[:told], STYLES["warn"]), (right[told:], STYLES["dim"]),
        ).truncate(width)  # fmt: skip

    @property
    def _shelf(self) -> ModelshelfApp:
        """The app, by its own type."""
        return cast("ModelshelfApp", self.app)

    # --- the parts of the app -------------------------------------------------------------------

    def _tabs(self, width: int) -> Content:
        pieces = self._pieces(width)
        return Content(" " * self._gap(pieces, width)).join(pieces).truncate(width)

    def _pieces(self, width: int) -> list[Content]:
        """Return how each part is written: in full, cut, or where room is shortest by its key."""
        pieces: list[Content] = []
        for letters in _LETTERS:
            pieces = [self._piece(mode, letters) for mode in MODES]
            if sum(piece.cell_length for piece in pieces) + len(pieces) - 1 <= width:
                break
        return pieces

    def _piece(self, mode: str, letters: int | None) -> Content:
        action = by_id(f"app.{mode}")
        here = mode == self.app.current_mode
        look: Look = "accent" if here else "dim"
        key = self._shelf.shown_key(action)
        name = f" {action.label.capitalize()[: None if here else letters]}".rstrip()
        count = {"inbox": self.held, "reviews": self.waiting}.get(mode, 0)
        told = ((f" {count:,}", "warn"),) if count else ()
        return styled((f"{key}{name}", look), *told)

    @staticmethod
    def _gap(pieces: list[Content], width: int) -> int:
        spare = width - sum(piece.cell_length for piece in pieces)
        return max(1, min(3, spare // max(1, len(pieces) - 1)))

    def _left_edges(self) -> Iterator[tuple[str, int, int]]:
        """Yield the parts with the column each begins at, in the widget, and its width."""
        width = self.content_size.width
        pieces = self._pieces(width)
        gap, left = self._gap(pieces, width), 1
        for mode, piece in zip(MODES, pieces, strict=True):
            yield mode, left, piece.cell_length
            left += piece.cell_length + gap

    def on_click(self, event: events.Click) -> None:
        """Go to the part that was clicked on."""
        for mode, left, width in self._left_edges():
            if event.y == _TABS and left <= event.x < left + width:
                self._shelf.action_mode(mode)

    def jump_places(self) -> Iterator[tuple[int, int, Callable[[], object]]]:
        """Yield where the parts of the app are named, for jumping."""
        for mode, left, _width in self._left_edges():
            yield left, _TABS, partial(self._shelf.action_mode, mode)


def _end_of(path: str, room: int) -> str:
    """Return the end of a path, which tells more than its beginning."""
    path = safe(path, 1_000)
    if cell_len(path) <= room:
        return path
    while cell_len(path) > room - 1:
        path = path[1:]
    return fit(f"…{path}", room).rstrip()
