"""A table whose rows are a tree: left and right fold and unfold instead of scrolling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual import events

T = TypeVar("T")


class Folding(VTable[T]):
    """The keys of any table; what folding means is for the screen."""

    class Folded(VTable.Moved):
        """The row under the cursor is to be folded or unfolded.

        Attributes:
            by: -1 to fold or go out, 1 to unfold or go in.
        """

        def __init__(self, table: VTable[Any], by: int) -> None:
            super().__init__(table)
            self.by = by

    def action_sideways(self, cells: int) -> None:
        """Fold or unfold."""
        self.post_message(self.Folded(self, 1 if cells > 0 else -1))

    def on_click(self, event: events.Click) -> None:
        """A click on the sign of a namespace folds it or unfolds it."""
        row = int(event.y) - 1 + self.scroll_offset.y
        value = self.rows.get(row) if event.y >= 1 else None
        folded = self.folded_at(value, int(event.x) - self.gutter.left - 1)
        if folded is None:
            return
        event.prevent_default()
        self.cursor = row
        self.post_message(self.Folded(self, 1 if folded else -1))

    def folded_at(self, value: T | None, x: int) -> bool | None:
        """Return whether the row is folded, if its sign stands at cell ``x``; else ``None``."""
        depth, folded = getattr(value, "depth", 0), getattr(value, "folded", False)
        on_sign = getattr(value, "kind", "") == "namespace" and depth * 2 <= x <= depth * 2 + 1
        return bool(folded) if on_sign else None
