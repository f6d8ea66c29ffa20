"""The rows of the table of actions of the compare screen, and of adding a version for it."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

COMPARE_ACTIONS: tuple[Action, ...] = (
    Action(
        "compare.add", "a", "add", "add", "Add a version, eight at most.", "compare", footer=True
    ),
    Action(
        "compare.baseline", "b", "baseline", "baseline",
        "Measure against the version under the cursor; on the baseline, against the next one.",
        "compare", footer=True,
    ),
    Action(
        "compare.differing", "d", "differing", "differences",
        "Show only what differs, or everything.", "compare", footer=True,
    ),
    Action(
        "compare.view", "v", "view", "chart",
        "Draw the row under the cursor as bars, a metric also over all versions; again for values.",
        "compare", footer=True,
    ),
    Action(
        "compare.tensors", "t", "tensors", "tensors",
        "Compare the tensors value by value, layer by layer; again or esc to stop.", "compare",
        footer=True,
    ),
    Action(
        "compare.remove", "x", "remove", "remove",
        "Take the version under the cursor out of the comparison.", "compare",
    ),
    Action(
        "compare.open", "enter", "open", "open",
        "Go to the version under the cursor, which h and l move.", "compare",
    ),
    Action(
        "compare.export", "e", "export", "export",
        "Copy the comparison as Markdown, for a pull request.", "compare",
    ),
    Action(
        "compare.copy", "y", "copy", "copy", "Copy the command that compares these versions.",
        "compare",
    ),
    Action(
        "compare.refresh", "r", "refresh", "refresh",
        "Ask the catalog again; it is also asked whenever somebody changed it.", "compare",
    ),
    Action(
        "compare.back", "escape", "back", "back",
        "Stop what is being read, else go to the part one came from.", "compare",
    ),
    Action(
        "adding.choose", "enter", "choose", "add", "Add the version under the cursor.", "adding",
        footer=True,
    ),
    Action("adding.down", "down,ctrl+n", "step(1)", "down", "Next version.", "adding"),
    Action("adding.up", "up", "step(-1)", "up", "Previous version.", "adding"),
    Action("adding.page_down", "pagedown", "page(1)", "page down", "One page down.", "adding"),
    Action("adding.page_up", "pageup", "page(-1)", "page up", "One page up.", "adding"),
    Action(
        "adding.back", "escape", "back", "back", "Add nothing.", "adding", footer=True
    ),
)  # fmt: skip
