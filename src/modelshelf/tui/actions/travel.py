"""The rows of the table of actions that ask for a moment."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

TRAVEL_ACTIONS: tuple[Action, ...] = (
    Action(
        "travel.go", "enter", "go", "show it", "Show everything as it was then, read-only.",
        "travel", footer=True, typing=True,
    ),
    Action(
        "travel.earlier", "down", "step(-1)", "one earlier", "The entry before.", "travel",
        footer=True, typing=True,
    ),
    Action(
        "travel.later", "up", "step(1)", "one later", "The entry after.", "travel",
        footer=True, typing=True,
    ),
    Action(
        "travel.back", "escape", "back", "stay here", "Stay at the moment that is shown.",
        "travel", footer=True, typing=True,
    ),
)  # fmt: skip
