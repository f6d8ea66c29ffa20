"""The rows of the table of actions of the dashboard."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

DASHBOARD_ACTIONS: tuple[Action, ...] = (
    Action(
        "dashboard.open",
        "enter",
        "open",
        "open",
        "Go to what is under the cursor: version, request, folder, entry, hook.",
        "dashboard",
        footer=True,
    ),
    Action(
        "dashboard.promote",
        "p",
        "promote",
        "promote",
        "Review giving the version under the cursor a stage; nothing changes before ctrl+s.",
        "dashboard",
        footer=True,
        takes="contributor",
    ),
    Action(
        "dashboard.rollback",
        "b",
        "rollback",
        "roll back",
        "Review going back to an earlier assignment; nothing changes before ctrl+s.",
        "dashboard",
        footer=True,
        takes="contributor",
    ),
    Action(
        "dashboard.filter",
        "slash",
        "filter",
        "find",
        "Find versions over all models, on the models screen.",
        "dashboard",
        footer=True,
    ),
    Action("dashboard.refresh", "r", "refresh", "refresh", "Ask the catalog again.", "dashboard"),
    Action(
        "dashboard.back", "escape", "back", "back", "Go to the part one came from.", "dashboard"
    ),
)
