"""The list of the audit log's entries: it follows what is new, or keeps its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content

from modelshelf.domain.audit import Entry
from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import columns, logged
from modelshelf.tui.asked import Asked
from modelshelf.tui.facts import Facts
from modelshelf.tui.logged import Log
from modelshelf.tui.screens.journey import Journey
from modelshelf.tui.show import line, sentence, styled
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.paragraphs import Paragraphs
from modelshelf.tui.widgets.rows import PAGE
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget


class Entries(Journey):
    """The entries above, the one under the cursor below.

    With the cursor on the newest entry the list is live: it shows what is new and stays on top.
    """

    AUTO_FOCUS = "#entries"
    DEFAULT_CSS = """
    Entries {
        #entries { height: 1fr; }
        #entry { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self) -> None:
        """Ask for everything at first."""
        super().__init__()
        self._asked = Asked()
        self._log = Log()
        self._seen = 0
        self._stay = 0
        self._sought = 0

    def body(self) -> Iterable[Widget]:
        """Yield filter, entries and the entry under the cursor."""
        yield Filter("risk/churn   event:stage.assigned   actor:ana   since:2026-05-01")
        yield Rule(line("audit"), id="entries-rule")
        yield VTable(
            columns.entries(self.shelf.clock), empty=f"opening {self.shelf.path} …", id="entries"
        )
        yield Rule(id="entry-rule")
        yield VerticalScroll(Paragraphs(), id="entry")

    @property
    def entries(self) -> VTable[Entry]:
        """The list of entries."""
        return self.query_one("#entries", VTable)

    @property
    def live(self) -> bool:
        """Whether the cursor is on the newest entry, and follows it."""
        return self.entries.cursor == 0 and not (self._stay or self._sought)

    # --- asking -----------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the entries; at another moment the cursor stays on its entry."""
        self.say()
        if self.arrived(facts):
            self._stay, self._seen = self._stay or self._here(), 0
        elif self._log.head:
            self._stay = 0
        self._again()

    def changed(self) -> None:
        """Ask again; the cursor stays on its entry, or follows the newest."""
        known, asked = self.entries.rows, self._asked
        if asked == Asked() or known.total == 0 or self._stay:
            self._again()
            return
        values, more = [entry for _, entry in known.known()], known.more
        self.ask("entries", lambda r: logged.again(r, asked, values, more=more), self._show)

    def _again(self) -> None:
        asked, place = self._asked, self.entries.cursor // PAGE
        pages, sought = (place, place + 1), self._sought or self._stay
        self.ask("entries", lambda r: logged.log(r, asked, pages, sought), self._show)

    def _show(self, log: Log) -> None:
        self.complain("")
        place = None if self.live else log.place_of(self._sought or self._stay or self._here())
        if self._sought > log.head:
            self.say(f"Entry {self._sought} is later than what is shown.")
        self._log, self.head, self._stay, self._sought = log, log.head, 0, 0
        self._seen = self._seen or log.head
        self.entries.show(log.rows, cursor=place or 0)
        if not log.rows.total:
            self.entries.say("no entry fits: esc clears the filter")
        self._show_entry()

    @on(VTable.Wanted)
    def _more(self, wanted: VTable.Wanted) -> None:
        log, asked, page = self._log, self._asked, wanted.page
        if log.rows.counted:
            self.ask(
                f"page {page}",
                lambda r: logged.page(r, log.head, page),
                lambda values: self._fill(log, page, values),
            )
        elif (last := log.rows.get(log.rows.total - 1)) is not None:
            self.ask("on", lambda r: logged.on(r, asked, last.seq), lambda v: self._add(log, v))

    def _fill(self, log: Log, page: int, values: Sequence[Entry]) -> None:
        if log is self._log:
            self.entries.fill(page, values)

    def _add(self, log: Log, values: Sequence[Entry]) -> None:
        if log is self._log:
            self.entries.extend(values, more=len(values) == PAGE)
            self._title()

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say below the filter what is wrong with it."""
        if group == "entries":
            self.complain(sentence(error))
        else:
            super().failed(group, error)

    # --- the entry under the cursor ---------------------------------------------------------------

    def go_to_entry(self, seq: int) -> None:
        """Put the cursor on an entry, whatever is filtered now."""
        self._sought, self._asked = seq, Asked()
        if self.is_mounted:
            self.query_one(Filter).close()
            self.set_focus(self.entries)
            if self.shelf.facts is not None:
                self._again()

    def _here(self) -> int:
        """Return the number of the entry under the cursor; 0 when there is none."""
        entry = self.entries.current
        if entry is not None:
            return entry.seq
        return self._log.head - self.entries.cursor if self._log.rows.counted else 0

    @on(VTable.Moved)
    def _show_entry(self) -> None:
        entry = self.entries.current
        self.query_one(Paragraphs).show(
            [] if entry is None else logged.about(entry, self.shelf.clock())
        )
        title = Content("") if entry is None else styled((f"entry {entry.seq}", "strong"))
        self.query_one("#entry-rule", Rule).title = title
        self._title()
        self.refresh_keys()

    def _title(self) -> None:
        """Say how many there are, and whether the list is live or what came since it was."""
        log, past = self._log, self.shelf.facts is not None and self.shelf.facts.past
        if self.live:
            self._seen = log.head
        total = log.rows.total
        many = f" {total:,}{'+' if log.rows.more else ''} {'entry' if total == 1 else 'entries'}"
        self.query_one("#entries-rule", Rule).title = styled(
            ("audit", "strong"), (many, "dim"), (self._newness(past=past), "accent")
        )

    def _newness(self, *, past: bool) -> str:
        log = self._log
        if past or not log.rows.total:
            return ""
        if self.live:
            return " · live"
        newer = (
            log.head - self._seen
            if log.rows.counted
            else sum(1 for _, entry in log.rows.known() if entry.seq > self._seen)
        )
        return f" · {newer:,} newer, g shows" if newer > 0 else ""

    def complain(self, text: str) -> None:
        """Say below the filter what is wrong with it."""
        self.query_one(Filter).complain(text)
