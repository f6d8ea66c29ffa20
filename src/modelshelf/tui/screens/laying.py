"""What the compare screen shows: a table of versions, and the row under its cursor in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import VerticalScroll
from textual.widgets import Static

from modelshelf.tui import comparing, differences, tensors
from modelshelf.tui.comparing import Laid
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import ladder, line, lines, sentence, styled
from modelshelf.tui.widgets.chart import Chart, drawable
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.sides import Sides
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.content import Content
    from textual.widget import Widget

    from modelshelf.domain.comparison import Comparison
    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.tui.facts import Facts

_MOVING = 0.05


class Laying(Frame):
    """Fills the table of versions; a subclass has the keys.

    Attributes:
        asked: The versions that somebody wants to compare.
        baseline: The one that the others are measured against.
        cursor_on: The one whose column has the cursor.
        lately: Versions that were compared before, the last ones first.
        everything: Whether what is the same is shown too.
        charted: Whether the row under the cursor is drawn.
        laid: What is shown.
        values: What is known of their tensors.
    """

    DEFAULT_CSS = """
    Laying {
        #teaching { display: none; height: 1fr; padding: 1 3; }
        #compared { height: 1fr; }
        #row { height: auto; max-height: 6; padding: 0 1; scrollbar-size-vertical: 1; }
        #row:focus { background-tint: $foreground 3%; }
        &.-narrow #row { max-height: 4; }
        #chart { display: none; height: 3fr; }
        &.-charted #chart { display: block; }
        &.-charted #compared { height: 2fr; }
        &.-charted #row { display: none; }
        &.-empty #teaching { display: block; }
        &.-empty #row, &.-empty #row-rule, &.-empty #chart { display: none; }
    }
    """

    def __init__(self) -> None:
        """Compare nothing yet: somebody says what."""
        super().__init__()
        self.asked: tuple[str, ...] = ()
        self.baseline = ""
        self.cursor_on = ""
        self.lately: tuple[str, ...] = ()
        self.everything = False
        self.charted = False
        self.laid: Laid | None = None
        self.values: tensors.Found | None = None

    def body(self) -> Iterable[Widget]:
        """Yield title, table, and below it the row under the cursor."""
        yield Rule(id="compare-rule")
        yield Static(id="teaching", markup=False)
        yield Sides(empty="comparing …", id="compared")
        yield Rule(id="row-rule")
        yield VerticalScroll(Static(id="values", markup=False), id="row")
        yield Chart(id="chart")

    @property
    def table(self) -> Sides:
        """The table."""
        return self.query_one("#compared", Sides)

    @property
    def comparison(self) -> Comparison | None:
        """What is compared, once it is known."""
        return None if self.laid is None else self.laid.comparison

    @property
    def chosen(self) -> str:
        """The version whose column has the cursor; of a single one, that one."""
        if self.comparison is None:
            return self.asked[0] if self.asked else ""
        return self.comparison.references[self.table.place]

    # --- asking -----------------------------------------------------------------------------------

    def opened(self, facts: Facts) -> None:
        """Ask for the comparison."""
        if not self.asked:
            self.forget("compare")
            self._show(Laid((), (), None, {}))
            return
        asked, baseline, letters = self.asked, self.baseline, ladder(facts.stages)
        self.ask("compare", lambda r: comparing.laid(r, asked, baseline, letters), self._show)

    def changed(self) -> None:
        """Ask again: stages move, metrics are added."""
        if self.shelf.facts is not None:
            self.opened(self.shelf.facts)

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say in place of the table why there is none; everything else above the footer."""
        if group == "compare":
            self.laid = None
            self._tell([line(sentence(error), 500)])
            self.refresh_keys()
        else:
            super().failed(group, error)

    def _show(self, laid: Laid) -> None:
        facts = self.shelf.facts
        self.laid = laid
        if facts is not None and not facts.past:  # what is not there yet will be there again
            self.asked = laid.references
        if laid.said:
            self.say(laid.said)
        compared = laid.comparison
        self.set_class(compared is None, "-empty")
        self.table.display = compared is not None
        if compared is None:
            self._teach()
        else:
            self.baseline = compared.references[compared.baseline]
            seen = dict.fromkeys((*compared.references, *self.lately))
            self.lately = tuple(seen)[: comparing.LATELY]
            self.show_rows()
            if self.focused is None:
                self.set_focus(self.table)
        self.refresh_keys()

    # --- showing ----------------------------------------------------------------------------------

    def show_rows(self) -> None:
        """Fill the table with what is compared."""
        laid, compared = self.laid, self.comparison
        if laid is None or compared is None:
            return
        names = compared.references
        place = names.index(self.cursor_on) if self.cursor_on in names else compared.baseline
        if self.values is not None and self.values.asked == (*names, names[compared.baseline]):
            compared = replace(compared, sections=(*compared.sections, self.values.section))
        shown = compared if self.everything else compared.differing()
        self.table.compare(compared, laid.marks, place)
        first = None if self.table.current is not None else 1  # behind the name of its section
        self.table.show(differences.rows(shown), cursor=first)
        if not any(section.rows for section in shown.sections):
            self.table.say("Nothing that is recorded differs. d shows everything.")
        what = "everything" if self.everything else "only what differs"
        self.query_one("#compare-rule", Rule).title = styled(
            ("compare", "strong"),
            (f"  {len(names)} versions, baseline ", "dim"),
            (names[compared.baseline], "accent"),
            (f"  {what}", "dim"),
        )
        self.show_row()

    def show_view(self) -> None:
        """Show the chart, or the values."""
        self.set_class(self.charted, "-charted")

    @on(VTable.Moved, "#compared")
    def show_row(self) -> None:
        """Show every value of the row under the cursor, or draw it."""
        laid, compared, shown = self.laid, self.comparison, self.table.current
        if laid is None or compared is None:
            return
        row = None if shown is None else shown.row
        title = () if shown is None else ((shown.section, "dim"),)
        named = () if row is None else ("  ", (row.key, "strong"))
        self.query_one("#row-rule", Rule).title = styled(*title, *named)
        place = self.table.place
        if self.charted:
            self.query_one(Chart).show(compared, laid.marks, shown, place)
            self.soon("series", _MOVING, self._load_series)
        elif shown is not None:
            told = differences.whole(compared, laid.marks, shown, place)
            self.query_one("#values", Static).update(told)

    @on(Sides.Crossed)
    def _crossed(self) -> None:
        self.cursor_on = self.chosen
        self.show_row()

    def _load_series(self) -> None:
        """Ask for the metric under the cursor over all versions."""
        compared, shown = self.comparison, self.table.current
        row = None if shown is None else shown.row
        self.forget("series")
        if compared is None or shown is None or row is None or shown.section != "metrics":
            return
        if any(drawable(value) is not None for value in row.values):
            key = row.key
            models = [reference.rpartition(":")[0] for reference in compared.references]
            draw = self.query_one(Chart).go_on
            self.ask("series", lambda r: comparing.series(r, key, models), draw)

    def show_tensors(self, found: tensors.Found | None) -> None:
        """Show what came of comparing tensors, unless other versions are compared by now."""
        compared = self.comparison
        if found is None or compared is None:
            return
        names = compared.references
        if found.asked == (*names, names[compared.baseline]):
            self.values = found
            self.say(found.words)
            self.show_rows()

    def _teach(self) -> None:
        """Say how one comes to a comparison."""
        first: list[Content] = []
        if self.asked:
            first = [styled((self.asked[0], "accent"), " waits for another one.")]
        body = [
            *first,
            styled(("Two to eight versions side by side.", "strong")),
            styled(""),
            styled(("a", "accent"), "      adds a version here"),
            styled(
                ("2", "accent"), "      goes to the models: space marks versions, c compares them"
            ),
            styled("       c alone compares a version with the one in the highest stage"),
        ]
        self._tell(body)

    def _tell(self, body: list[Content]) -> None:
        """Say something in place of the table."""
        self.add_class("-empty")
        self.table.forget()
        self.table.display = False
        self.query_one("#compare-rule", Rule).title = styled(("compare", "strong"))
        self.query_one("#teaching", Static).update(lines(body))
