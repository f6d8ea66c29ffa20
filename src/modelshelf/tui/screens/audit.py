"""The audit log: every change there ever was, newest first, and the way into the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.widgets import Input

from modelshelf.domain.audit import Entry
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.tui import logged
from modelshelf.tui.actions import bindings
from modelshelf.tui.asked import Asked, as_command, read_asked, with_field
from modelshelf.tui.memory import words
from modelshelf.tui.screens.entries import Entries
from modelshelf.tui.show import sentence
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from modelshelf.tui.memory import State
    from modelshelf.tui.screens.reviews import ReviewsScreen

_NEED_ONE = ("copy", "then", "actor", "event", "open", "model")
_TYPING = 0.06
_NONE = "There is no entry under the cursor."


class AuditScreen(Entries):
    """The entries, filtered by what is typed or by what the one under the cursor is."""

    where = "audit"
    BINDINGS = bindings("audit")

    # --- what is remembered -----------------------------------------------------------------------

    def remember(self) -> State:
        """Return the filter, and the entry under the cursor unless that is the newest."""
        return {"filter": self._typed, "entry": 0 if self.live else self._stay or self._here()}

    def recall(self, state: State) -> None:
        """Filter again, and look for the entry."""
        if self._sought:  # somebody asked for an entry before the screen was there
            return
        entry, text = state.get("entry"), words(state, "filter")
        if type(entry) is int and 0 < entry < 1 << 53:
            self._stay = entry
        try:
            asked = read_asked(text)
        except ModelshelfError:
            return
        if asked != Asked() and safe(text, 1_000) == text:
            self._asked = asked
            self._write(text)

    # --- filtering --------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Open the filter."""
        self.query_one(Filter).open()

    @property
    def _typed(self) -> str:
        return self.query_one(Filter).query_one(Input).value.strip()

    def _write(self, text: str) -> None:
        """Write a filter where it can be edited; the list keeps the keys."""
        box = self.query_one(Filter)
        box.set_class(bool(text), "-open")
        box.query_one(Input).value = text

    @on(Filter.Typed)
    def _changed(self, event: Filter.Typed) -> None:
        self.soon("filter", _TYPING, lambda: self._filter_by(event.text))

    def _filter_by(self, text: str) -> None:
        try:
            asked = read_asked(text)
        except ModelshelfError as exc:
            self.complain(sentence(exc))
            return
        self.complain("")
        if asked != self._asked:
            self._stay = 0 if self.live else self._here()
            self._asked = asked
            self.forget("on")
            self._again()

    def action_only(self, field: str) -> None:
        """Ask only for entries that are in one field as the one under the cursor, or no more."""
        entry = self.entries.current
        if entry is not None:
            value = self._value(field, entry)
            self._write(with_field(self._typed, field, value))

    @staticmethod
    def _value(field: str, entry: Entry) -> str:
        return logged.model_of(entry) if field == "model" else str(getattr(entry, field))

    @on(Filter.Entered)
    def _submitted(self) -> None:
        self.set_focus(self.entries)

    # --- keys -------------------------------------------------------------------------------------

    def reason_against(self, action: str) -> str:
        """Return why a key is of no use on the entry under the cursor."""
        name, entry = action.removeprefix("audit."), self.entries.current
        if name in ("earlier", "later"):
            return self.no_journey()
        if name not in _NEED_ONE:
            return ""
        return _NONE if entry is None else self._against(name, entry)

    def _against(self, name: str, entry: Entry) -> str:
        if name == "open" and logged.target(entry) is None:
            return "This entry is about no model, no request and nothing in the inbox."
        if name == "model" and not logged.model_of(entry):
            return "This entry is about no model."
        if name in ("actor", "model", "event"):
            value = self._value(name, entry)
            return "" if safe(value, 200) == value else "This name cannot be typed into a filter."
        return ""

    def action_back(self) -> None:
        """Clear the filter, else go back to the part one came from."""
        box = self.query_one(Filter)
        if box.is_open:
            box.close()
            self.set_focus(self.entries)
        else:
            self.shelf.leave_mode()

    def action_refresh(self) -> None:
        """Ask again."""
        self.say()
        self._again()

    @on(VTable.Opened)
    def action_open(self) -> None:
        """Go to what the entry is about."""
        entry = self.entries.current
        found = None if entry is None else logged.target(entry)
        if found is None:
            self.say(_NONE if entry is None else self._against("open", entry))
        elif found.mode == "models":
            name, number = found.name, found.number
            self.ask(
                "open",
                lambda r: r.models.get(name).name,
                lambda called: self._go_to_model(called, number),
            )
        else:
            frame = self.shelf.at_mode(found.mode)
            if found.number is not None:
                number = found.number
                frame.call_after_refresh(lambda: cast("ReviewsScreen", frame).go_to_request(number))

    def _go_to_model(self, name: str, number: int | None) -> None:
        """Show a version once the screen of the models is there."""
        frame = self.shelf.at_mode("models")
        frame.call_after_refresh(lambda: self.shelf.go_to_model(name, number))

    def action_then(self) -> None:
        """Show everything as it was right after the entry under the cursor."""
        entry = self.entries.current
        if entry is not None:
            self._stay = entry.seq
            self.travel(entry.seq)

    def action_copy(self) -> None:
        """Copy what an auditor keeps elsewhere: the number and the seal."""
        entry = self.entries.current
        if entry is not None:
            self.shelf.action_copy_text(f"{entry.seq} {entry.seal}")

    def action_copy_command(self) -> None:
        """Copy the command line that shows the same entries."""
        self.shelf.action_copy_text(as_command(self._asked))
