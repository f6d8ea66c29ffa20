"""Two small lists over the models screen: the order of the versions, and their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from modelshelf.domain.text import safe
from modelshelf.tui.actions import bindings
from modelshelf.tui.choosing import COLUMNS_MOST
from modelshelf.tui.show import STYLES
from modelshelf.tui.widgets.stepping import step

if TYPE_CHECKING:
    from textual.app import ComposeResult

R = TypeVar("R")


class Picker(ModalScreen[R | None]):
    """A titled list over the screen; Esc leaves everything as it is."""

    DEFAULT_CSS = """
    Picker {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 52; max-width: 100%; height: auto; max-height: 90%;
            border: round $rule; background: $surface; padding: 0 1;
        }
        OptionList {
            height: auto; max-height: 24; border: none; background: $surface; padding: 0;
            text-wrap: nowrap; text-overflow: ellipsis;
            &:focus { border: none; }
        }
        Static { height: auto; color: $quiet; }
    }
    """
    heading = ""
    told = ""

    def compose(self) -> ComposeResult:
        """Lay out the list and a line about its keys."""
        with Vertical() as box:
            box.border_title = Content(self.heading)
            yield OptionList(markup=False)
            yield Static(self.told, markup=False)

    @property
    def options(self) -> OptionList:
        """The list."""
        return self.query_one(OptionList)

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class SortPicker(Picker[str]):
    """Offers every order of the versions; Enter or a click takes one."""

    BINDINGS = bindings("sorting")
    heading = "Order of the versions"
    told = "enter takes it   esc leaves it"

    def __init__(self, orders: Sequence[tuple[str, str]], sort: str) -> None:
        """Offer ``orders``, as typed and in words, with the cursor on the present one."""
        super().__init__()
        self._orders = orders
        self._sort = sort

    def on_mount(self) -> None:
        """Fill the list."""
        for place, (sort, words) in enumerate(self._orders):
            now = sort == self._sort
            self.options.add_option(
                Option(Content.assemble(("● " if now else "  ", STYLES["accent"]), words))
            )
            if now:
                self.options.highlighted = place

    @on(OptionList.OptionSelected)
    def _taken(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._orders[event.option_index][0])

    def action_next(self, by: int) -> None:
        """Move the cursor."""
        step(self.options, by)


class ColumnPicker(Picker[tuple[str, ...]]):
    """Every column the versions can have, those that are shown first and in their order."""

    BINDINGS = bindings("columns")
    heading = "Columns of the versions"
    told = (
        "space shows or hides   J K move it   d the usual ones\nenter takes them       esc leaves"
    )

    def __init__(self, offered: Sequence[str], shown: Sequence[str], usual: Sequence[str]) -> None:
        """Offer columns, of which some are shown; ``usual`` are shown while nobody chooses."""
        super().__init__()
        self._names = [*shown, *(name for name in offered if name not in shown)]
        self._shown = set(shown)
        self._usual = tuple(usual)

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(0)

    def _fill(self, at: int) -> None:
        self.options.clear_options()
        for name in self._names:
            sign = ("● ", STYLES["accent"]) if name in self._shown else ("  ", "")
            self.options.add_option(Option(Content.assemble(sign, safe(name, 100))))
        self.options.highlighted = at

    @property
    def _place(self) -> int:
        return self.options.highlighted or 0

    @property
    def chosen(self) -> tuple[str, ...]:
        """The columns that are shown, in order."""
        return tuple(name for name in self._names if name in self._shown)

    def action_show(self) -> None:
        """Show the column under the cursor, or hide it."""
        name = self._names[self._place]
        if name not in self._shown and len(self._shown) >= COLUMNS_MOST:
            self.query_one(Static).update(f"{COLUMNS_MOST} columns are shown; that is the most.")
            return
        self._shown ^= {name}
        self._fill(self._place)

    def action_carry(self, by: int) -> None:
        """Move the column under the cursor."""
        here, there = self._place, self._place + by
        if 0 <= there < len(self._names):
            self._names[here], self._names[there] = self._names[there], self._names[here]
            self._fill(there)

    def action_usual(self) -> None:
        """Show the usual columns, also where other metrics are usual."""
        self.dismiss(())

    def action_next(self, by: int) -> None:
        """Move the cursor."""
        step(self.options, by)

    def action_take(self) -> None:
        """Show what is chosen; nothing chosen stands for the usual columns."""
        chosen = self.chosen
        self.dismiss(() if chosen == self._usual else chosen)

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_show()
