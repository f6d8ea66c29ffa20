"""Picking a version to be compared: likely ones at once, any other by typing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.tui import comparing, titles
from modelshelf.tui.actions import bindings
from modelshelf.tui.comparing import Offer
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import Cell, age, ladder, number, sentence, styled, version_mark
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.rows import Rows
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from textual.widget import Widget

    from modelshelf.tui.facts import Facts

_EXAMPLES = "type to search:   churn   risk/churn:v3   stage:production   metrics.auc>=0.9"
_METRICS = 2


class AddingScreen(Frame):
    """A line to type in and the versions it finds; the keys move the list while one types."""

    where = "adding"
    BINDINGS = bindings("adding")
    AUTO_FOCUS = "#sought"
    DEFAULT_CSS = """
    AddingScreen {
        #sought { height: 1; border: none; padding: 0 1; background: $surface; }
        #offers { height: 1fr; }
    }
    """

    def __init__(
        self, compared: Sequence[str], lately: Sequence[str], then: Callable[[str], None]
    ) -> None:
        """Offer versions.

        Args:
            compared: Those that are compared already.
            lately: Those that were compared before.
            then: Called with the version that was picked, after the screen is gone.
        """
        super().__init__()
        self._compared, self._lately, self._then = tuple(compared), tuple(lately), then

    def body(self) -> Iterable[Widget]:
        """Yield the line and the list."""
        beside = f"  beside {', '.join(self._compared)}" if self._compared else ""
        yield Rule(styled(("add a version", "strong"), "  enter adds it", (beside, "dim")))
        yield Input(id="sought", placeholder=_EXAMPLES, compact=True)
        yield VTable(_layout({}, self.shelf.clock), empty="looking …", id="offers")

    @property
    def offers(self) -> VTable[Offer]:
        """The list."""
        return self.query_one("#offers", VTable)

    def opened(self, facts: Facts) -> None:
        """Offer what is likely."""
        self.offers.lay(_layout(ladder(facts.stages), self.shelf.clock))
        self._look()

    def changed(self) -> None:
        """Look again."""
        self._look()

    @on(Input.Changed, "#sought")
    def _typed(self) -> None:
        self.soon("look", titles.TYPING, self._look)

    def _look(self) -> None:
        text = self.query_one("#sought", Input).value.strip()
        compared, lately = self._compared, self._lately
        self.ask("offers", lambda r: comparing.offers(r, text, compared, lately), self._show)

    def _show(self, found: tuple[Offer, ...]) -> None:
        self.say()
        self.offers.show(Rows.all_of(found), cursor=0)
        if not found:
            self.offers.say("no version is found")
        self.refresh_keys()

    def failed(self, group: str, error: ModelshelfError) -> None:
        """Say what is wrong with the search; what was found before stays."""
        del group
        self.say(sentence(error))

    def reason_against(self, action: str) -> str:
        """Return that there is nothing to add."""
        nothing = action == "adding.choose" and self.offers.current is None
        return "No version is found." if nothing else ""

    # --- keys -------------------------------------------------------------------------------------

    @on(Input.Submitted, "#sought")
    @on(VTable.Opened)
    def action_choose(self) -> None:
        """Add the version under the cursor."""
        offer = self.offers.current
        if offer is not None and self.is_current:
            self.dismiss()
            self._then(offer.version.reference)

    def action_step(self, by: int) -> None:
        """Move the cursor of the list while the line keeps the keys."""
        self.offers.action_move(by)

    def action_page(self, by: int) -> None:
        """Move it by a page."""
        self.offers.action_pages(float(by))


def _layout(marks: Mapping[str, str], clock: Callable[[], datetime]) -> Layout[Offer]:
    def cells(offer: Offer) -> tuple[Cell, ...]:
        version = offer.version
        metrics = sorted(version.metrics)[:_METRICS]
        told = "  ".join(f"{safe(name, 20)} {number(version.metrics[name])}" for name in metrics)
        return (
            Cell(safe(version.reference), "dim" if version.archived else "plain"),
            version_mark(version, marks),
            Cell(told),
            Cell(age(clock(), version.created_at), "dim"),
            Cell(safe(offer.why, 60), "dim"),
        )

    return Layout(
        (
            Column("version", 20, grow=True, most=50),
            Column("stage", 7),
            Column("metrics", 24, begins=True),
            Column("age", 5, right=True, rank=2),
            Column("why", 18, begins=True, rank=1),
        ),
        cells,
        lambda offer: offer.version.id,
    )
