"""The audit log: every change there ever was, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content

from modelshelf.domain.audit import Entry
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe_block
from modelshelf.tui import columns, store, titles
from modelshelf.tui.actions import bindings
from modelshelf.tui.asked import Asked, read_asked
from modelshelf.tui.facts import Facts
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import line, moment, sentence, styled
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

_BODY_SHOWN = 4_000


class AuditScreen(Frame):
    """The entries above, the one under the cursor below."""

    where = "audit"
    BINDINGS = bindings("audit")
    AUTO_FOCUS = "#entries"
    DEFAULT_CSS = """
    AuditScreen {
        #entries { height: 2fr; }
        #entry { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(self) -> None:
        """Ask for everything at first."""
        super().__init__()
        self._asked = Asked()

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

    # --- asking -------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the newest entries."""
        del facts
        self.say()
        self.load()

    def changed(self) -> None:
        """Ask again; the cursor stays on its entry."""
        self.load()

    def load(self) -> None:
        """Ask for the entries that are wanted."""
        asked, page = self._asked, self.entries.cursor // PAGE
        pages = sorted({0, page, page + 1})
        self.ask("entries", lambda r: store.audit(r, asked, pages), self._show)

    def _show(self, rows: Rows[Entry]) -> None:
        self._say_wrong("")
        kept, known = self.entries.current, self.entries.rows
        grown = rows.total - known.total
        place = self.entries.cursor + grown if kept and rows.counted and known.counted else None
        self.entries.show(rows, cursor=place)
        if not rows.total:
            self.entries.say("nothing found")
        many = "entry" if rows.total == 1 else "entries"
        total = f" {rows.total:,}{'+' if rows.more else ''} {many}"
        self.query_one("#entries-rule", Rule).title = styled(("audit", "strong"), (total, "dim"))
        self._show_entry()

    @on(VTable.Wanted)
    def _more(self, wanted: VTable.Wanted) -> None:
        rows, asked, page = self.entries.rows, self._asked, wanted.page
        if rows.counted:
            self.ask(
                f"page {page}",
                lambda r: store.audit_page(r, rows.total, page),
                lambda values: self._fill(rows, page, values),
            )
        elif (last := rows.get(rows.total - 1)) is not None:
            self.ask("on", lambda r: store.audit_after(r, asked, last.seq), self._add)

    def _fill(self, rows: Rows[Entry], page: int, values: Sequence[Entry]) -> None:
        if rows is self.entries.rows:
            self.entries.fill(page, values)

    def _add(self, values: Sequence[Entry]) -> None:
        self.entries.extend(values, more=len(values) == PAGE)

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say below the filter what is wrong with it."""
        if group == "entries":
            self._say_wrong(sentence(error))
        else:
            super().failed(group, error)

    # --- the entry under the cursor -----------------------------------------------------------

    @on(VTable.Moved)
    def _show_entry(self) -> None:
        entry = self.entries.current
        self.query_one(Paragraphs).show([] if entry is None else _entry(entry))
        title = Content("") if entry is None else styled((f"entry {entry.seq}", "strong"))
        self.query_one("#entry-rule", Rule).title = title

    # --- keys -----------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(Filter).open()

    @on(Filter.Typed)
    def _typed(self, event: Filter.Typed) -> None:
        self.soon("filter", titles.TYPING, lambda: self._filter_by(event.text))

    def _filter_by(self, text: str) -> None:
        try:
            asked = read_asked(text)
        except ModelshelfError as exc:
            self._say_wrong(sentence(exc))
            return
        self._say_wrong("")
        if asked != self._asked:
            self._asked = asked
            self.forget("on")
            self.load()

    def _say_wrong(self, text: str) -> None:
        self.query_one(Filter).complain(text)

    @on(Filter.Entered)
    def _submitted(self) -> None:
        self.set_focus(self.entries)

    def action_back(self) -> None:
        """Clear the filter, else go back to the models."""
        box = self.query_one(Filter)
        if box.is_open:
            box.close()
            self.set_focus(self.entries)
        else:
            self.shelf.action_mode("models")

    def action_refresh(self) -> None:
        """Ask again."""
        self.load()

    def reason_against(self, action: str) -> str:
        """Return why there is nothing to copy."""
        if action == "audit.copy" and self.entries.current is None:
            return "There is no entry under the cursor."
        return ""

    def action_copy(self) -> None:
        """Copy what an auditor keeps elsewhere: the number and the seal."""
        entry = self.entries.current
        if entry is None:
            self.say(self.reason_against("audit.copy"))
        else:
            self.shelf.action_copy_text(f"{entry.seq} {entry.seal}")


def _entry(entry: Entry) -> list[Paragraph]:
    body = json.dumps(entry.body, indent=2, ensure_ascii=False, default=str, sort_keys=True)
    return [
        ("what", line(entry.sentence)),
        ("who", line(entry.actor)),
        ("when", line(f"{moment(entry.at)} UTC")),
        ("event", line(f"{entry.event} · {entry.subject}")),
        ("seal", styled((entry.seal, "dim"))),
        ("", Content("")),
        ("", Content(safe_block(body, _BODY_SHOWN))),
    ]
