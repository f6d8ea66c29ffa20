"""One step in a list whose cursor is moved by the keys of the screen around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widgets import OptionList


def step(options: OptionList, by: int) -> None:
    """Move the cursor of ``options`` down by one, or up where ``by`` is negative."""
    if by > 0:
        options.action_cursor_down()
    else:
        options.action_cursor_up()
