"""The rows of the table of actions of the audit log."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

AUDIT_ACTIONS: tuple[Action, ...] = (
    Action(
        "audit.filter",
        "slash",
        "filter",
        "filter",
        "Filter the entries: a model's name, event:…, actor:…, since:…, until:….",
        "audit",
        footer=True,
    ),
    Action(
        "audit.back",
        "escape",
        "back",
        "back",
        "Clear the filter, else go back to the models.",
        "audit",
        footer=True,
    ),
    Action(
        "audit.copy",
        "y",
        "copy",
        "copy seal",
        "Copy the sequence number and seal of this entry.",
        "audit",
        footer=True,
    ),
    Action(
        "audit.refresh",
        "r",
        "refresh",
        "refresh",
        "Ask the catalog again.",
        "audit",
    ),
)
