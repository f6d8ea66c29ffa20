"""The rows of the table of actions of hooks and health."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

HEALTH_ACTIONS: tuple[Action, ...] = (
    Action("health.refresh", "r", "refresh", "refresh", "Ask the catalog again.", "health"),
)
