"""The rows of the table of actions of the audit log."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

AUDIT_ACTIONS: tuple[Action, ...] = (
    Action(
        "audit.open", "enter", "open", "open",
        "Go to what this entry is about: a version, a request, the inbox.", "audit", footer=True,
    ),
    Action(
        "audit.then", "t", "then", "as it was",
        "Show everything as it was right after this entry, read-only.", "audit", footer=True,
    ),
    Action(
        "audit.earlier", "left_square_bracket", "step(-1)", "earlier",
        "In the past: one entry further back.", "audit",
    ),
    Action(
        "audit.later", "right_square_bracket", "step(1)", "later",
        "In the past: one entry nearer to now.", "audit",
    ),
    Action(
        "audit.filter", "slash", "filter", "filter",
        "Filter the entries: a model or version, event:…, actor:…, since:…, until:….", "audit",
        footer=True, typing=True,
    ),
    Action(
        "audit.actor", "a", "only('actor')", "only by", "Only what this person or program did; "
        "again for everybody.", "audit",
    ),
    Action(
        "audit.model", "m", "only('model')", "only of", "Only what is about this model; again for "
        "all.", "audit",
    ),
    Action(
        "audit.event", "e", "only('event')", "only such", "Only this kind of event; again for all.",
        "audit",
    ),
    Action(
        "audit.back", "escape", "back", "back",
        "Clear the filter, else go to the part one came from.", "audit", footer=True,
    ),
    Action(
        "audit.copy", "y", "copy", "copy seal", "Copy the sequence number and seal of this entry.",
        "audit", footer=True,
    ),
    Action(
        "audit.copy_command", "Y", "copy_command", "copy command",
        "Copy the command line that shows the same entries.", "audit",
    ),
    Action("audit.refresh", "r", "refresh", "refresh", "Ask the catalog again.", "audit"),
)  # fmt: skip
