"""Hooks and health: deliveries, checks of the registry, the proof of the log, storage."""

from __future__ import annotations

from modelshelf.tui.actions import bindings
from modelshelf.tui.screens.frame import Frame


class HealthScreen(Frame):
    """Whether everything is in order."""

    where = "health"
    BINDINGS = bindings("health")

    def action_refresh(self) -> None:
        """Ask again."""
        self.changed()
