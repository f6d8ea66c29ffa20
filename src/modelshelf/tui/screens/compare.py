"""Versions side by side, the first as the baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.comparison import Comparison
from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui import differences
from modelshelf.tui.actions import bindings
from modelshelf.tui.differences import ShownRow
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import ladder, sentence, styled, version_mark
from modelshelf.tui.store import Facts
from modelshelf.tui.widgets.grid import Layout
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from modelshelf.registry import Registry


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

    def __init__(self, references: tuple[str, ...]) -> None:
        """Compare two to four versions; the first is the baseline."""
        super().__init__()
        self._references = references
        self._sides: _Sides | None = None
        self._all = False

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
        references, marks = self._references, ladder(facts.stages)
        self.ask("compare", lambda r: _compare(r, references, marks), self._show)

    def changed(self) -> None:
        """Ask again: stages move, metrics are added."""
        if self.shelf.facts is not None:
            self.opened(self.shelf.facts)

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say why there is nothing to see."""
        del group
        self.table.say(sentence(error))

    def _show(self, sides: _Sides) -> None:
        self._sides = sides
        whole = sides.comparison
        shown = whole if self._all else whole.differing()
        self.table.lay(differences.layout(whole, sides.marks))
        self.table.show(differences.rows(shown))
        if not shown.sections or not any(section.rows for section in shown.sections):
            self.table.say("Nothing that is recorded differs. d shows everything.")
        what = "everything" if self._all else "only what differs"
        self.query_one("#compare-rule", Rule).title = styled(
            ("compare", "strong"),
            ("  baseline ", "dim"),
            (whole.references[0], "accent"),
            (f"  {what}", "dim"),
        )

    def action_differing(self) -> None:
        """Show only what differs, or everything."""
        self._all = not self._all
        if self._sides is not None:
            self._show(self._sides)

    def action_baseline(self) -> None:
        """Measure against the next version."""
        self._references = (*self._references[1:], self._references[0])
        self.changed()

    def action_copy(self) -> None:
        """Copy the command that compares these versions."""
        self.shelf.action_copy_text(f"modelshelf compare {' '.join(self._references)}")


def _compare(registry: Registry, references: tuple[str, ...], letters: dict[str, str]) -> _Sides:
    versions = [registry.versions.get(reference) for reference in references]
    marks = {version.reference: version_mark(version, letters).text for version in versions}
    return _Sides(registry.comparisons.compare(references), marks)
