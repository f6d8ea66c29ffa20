"""The review of a version's tags: set some, take others off, and write all of it at once."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from modelshelf.domain.text import safe
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.review import Review
from modelshelf.tui.show import Look, styled
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.stepping import step

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.domain.models import ModelVersion
    from modelshelf.tui.facts import Facts

_TAG_MOST = 4_000
_HOW = "team=risk sets, team= takes off; Enter notes it"


class TagsScreen(Review):
    """Tags as they are and as they would be; nothing is written before ctrl+s."""

    where = "tags"
    verb = "writing the tags"
    reasoned = False
    BINDINGS = bindings("tags")
    AUTO_FOCUS = "#tag"
    DEFAULT_CSS = """
    TagsScreen {
        #tags { height: 1fr; border: none; padding: 0 1; background: $background; }
    }
    """

    def __init__(self, version: ModelVersion) -> None:
        """Review the tags of ``version``."""
        super().__init__()
        self._version = version
        self._tags: Mapping[str, str] = dict(version.tags)
        self._changes: dict[str, str | None] = {}

    def body(self) -> Iterable[Widget]:
        """Yield the tags, and a place to write one."""
        title = styled(("Tags of ", "strong"), (self._version.reference, "accent"))
        yield Rule(title)
        yield OptionList(id="tags", markup=False)
        tag = Input(id="tag", compact=True, max_length=_TAG_MOST, placeholder=_HOW)
        yield Horizontal(Label("tag"), tag, classes="field")
        yield from self.reason_fields()

    # --- looking ----------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Show the tags."""
        del facts
        self._lay()
        self.changed()

    def changed(self) -> None:
        """Look again; what was noted stays noted."""
        if not self._doing:
            reference = self._version.reference
            self.ask("tags", lambda r: r.versions.get(reference).tags, self._show)

    def _show(self, tags: Mapping[str, str]) -> None:
        self._tags = dict(tags)
        self._lay()

    @property
    def _names(self) -> list[str]:
        return sorted({*self._tags, *self._changes})

    def _lay(self) -> None:
        listing = self.query_one(OptionList)
        kept = listing.highlighted
        listing.clear_options()
        listing.add_options([Option(self._row(name)) for name in self._names])
        if not self._names:
            listing.add_option(Option(Content("no tags yet"), disabled=True))
        elif kept is not None:
            listing.highlighted = min(kept, len(self._names) - 1)
        self.query_one("#script", Static).update(self.script())

    def _row(self, name: str) -> Content:
        """Return a tag, and by a sign what would become of it."""
        before, shown = self._tags.get(name), safe(name, 120)
        if name not in self._changes:
            return styled(f"  {shown} = ", safe(before, 300))
        after = self._changes[name]
        look: Look = "warn" if after is None else "accent"
        if after is None:
            return styled((f"- {shown}", look), ("  taken off", "dim"))
        sign = "+" if before is None else "≠"
        was = f"  was {safe(before, 300)}" if before is not None else ""
        return styled((f"{sign} {shown} = {safe(after, 300)}", look), (was, "dim"))

    # --- noting -----------------------------------------------------------------------------------

    def _note(self, text: str) -> str:
        """Note one change; return what is wrong with it."""
        name, sign, value = (part.strip() for part in text.partition("="))
        if not name or not sign:
            return "A tag is written name=value; name= takes it off."
        if not value and name not in self._tags and name not in self._changes:
            return f"There is no tag {safe(name, 80)} to take off."
        self._set(name, value or None)
        return ""

    def _set(self, name: str, value: str | None) -> None:
        if self._tags.get(name) == value:
            self._changes.pop(name, None)
        else:
            self._changes[name] = value
        self._leaving = False
        self._lay()

    def _note_typed(self) -> bool:
        """Note what is in the field; return whether there is nothing wrong with it."""
        field = self.query_one("#tag", Input)
        wrong = self._note(field.value) if field.value.strip() else ""
        if not wrong:
            field.value = ""
        self.complain(wrong)
        return not wrong

    @on(Input.Submitted, "#tag")
    def _entered(self) -> None:
        self._note_typed()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        name = self._names[event.option_index]
        written = f"{name}={self._changes.get(name, self._tags.get(name)) or ''}"
        if safe(written, _TAG_MOST) != written:  # a field hides no character
            self.complain("This tag holds what cannot be typed: x takes it off.")
            return
        field = self.query_one("#tag", Input)
        field.value = written
        self.set_focus(field)

    # --- doing ------------------------------------------------------------------------------------

    def confirm(self) -> None:
        """Write all that is noted, and what is still in the field."""
        if not self._doing and self._note_typed():
            super().confirm()

    def obstacle(self) -> str:
        """Return what forbids writing."""
        return "" if self._changes else self._stuck or f"Nothing is changed yet: {_HOW}."

    def carry_out(self) -> None:
        """Write the changes, as one entry."""
        reference = self._version.reference
        wanted = {name: value for name, value in self._changes.items() if value is not None}
        gone = [name for name, value in self._changes.items() if value is None]
        self.ask(
            "do",
            lambda r: r.versions.tag(reference, set=wanted, unset=gone),
            lambda _: self.done(f"the tags of {reference} are written"),
        )

    def subject(self, action: str) -> str:
        """Return the model of the version."""
        return self._version.model if action == "tags.confirm" else ""

    def command(self) -> str:
        """Return the changes as a command."""
        words = ["modelshelf", "tag", self._version.reference]
        words += [f"{n}={v}" for n, v in self._changes.items() if v is not None]
        for name, value in self._changes.items():
            words += ["--unset", name] if value is None else []
        return safe(shlex.join(words), 600)

    def unsaved(self) -> str:
        """Say once that what is noted would be lost."""
        if self._leaving or not (self._changes or self.query_one("#tag", Input).value.strip()):
            return ""
        self._leaving = True
        told = "Once more leaves, and the tags you changed stay as they were."
        self.complain(told)
        return told

    # --- keys -------------------------------------------------------------------------------------

    def action_write(self) -> None:
        """Go to the field."""
        self.set_focus(self.query_one("#tag", Input))

    def action_next(self, by: int) -> None:
        """Move the cursor in the list."""
        step(self.query_one(OptionList), by)

    def action_off(self) -> None:
        """Take the tag under the cursor off, or bring it back."""
        place = self.query_one(OptionList).highlighted
        if place is None or place >= len(self._names):
            self.complain("There is no tag under the cursor.")
            return
        name = self._names[place]
        self._set(name, self._tags.get(name) if name in self._changes else None)
