"""A list under a title in a rule; the cursor walks on from one such list to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.segment import Segment
from textual.strip import Strip

from modelshelf.tui.show import Cell, fit
from modelshelf.tui.widgets.grid import Layout
from modelshelf.tui.widgets.rows import Rows
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from rich.style import Style

T = TypeVar("T")

_DASH, _WALL = "─", "│"


class Section(VTable[T]):
    """A list whose head is a rule with a title in it, and that only shows a cursor with the keys.

    Attributes:
        title: What stands in the rule.
        join: The sign with which the rule begins; where it is no dash, a line runs down the left
            side, unless the screen is narrow.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"section--rule"}
    DEFAULT_CSS = """
    Section {
        & > .section--rule { color: $rule; }
        & > .grid--cursor-blurred { background: $background; }
    }
    """

    class Left(VTable.Moved):
        """The cursor wants to go on beyond an end of the list.

        Attributes:
            by: 1 beyond the last row, -1 beyond the first.
        """

        def __init__(self, table: VTable[Any], by: int) -> None:
            super().__init__(table)
            self.by = by

    def __init__(self, layout: Layout[T], *, title: str, join: str = _DASH, id: str) -> None:  # noqa: A002 - Textual's word
        """Make an empty list under ``title``."""
        super().__init__(layout, id=id)
        self.title: tuple[Cell, ...] = (Cell(title, "strong"),)
        self.join = join
        self.can_focus = False

    def put(self, rows: Sequence[T], *title: Cell, empty: str = "") -> None:
        """Show rows under a title; the cursor stays on its row.

        Args:
            rows: The rows.
            title: What stands in the rule, part by part.
            empty: What is said where there are none.
        """
        self.title = title
        self.empty = empty
        self.can_focus = bool(rows)  # Tab goes past what has nothing to choose
        self.show(Rows.all_of(rows))

    def on_focus(self) -> None:
        """Come into sight at once, where the lists stand below each other."""
        self.call_after_refresh(self.scroll_visible, animate=False)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows, over the ends to the next list."""
        if 0 <= self.cursor + rows < self.rows.total:
            super().action_move(rows)
        else:
            self.post_message(self.Left(self, 1 if rows > 0 else -1))

    def render_line(self, y: int) -> Strip:
        """Draw the title, or a row beside the line to the left."""
        width = self.size.width
        if y == 0:
            return self._rule(width)
        drawn = super().render_line(y)
        if not self._walled:
            return drawn
        return Strip.join([Strip([Segment(_WALL, self._look("section--rule"))]), drawn]).crop(
            0, width
        )

    @property
    def _walled(self) -> bool:
        return self.join != _DASH and not self.screen.has_class("-narrow")

    def _rule(self, width: int) -> Strip:
        rule = self._look("section--rule")
        begin = self.join if self._walled else _DASH
        drawn = [Segment(f"{begin}{_DASH} ", rule)]
        for cell in self.title:
            style = self.rich_style if cell.look == "plain" else self._look(f"grid--{cell.look}")
            drawn.append(Segment(f"{cell.text} ", style))
        strip = Strip(drawn)
        if strip.cell_length > width:
            text = fit("".join(segment.text for segment in drawn), width, begins=True)
            return Strip([Segment(text, rule)], width)
        return Strip([*drawn, Segment(_DASH * (width - strip.cell_length), rule)], width)

    def _look(self, name: str) -> Style:
        return self.rich_style + self.get_component_rich_style(name, partial=True)
