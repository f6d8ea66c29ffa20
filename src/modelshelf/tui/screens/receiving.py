"""What the inbox shows: which questions fill its panes, and how it keeps up with what happens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input, Static

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.intake import Sighting
from modelshelf.tui import sightings, store, titles
from modelshelf.tui.facts import Facts
from modelshelf.tui.memory import words
from modelshelf.tui.messages import WatchReport
from modelshelf.tui.screens.panes import Panes
from modelshelf.tui.show import line, sentence
from modelshelf.tui.store import Dropped, Inbox
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.masthead import Masthead
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.suggesting import typeable
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from modelshelf.tui.memory import State

_MOVING = 0.03
_FOLLOWING = 1.0
_AGEING = 30.0
_TEXT_MOST = 200


class Receiving(Panes):
    """Fills the panes `lines` and `line`; a subclass lays them out and has the keys.

    Attributes:
        state: The state that is asked for; empty for all.
        text: The text that is looked for.
        shown: Everything about the line under the cursor, once it is known.
    """

    def __init__(self) -> None:
        """Ask for everything at first."""
        super().__init__()
        self.state = ""
        self.text = ""
        self.shown: Dropped | None = None
        self._answer: Inbox | None = None
        self._folders: tuple[str, ...] = ()
        self._wanted: int | None = None

    def remember(self) -> State:
        """Return state, text and the line under the cursor."""
        now = self.lines.current
        number = self._wanted if now is None else now.id
        return {"state": self.state, "text": self.text, "line": number}

    def recall(self, state: State) -> None:
        """Show the same again."""
        if (shown := words(state, "state")) and shown in sightings.STATES:
            self.state = shown
        number = state.get("line")
        self._wanted = number if type(number) is int else None
        if text := typeable(words(state, "text", _TEXT_MOST)):
            self.text = text
            box = self.query_one(Filter)
            box.add_class("-open")
            box.query_one(Input).value = text

    @property
    def lines(self) -> VTable[Sighting]:
        """The list of lines."""
        return self.query_one("#lines", VTable)

    def on_mount(self) -> None:
        """Follow what is being taken in, and let ages grow."""
        self.set_interval(_FOLLOWING, self.follow)
        self.set_interval(_AGEING, self.lines.redraw)

    def follow(self) -> None:
        """Ask again while something is being taken in and somebody looks."""
        known = self.lines.rows.known()
        if self.is_current and any(sightings.is_taking(seen) for _, seen in known):
            self.load()

    # --- the list -----------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the newest lines."""
        self.say()
        self.tell_trouble(self.query_one(Masthead).state)
        if facts.past:
            self._show_past()
            return
        home = PurePath(self.shelf.path or facts.path)
        self._folders = tuple(str(home / folder) for folder in facts.folders)
        self.load()

    def changed(self) -> None:
        """Ask again; the cursor stays on its line."""
        self.load()

    def watched(self, report: WatchReport) -> None:
        """A sweep is over: say what is wrong with the watching, and ask again."""
        self.tell_trouble(report.state)
        self.load()

    def tell_trouble(self, state: str) -> None:
        """Say what is wrong with the watching, above the lines, as long as it is."""
        facts = self.shelf.facts
        told = sightings.trouble(state) if facts is None or not facts.past else sightings.PAST
        self.query_one("#trouble", Static).update(line(told, 400))
        self.set_class(bool(told), "-troubled")

    def _show_past(self) -> None:
        """Show nothing: what lies in the folders is not part of any past."""
        self.forget("lines")
        self._answer = None
        self.lines.show(Rows())
        self.lines.say("nothing to show of the past")
        self.query_one("#lines-rule", Rule).title = line("inbox")
        self.load_line()

    def load(self) -> None:
        """Ask for the lines that are wanted."""
        if self.shelf.facts is None or self.shelf.facts.past:
            return
        state, text = self.state, self.text
        least = self.lines.rows.total if self._is_answer(state, text) else PAGE
        self.ask("lines", lambda r: store.inbox(r, state, text, least), self._show)

    def _is_answer(self, state: str, text: str) -> bool:
        known = self._answer
        return known is not None and (known.state, known.text) == (state, text)

    def _show(self, answer: Inbox) -> None:
        self.query_one(Filter).complain("")
        self.forget("on")  # a page after a line of the list before would leave a gap
        again = self._is_answer(answer.state, answer.text)
        self._answer = answer
        kept = self.lines.current
        wanted = kept.id if self._wanted is None and kept is not None else self._wanted
        self._wanted = None
        place = None if wanted is None else answer.rows.find(wanted, lambda seen: seen.id)
        self.lines.show(answer.rows, cursor=0 if place is None and not again else place)
        if not answer.rows.total:
            self.lines.say("nothing found" if any(answer.counts.values()) else "nothing yet")
        self.set_class(not any(answer.counts.values()), "-empty")
        self._title()
        self.load_line()

    def _title(self) -> None:
        answer, rows = self._answer, self.lines.rows
        if answer is not None:
            found = rows.total if answer.text else None
            title = sightings.title(answer.counts, answer.state, found, more=rows.more)
            self.query_one("#lines-rule", Rule).title = title

    @on(VTable.Wanted, "#lines")
    def _more(self) -> None:
        rows, state, text = self.lines.rows, self.state, self.text
        last = rows.get(rows.total - 1)
        if last is not None and self._is_answer(state, text):
            self.ask("on", lambda r: store.inbox_after(r, state, text, last), self._add)

    def _add(self, values: Sequence[Sighting]) -> None:
        self.lines.extend(values, more=len(values) == PAGE)
        self._title()

    def ask_for(self, state: str, text: str) -> None:
        """Ask for other lines."""
        if (state, text) != (self.state, self.text):
            self.state, self.text = state, text
            self.forget("on")
            self.load()

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say below the filter what is wrong with it; everything else above the footer."""
        if group == "lines" and self.text:
            self.query_one(Filter).complain(sentence(error))
        else:
            super().failed(group, error)

    # --- the filter ---------------------------------------------------------------------------

    @on(Filter.Typed)
    def _typed(self, event: Filter.Typed) -> None:
        seconds = titles.TYPING if event.text else 0.0
        self.soon("filter", seconds, lambda: self.ask_for(self.state, event.text))

    @on(Filter.Entered)
    def _submitted(self) -> None:
        self.go_to_pane("lines")

    # --- the line under the cursor ------------------------------------------------------------

    @on(VTable.Moved, "#lines")
    def _line_chosen(self) -> None:
        self.say()
        self.soon("line", _MOVING, self.load_line)

    def load_line(self) -> None:
        """Ask for everything about the line under the cursor."""
        seen = self.lines.current
        if seen is None:
            self.forget("line")
            self._show_line(None)
        else:
            self.ask("line", lambda r: store.dropped(r, seen), self._show_line)

    def _show_line(self, found: Dropped | None) -> None:
        before, self.shown = self.shown, found
        if found is not None and before is not None and found.sighting != before.sighting:
            self.say()  # what was said of it is not true any more
        self._draw_line()
        self.refresh_keys()

    def _draw_line(self) -> None:
        found = self.shown
        if found is not None:
            rows, title = sightings.about(found, self.shelf.clock()), found.sighting
        else:
            rows, title = sightings.teach(self._folders) if self.has_class("-empty") else [], None
        self.query_one("#line", Paragraphs).show(rows)
        self.query_one("#line-rule", Rule).title = sightings.line_title(title)
