"""Versions side by side, measured against one of them; on demand their tensors, value by value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelshelf.domain.comparison import Comparison, Section
from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import differences, tensors
from modelshelf.tui.actions import bindings
from modelshelf.tui.differences import ShownRow
from modelshelf.tui.facts import Facts
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import ladder, sentence, styled, version_mark
from modelshelf.tui.widgets.grid import Layout
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from modelshelf.registry import Registry

_TELLING = 0.2  # seconds between two looks at how far the reading is


@dataclass(frozen=True, slots=True)
class _Sides:
    comparison: Comparison
    marks: dict[str, str]


class CompareScreen(Frame):
    """Metrics, parameters, data, code: what differs, by how much, and which is best."""

    where = "compare"
    BINDINGS = bindings("compare")
    AUTO_FOCUS = "#compared"
    DEFAULT_CSS = """
    CompareScreen #compared { height: 1fr; }
    """

    def __init__(self) -> None:
        """Compare nothing yet: somebody says what."""
        super().__init__()
        self._references: tuple[str, ...] = ()
        self._baseline = 0
        self._sides: _Sides | None = None
        self._all = False
        self._reading: tensors.Reading | None = None
        self._values: Section | None = None
        self._telling: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Yield title and table."""
        yield Rule(id="compare-rule")
        empty: Layout[ShownRow] = Layout((), lambda _: (), lambda shown: shown.key)
        yield VTable(empty, empty="comparing …", id="compared")

    @property
    def table(self) -> VTable[ShownRow]:
        """The table."""
        return self.query_one("#compared", VTable)

    def opened(self, facts: Facts) -> None:
        """Ask for the comparison."""
        if not self._references:
            self.table.say("Nothing is compared yet: mark versions with space, then press c.")
            return
        references, marks, place = self._references, ladder(facts.stages), self._baseline
        self.ask("compare", lambda r: _compare(r, references, place, marks), self._show)

    def go_to(self, references: tuple[str, ...]) -> None:
        """Compare two to eight versions; the first is the baseline until another is chosen."""
        self._stop_reading()
        self._references, self._baseline, self._values = references, 0, None
        if self.is_mounted:
            self.changed()

    def changed(self) -> None:
        """Ask again: stages move, metrics are added."""
        if self.shelf.facts is not None:
            self.opened(self.shelf.facts)

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say why there is nothing to see."""
        if group == "compare":
            self.table.say(sentence(error))
        else:
            self._stop_reading()
            super().failed(group, error)

    def _show(self, sides: _Sides) -> None:
        self._sides = sides
        whole = sides.comparison
        if self._values is not None:
            whole = replace(whole, sections=(*whole.sections, self._values))
        shown = whole if self._all else whole.differing()
        self.table.lay(differences.layout(whole, sides.marks))
        self.table.show(differences.rows(shown))
        if not shown.sections or not any(section.rows for section in shown.sections):
            self.table.say("Nothing that is recorded differs. d shows everything.")
        what = "everything" if self._all else "only what differs"
        self.query_one("#compare-rule", Rule).title = styled(
            ("compare", "strong"),
            ("  baseline ", "dim"),
            (whole.references[whole.baseline], "accent"),
            (f"  {what}", "dim"),
        )

    def action_differing(self) -> None:
        """Show only what differs, or everything."""
        self._all = not self._all
        if self._sides is not None:
            self._show(self._sides)

    def action_baseline(self) -> None:
        """Measure against the next version."""
        self._baseline = (self._baseline + 1) % len(self._references)
        self._stop_reading()
        self._values = None
        self.changed()

    # --- tensors --------------------------------------------------------------------------------

    def action_tensors(self) -> None:
        """Compare the tensors value by value, or stop doing so."""
        if self._reading is not None:
            self._stop_reading()
            return
        reading = self._reading = tensors.Reading()
        references, baseline = self._references, self._references[self._baseline]
        self._telling = self.set_interval(_TELLING, self._tell)
        self._tell()
        self.ask(
            "tensors",
            lambda r: tensors.compared(r, references, baseline, reading),
            self._show_tensors,
        )

    def _tell(self) -> None:
        if self._reading is not None:
            self.say(f"{self._reading.words} t or esc stops.")

    def _stop_reading(self) -> None:
        """Stop the reading; what was compared until then is shown when it comes."""
        if self._reading is not None:
            self._reading.stopped = True
        if self._telling is not None:
            self._telling.stop()
        self._reading, self._telling = None, None

    def _show_tensors(self, found: tensors.Found) -> None:
        self._stop_reading()
        self._values = found.section
        self.say(found.words)
        if self._sides is not None:
            self._show(self._sides)

    def action_back(self) -> None:
        """Stop the reading, else go back."""
        if self._reading is not None:
            self._stop_reading()
        else:
            self.shelf.action_last_mode()

    def action_copy(self) -> None:
        """Copy the command that compares these versions."""
        words = ["modelshelf", "compare", *self._references]
        if self._baseline:
            words += ["--baseline", self._references[self._baseline]]
        self.shelf.action_copy_text(" ".join(words))


def _compare(
    registry: Registry, references: tuple[str, ...], place: int, letters: dict[str, str]
) -> _Sides:
    versions = [registry.versions.get(reference) for reference in references]
    marks = {version.reference: version_mark(version, letters).text for version in versions}
    found = registry.comparisons.compare(references, baseline=references[place])
    return _Sides(found, marks)
