"""The rows of the table of actions that belong to the lineage."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

LINEAGE_ACTIONS: tuple[Action, ...] = (
    Action(
        "lineage.open", "enter", "open", "middle", "Put this thing into the middle.", "lineage",
        footer=True,
    ),
    Action(
        "lineage.focus", "f", "related", "only related",
        "Show only what this came from and what came of it, or everything.", "lineage",
        footer=True,
    ),
    Action(
        "lineage.impact", "i", "impact", "impact",
        "Show what serves because of this, its licences, leaks and suggestions; or hide them.",
        "lineage", footer=True,
    ),
    Action(
        "lineage.mark", "space", "mark", "mark",
        "Mark this thing; every other then says the way to it, or what both came from.", "lineage",
    ),
    Action(
        "lineage.further", "right_square_bracket", "hops(1)", "further", "Show one step more.",
        "lineage", footer=True,
    ),
    Action(
        "lineage.nearer", "left_square_bracket", "hops(-1)", "nearer", "Show one step less.",
        "lineage",
    ),
    Action(
        "lineage.version", "o", "version", "version", "Go to this version among its model's.",
        "lineage", footer=True,
    ),
    Action(
        "lineage.export", "e", "export", "export", "Copy the graph, for a document or a program.",
        "lineage",
    ),
    Action(
        "lineage.form", "E", "form", "form",
        "Export it otherwise: as Mermaid, DOT or OpenLineage.", "lineage",
    ),
    Action(
        "lineage.save", "S", "save", "save",
        "Write the export into a new file in the folder Modelshelf was started in.", "lineage",
    ),
    Action(
        "lineage.copy", "y", "copy", "copy",
        "Copy how this thing is written, such as dataset:customers.", "lineage",
    ),
    Action("lineage.refresh", "r", "refresh", "refresh", "Ask the catalog again.", "lineage"),
    Action(
        "lineage.back", "escape", "back", "back",
        "Show all again, else what was in the middle before, else go to the part one came from.",
        "lineage",
    ),
    Action("graph.left", "h,left", "along(-1)", "origin", "To the nearest origin.", "graph"),
    Action("graph.right", "l,right", "along(1)", "result", "To what came of it.", "graph"),
    Action("graph.down", "j,down", "across(1)", "down", "To the next thing below.", "graph"),
    Action("graph.up", "k,up", "across(-1)", "up", "To the next thing above.", "graph"),
    Action("graph.root", "g,home", "root", "root", "To the thing that was asked about.", "graph"),
    Action("graph.view_left", "H", "sideways(-16)", "view left", "Move the view left.", "graph"),
    Action("graph.view_right", "L", "sideways(16)", "view right", "Move the view right.", "graph"),
)  # fmt: skip
