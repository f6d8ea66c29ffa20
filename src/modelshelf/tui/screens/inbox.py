"""The inbox: everything that was dropped, what became of it, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from modelshelf.domain.intake import Sighting
from modelshelf.domain.text import safe
from modelshelf.tui import sightings, store
from modelshelf.tui.actions import bindings
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.screens.deciding import DiscardScreen, ReleaseScreen
from modelshelf.tui.screens.point import PointScreen
from modelshelf.tui.screens.receiving import Receiving
from modelshelf.tui.show import line
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.tui.store import Dropped

_CHANGING = ("retry", "point", "release", "discard")


class InboxScreen(Receiving):
    """The lines above, all about the one under the cursor below; one at a time where it is narrow.

    What the panes show and how it is asked for is in :class:`Receiving`; here are the keys.
    """

    where = "inbox"
    panes = ("lines", "about")
    BINDINGS = bindings("inbox")
    AUTO_FOCUS = "#lines"
    DEFAULT_CSS = """
    InboxScreen {
        #trouble { display: none; height: auto; max-height: 2; padding: 0 1; color: $warning; }
        &.-troubled #trouble { display: block; }
        #upper { height: 1fr; }
        #lower { height: 1fr; }
        #about { padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
        #about:focus { background-tint: $foreground 3%; }
        &.-narrow #upper, &.-narrow #lower { display: none; }
        &.-narrow.-at-lines #upper { display: block; }
        &.-narrow.-at-about #lower { display: block; }
        &.-empty #upper { height: 3; display: block; }
        &.-empty #lower { display: block; }
    }
    """

    def body(self) -> Iterable[Widget]:
        """Yield the filter, the lines, and the line under the cursor."""
        yield Filter(sightings.FILTER_EXAMPLES)
        yield Static(id="trouble", markup=False)
        opening = f"opening {self.shelf.path} …"
        lines = VTable(sightings.layout(self.shelf.clock), empty=opening, id="lines")
        yield Vertical(Rule(line("inbox"), id="lines-rule"), lines, id="upper")
        about = VerticalScroll(Paragraphs(id="line"), id="about")
        yield Vertical(Rule(id="line-rule"), about, id="lower")

    # --- what a key may do now ------------------------------------------------------------------

    def subject(self, action: str) -> str:
        """Return the model that what is in quarantine was meant for."""
        kept = self.shown.kept if self.shown is not None else None
        return (kept.model or "") if kept is not None and action == "inbox.release" else ""

    def reason_against(self, action: str) -> str:
        """Return why an action is of no use on the line under the cursor."""
        name = action.removeprefix("inbox.")
        seen = self.lines.current
        if name in (*_CHANGING, "copy", "digest") and seen is None:
            return "There is no line under the cursor."
        if name in _CHANGING and seen is not None:
            return self._over(seen) or _unfit(name, seen)
        shown = self.shown
        if name == "digest" and (shown is None or not shown.digest):
            return "Its digest is not known: it was not stored."
        return ""

    def _over(self, seen: Sighting) -> str:
        """Return why nothing can become of a line any more; empty when something can."""
        if seen.state in ("taken", "same"):
            return f"It was taken in already: it is {safe(seen.reference)}."
        kept = self.shown.kept if self.shown is not None else None
        if kept is not None and kept.reference == seen.reference and kept.state != "held":
            return f"{safe(kept.reference)} was {kept.state} already."
        return ""

    # --- the line under the cursor ----------------------------------------------------------------

    def action_retry(self) -> None:
        """Have it looked at again."""
        if (seen := self.lines.current) is not None:
            self.say()
            self.ask("retry", lambda r: r.inbox.retry(seen.id), self._retried)

    def _retried(self, seen: Sighting) -> None:
        self.app.post_message(CatalogChanged())
        self.shelf.tell(f"{safe(seen.path)}: {self._when()}")

    def _when(self) -> str:
        """Have the watcher look, and return when it will."""
        if self.shelf.look_again():
            return "it is looked at now"
        return "it is looked at by the next sweep"

    def action_point(self) -> None:
        """Ask for the model it belongs to."""
        if (seen := self.lines.current) is not None:
            self.app.push_screen(PointScreen(seen))

    def action_release(self) -> None:
        """Open the review of a release."""
        self._decide(ReleaseScreen)

    def action_discard(self) -> None:
        """Open the review of a discard."""
        self._decide(DiscardScreen)

    def _decide(self, review: type[ReleaseScreen | DiscardScreen]) -> None:
        """Open a review of the line under the cursor, which may not be the one shown yet."""

        def show(found: Dropped) -> None:
            if found.kept is not None:
                self.app.push_screen(review(found.sighting, found.kept))

        seen, shown = self.lines.current, self.shown
        if shown is not None and seen is not None and shown.sighting.id == seen.id:
            show(shown)
        elif seen is not None:
            self.ask("decide", lambda r: store.dropped(r, seen), show)

    def action_copy(self) -> None:
        """Copy the path."""
        if (seen := self.lines.current) is not None:
            self.shelf.action_copy_text(seen.path)

    def action_digest(self) -> None:
        """Copy the digest."""
        if self.shown is not None:
            self.shelf.action_copy_text(f"sha256:{self.shown.digest}")

    # --- the list ---------------------------------------------------------------------------------

    def action_state(self, by: int) -> None:
        """Show another state only."""
        states = sightings.STATES
        self.say()
        self.ask_for(states[(states.index(self.state) + by) % len(states)], self.text)

    def action_show_state(self, state: str) -> None:
        """Show this state only; the words of the title call it when they are clicked."""
        self.say()
        self.show_state(state)

    def show_state(self, state: str) -> None:
        """Show the lines of a state only, whatever text was looked for.

        Args:
            state: One of :data:`sightings.STATES`; empty for all.
        """
        if state in sightings.STATES:
            self.query_one(Filter).close()
            self.ask_for(state, "")

    def go_to_line(self, number: int) -> None:
        """Show all lines, with the cursor on this one."""
        self._wanted = number
        self.query_one(Filter).close()
        self.state = self.text = ""
        self.load()

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(Filter).open()

    def action_look(self) -> None:
        """Look into the drop folders now, and ask the catalog again."""
        self.say()
        if not self.shelf.look_again():
            self.say("Nobody watches in this app: modelshelf watch --once looks now.")
        self.load()

    def go_in(self) -> None:
        """Go to the version that it became; else into the pane about the line."""
        version = self.shown.version.version if self.shown and self.shown.version else None
        if version is not None and (self.pane == "about" or not self.has_class("-narrow")):
            self.shelf.go_to_model(version.model, version.number)
        else:
            super().go_in()

    def action_back(self) -> None:
        """Go back to the list, else take off what filters it, else leave this part."""
        self.say()
        box = self.query_one(Filter)
        if self.pane != "lines" and not box.is_open:
            self.go_out()
        elif box.is_open or self.state:
            box.close()
            self.ask_for("", "")
            self.go_to_pane("lines")
        else:
            self.shelf.leave_mode()


def _unfit(name: str, seen: Sighting) -> str:
    """Return why a change does not fit the state of a line."""
    if sightings.is_taking(seen):
        return "It is being taken in right now."
    if name in ("release", "discard") and not sightings.is_quarantined(seen):
        return f"It is not in quarantine: it is {seen.state}."
    return ""
