"""The rows of the table of actions of the list under a filter that says what may come next."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

# They stand before the other keys of a filter, and are off while there is no such list.
FILTERING_ACTIONS: tuple[Action, ...] = (
    Action(
        "filter.take", "tab", "take", "complete",
        "Take the suggestion; where nothing is written yet, list what can be asked.", "filter",
        footer=True,
    ),
    Action(
        "filter.take_right", "right", "take_right", "complete",
        "Take the suggestion, at the end of the line.", "filter",
    ),
    Action(
        "filter.next", "down", "suggestion(1)", "suggestions", "Go into the list of suggestions.",
        "filter",
    ),
    Action(
        "filter.before", "up", "suggestion(-1)", "suggestions", "Previous suggestion.", "filter"
    ),
    Action(
        "filter.choose", "enter", "choose", "take", "Take the suggestion under the cursor.",
        "filter",
    ),
    Action(
        "filter.unlist", "escape", "unlist", "close list", "Close the list.", "filter", footer=True
    ),
)  # fmt: skip
