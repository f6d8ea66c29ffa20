"""The rows of the table of actions of the compare screen."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

COMPARE_ACTIONS: tuple[Action, ...] = (
    Action(
        "compare.differing",
        "d",
        "differing",
        "differences",
        "Show only what differs, or everything.",
        "compare",
        footer=True,
    ),
    Action(
        "compare.baseline",
        "b",
        "baseline",
        "baseline",
        "Measure against the next version instead.",
        "compare",
        footer=True,
    ),
    Action(
        "compare.tensors",
        "t",
        "tensors",
        "tensors",
        "Compare the tensors value by value, layer by layer; again to stop.",
        "compare",
        footer=True,
    ),
    Action(
        "compare.copy",
        "y",
        "copy",
        "copy",
        "Copy the command that compares these versions.",
        "compare",
    ),
    Action(
        "compare.back",
        "escape,q",
        "back",
        "back",
        "Go back.",
        "compare",
        footer=True,
    ),
)
