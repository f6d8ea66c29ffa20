"""Taking one's newest change back, or having it again: what would be recorded, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content

from modelshelf.tui import reviewing
from modelshelf.tui.actions import bindings, by_id
from modelshelf.tui.giving import because
from modelshelf.tui.screens.review import Review, reason_title
from modelshelf.tui.show import ago, line, moment, styled
from modelshelf.tui.widgets.paragraphs import Paragraph, Paragraphs
from modelshelf.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.domain.audit import Entry
    from modelshelf.domain.undo import UndoPlan
    from modelshelf.tui.facts import Facts
    from modelshelf.tui.reviewing import Undoing

_LONG = 1_000
_PLAIN = "Nothing is erased: the entry stays, and new entries put things back as they were."


class UndoScreen(Review):
    """Shows the newest change of this person that can be taken back, or the newest undo."""

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
        self._again = False
        self._other: UndoPlan | None = None

    def body(self) -> Iterable[Widget]:
        """Yield the change, and the reason."""
        yield Rule(_heading(again=False), id="undo-rule")
        yield VerticalScroll(Paragraphs(), id="found")
        yield from self.reason_fields()

    def opened(self, facts: Facts) -> None:
        """Look."""
        del facts
        self.changed()

    def changed(self) -> None:
        """Look again: there may be a newer change."""
        if not self._doing:
            self._plan, again = None, self._again
            self.ask("look", lambda r: reviewing.undoing(r, again=again), self._show)

    def _show(self, found: Undoing) -> None:
        plan = self._plan = found.plan
        self._again, self._other = found.again, found.other
        self.query_one("#undo-rule", Rule).title = _heading(again=found.again)
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
        if found.other is not None:
            key = self.shelf.shown_key(by_id("undo.again"))
            told = f"{key} shows having again what you took back last: "
            rows += [("", Content("")), ("redo", styled((told, "dim"), found.other.sentences[0]))]
        self.query_one("#found Paragraphs", Paragraphs).show(rows)
        self.complain(self.obstacle())
        self.query_one("#script").update(self.script())  # type: ignore[attr-defined]
        self.refresh_keys()

    def action_again(self) -> None:
        """Show having again what was taken back last, or the newest change once more."""
        self._again = not self._again
        self.changed()

    def reason_against(self, action: str) -> str:
        """Return why there is nothing to have again."""
        if action == "undo.again" and self._other is None and not self._again:
            return "You took nothing back since your newest change."
        return super().reason_against(action)

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
            undo, redo = (self.shelf.shown_key(by_id(n)) for n in ("app.undo", "undo.again"))
            back = f"{undo} takes it back" if self._again else f"{undo} {redo} has it again"
            self.done(f"{made[-1].sentence} (entry {made[-1].seq}); {back}")
        else:
            self.done("nothing changed")

    def command(self) -> str:
        """Return the same as a command."""
        number = "…" if self._plan is None else str(self._plan.entry.seq)
        reason = f" {because(self.reason)}" if self.reason or self.needs_words() else ""
        return f"modelshelf undo {number}{reason} --yes"


def _heading(*, again: bool) -> Content:
    if again:
        return styled(("Have again ", "strong"), "what you took back last")
    return styled(("Take back ", "strong"), "the last change of yours")
