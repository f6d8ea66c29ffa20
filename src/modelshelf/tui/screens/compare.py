"""Versions side by side, measured against one of them; on demand their tensors, value by value."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from textual import on

from modelshelf.tui import comparing, tensors
from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.laying import Laying
from modelshelf.tui.tasks import Task
from modelshelf.tui.widgets.sides import Sides
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from modelshelf.tui.memory import State

_NOTHING = "Nothing is compared yet: a adds a version."
_FULL = f"{comparing.MOST} versions are compared, and no more can be: x takes one out."
_FREE = ("compare.add", "compare.refresh", "compare.back")


class CompareScreen(Laying):
    """Metrics, parameters, data, code: what differs, by how much, and which is best.

    What is shown and how it is asked for is in :class:`Laying`; here are the keys.
    """

    where = "compare"
    BINDINGS = bindings("compare")
    AUTO_FOCUS = "#compared"

    def go_to(self, references: tuple[str, ...]) -> None:
        """Compare two to eight versions; the first is the baseline until another is chosen."""
        self.stop_task()
        self.asked, self.values = references[: comparing.MOST], None
        self.baseline = self.cursor_on = next(iter(references), "")
        if self.is_mounted:
            self.changed()

    # --- between two starts -----------------------------------------------------------------------

    def remember(self) -> State:
        """Return the versions, the baseline, and how they are shown."""
        return {
            "references": list(self.asked),
            "baseline": self.baseline,
            "lately": list(self.lately),
            "all": self.everything,
            "view": "chart" if self.charted else "values",
        }

    def recall(self, state: State) -> None:
        """Take up what was compared, unless somebody asked for other versions meanwhile."""
        from modelshelf.tui.memory import listed, words

        self.lately = listed(state, "lately", comparing.LATELY)
        self.everything = state.get("all") is True
        self.charted = words(state, "view") == "chart"
        if not self.asked:
            self.asked = listed(state, "references", comparing.MOST)
            self.baseline = self.cursor_on = words(state, "baseline")
        self.show_view()

    # --- keys -------------------------------------------------------------------------------------

    def subject(self, action: str) -> str:
        """Return the model of the version under the cursor."""
        del action
        return self.chosen.rpartition(":")[0]

    def reason_against(self, action: str) -> str:
        """Return why an action is of no use: nothing to compare, or too much of it."""
        if action == "compare.add":
            return _FULL if len(self.asked) >= comparing.MOST else ""
        if action in ("compare.remove", "compare.open"):
            return "" if self.asked else _NOTHING
        if action.startswith("compare.") and action not in _FREE and self.comparison is None:
            return _NOTHING
        return ""

    def action_differing(self) -> None:
        """Show only what differs, or everything."""
        self.everything = not self.everything
        self.show_rows()

    def action_view(self) -> None:
        """Draw the row under the cursor, or write its values."""
        self.charted = not self.charted
        self.show_view()
        self.show_row()

    @on(Sides.Headed)
    def action_baseline(self) -> None:
        """Measure against the version under the cursor; on the baseline, against the next one."""
        compared = self.comparison
        if compared is None:
            return
        place = self.table.place
        if place == compared.baseline:
            place = (place + 1) % len(compared.references)
        self._set(self.asked, compared.references[place])

    def action_add(self) -> None:
        """Pick a version to be compared too."""
        from modelshelf.tui.screens.adding import AddingScreen

        self.app.push_screen(AddingScreen(self.asked, self.lately, self._add))

    def _add(self, reference: str) -> None:
        self.cursor_on = reference
        self._set((*self.asked, reference), self.baseline or reference)
        if len(self.asked) < comparing.LEAST:
            self.action_add()

    def action_remove(self) -> None:
        """Take the version under the cursor out."""
        gone = self.chosen
        left = tuple(one for one in self.asked if one != gone)
        at = max(0, min(self.table.place, len(left) - 1))
        self.cursor_on = left[at] if left else ""
        self._set(left, self.baseline if self.baseline in left else "".join(left[:1]))

    def _set(self, references: tuple[str, ...], baseline: str) -> None:
        self.stop_task()
        if baseline != self.baseline:
            self.cursor_on = baseline
        self.asked, self.baseline, self.values = references, baseline, None
        self.say()
        self.changed()

    @on(VTable.Opened)
    def action_open(self) -> None:
        """Go to the version under the cursor."""
        model, _, number = self.chosen.rpartition(":v")
        if number.isdecimal():
            self.shelf.go_to_model(model, int(number))

    def action_refresh(self) -> None:
        """Ask again."""
        self.say()
        self.changed()

    def action_back(self) -> None:
        """Stop the reading, else go back to the part one came from."""
        if not self.stop_task():
            self.say()
            self.shelf.leave_mode()

    # --- tensors ----------------------------------------------------------------------------------

    def action_tensors(self) -> None:
        """Compare the tensors value by value, or stop doing so."""
        compared = self.comparison
        if self.stop_task() or compared is None:
            return
        self.say()
        references, baseline = compared.references, compared.references[compared.baseline]
        task = Task("comparing tensors", unit="bytes")
        self.begin(
            task,
            lambda r: tensors.compared(r, references, baseline, task),
            self.show_tensors,
        )

    # --- taking it along --------------------------------------------------------------------------

    def action_copy(self) -> None:
        """Copy the command that compares these versions."""
        compared = self.comparison
        if compared is not None:
            words = ["modelshelf", "compare", *compared.references]
            if compared.baseline:
                words += ["--baseline", compared.references[compared.baseline]]
            self.shelf.action_copy_text(shlex.join(words))

    def action_export(self) -> None:
        """Copy the comparison as Markdown, with the tensors if they were compared."""
        from modelshelf.domain.comparison.markdown import markdown

        compared = self.comparison
        if compared is not None:
            read = self.values.comparisons if self.values is not None else ()
            lines = markdown(compared, changed=not self.everything, tensors=read)
            self.shelf.copy_to_clipboard("\n".join(lines))
            self.shelf.tell("copied the comparison as Markdown")
