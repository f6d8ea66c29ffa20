"""The rows of the table of actions of the dashboard."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

DASHBOARD_ACTIONS: tuple[Action, ...] = (
    Action("dashboard.refresh", "r", "refresh", "refresh", "Ask the catalog again.", "dashboard"),
)
