"""Taking one's newest change back: what it was, what would be recorded, and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content

from modelshelf.tui import reviewing
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.review import Review, reason_title
from modelshelf.tui.show import ago, line, moment, styled
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.domain.audit import Entry
    from modelshelf.domain.undo import UndoPlan
    from modelshelf.tui.facts import Facts

_LONG = 1_000
_PLAIN = "Nothing is erased: the entry stays, and new entries put things back as they were."


class UndoScreen(Review):
    """Shows the newest change of this person that can be taken back."""

    where = "undo"
    verb = "taking it back"
    wordless = True
    BINDINGS = bindings("undo")
    AUTO_FOCUS = "#found"
    DEFAULT_CSS = """
    UndoScreen {
        #found { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; background: $background; }
    }
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._plan: UndoPlan | None = None

    def body(self) -> Iterable[Widget]:
        """Yield the change, and the reason."""
        yield Rule(styled(("Take back ", "strong"), "the last change of yours"))
        yield VerticalScroll(Paragraphs(), id="found")
        yield from self.reason_fields()

    def opened(self, facts: Facts) -> None:
        """Look."""
        del facts
        self.changed()

    def changed(self) -> None:
        """Look again: there may be a newer change."""
        if not self._doing:
            self._plan = None
            self.ask("look", reviewing.undoing, self._show)

    def _show(self, plan: UndoPlan) -> None:
        self._plan = plan
        self.query_one("#reason-rule", Rule).title = reason_title(required=plan.needs_reason)
        entry, now = plan.entry, self.shelf.clock()
        rows: list[Paragraph] = [
            ("entry", styled((str(entry.seq), "strong"))),
            ("what", line(entry.sentence, _LONG)),
            ("when", styled(f"{ago(now, entry.at)} · ", (f"{moment(entry.at)} UTC", "dim"))),
            ("who", line(entry.actor)),
            ("", Content("")),
        ]
        name = "would be"
        for sentence in plan.sentences:
            rows.append((name, styled((sentence, "accent"))))
            name = " "
        rows += [("", Content("")), ("", styled((_PLAIN, "dim")))]
        self.query_one("#found Paragraphs", Paragraphs).show(rows)
        self.complain(self.obstacle())
        self.query_one("#script").update(self.script())  # type: ignore[attr-defined]

    def obstacle(self) -> str:
        """Return why it cannot be taken back."""
        plan = self._plan
        return super().obstacle() if plan is None else plan.refused or ""

    def needs_words(self) -> bool:
        """Tell whether a reason must be given: where a stage moves."""
        return self._plan is not None and self._plan.needs_reason

    def carry_out(self) -> None:
        """Take back exactly what is shown."""
        plan, reason = self._plan, self.reason.strip()
        if plan is not None:
            entry = plan.entry.seq
            self.ask("do", lambda r: r.undo.take_back(entry, reason=reason), self._taken_back)

    def _taken_back(self, made: tuple[Entry, ...]) -> None:
        if made:
            again = f"modelshelf undo {made[-1].seq} has it again"
            self.done(f"{made[-1].sentence}; {again}")
        else:
            self.done("nothing changed")

    def command(self) -> str:
        """Return the same as a command."""
        number = "…" if self._plan is None else str(self._plan.entry.seq)
        reason = f" --reason {shlex.quote(self.reason)}" if self.reason else ""
        return f"modelshelf undo {number}{reason} --yes"
