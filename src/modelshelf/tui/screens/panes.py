"""A screen of panes, of which a narrow terminal shows one at a time."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.reactive import reactive

from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.widgets.vtable import VTable


class Panes(Frame):
    """Enter goes one pane in, Esc one out; the pane with the keys has a class on the screen.

    A subclass says in its style which parts a screen of the class ``-narrow`` shows beside the
    class ``-at-`` and the name of the pane.

    Attributes:
        panes: Ids of the widgets that are panes, from outside in.
        pane: The one in front.
    """

    panes: ClassVar[tuple[str, ...]] = ("",)
    pane: reactive[str] = reactive("")

    def __init__(self) -> None:
        """Begin outside, before there is anything that would be styled once more."""
        super().__init__()
        self.set_reactive(Panes.pane, self.panes[0])
        self.add_class(f"-at-{self.panes[0]}", update=False)

    def watch_pane(self, old: str, new: str) -> None:
        """Tell the style which pane is in front."""
        self.remove_class(f"-at-{old}", update=False)  # the style is looked up once for both
        self.add_class(f"-at-{new}")

    def go_to_pane(self, pane: str) -> None:
        """Bring a pane to the front and give it the keys."""
        self.pane = pane
        self.set_focus(self.query_one(f"#{pane}"))

    def on_descendant_focus(self) -> None:
        """The pane that got the keys is the one in front."""
        focused = self.focused.id if self.focused is not None else None
        if focused in self.panes:
            self.pane = str(focused)

    @on(VTable.Opened)
    def action_open(self) -> None:
        """Go in, with Enter or a second click."""
        self.go_in()

    def go_in(self) -> None:
        """Go one pane further in."""
        place = self.panes.index(self.pane)
        if place + 1 < len(self.panes):
            self.go_to_pane(self.panes[place + 1])

    def go_out(self) -> None:
        """Go one pane further out."""
        place = self.panes.index(self.pane)
        if place > 0:
            self.go_to_pane(self.panes[place - 1])
