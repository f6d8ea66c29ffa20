"""The dashboard: what serves, what waits, what happened, what is stored."""

from __future__ import annotations

from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.frame import Frame


class DashboardScreen(Frame):
    """The first screen."""

    where = "dashboard"
    BINDINGS = bindings("dashboard")

    def action_refresh(self) -> None:
        """Ask again."""
        self.changed()
