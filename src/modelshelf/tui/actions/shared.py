"""The rows of the table of actions that several screens share: lists, filters, the app itself."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

SHARED_ACTIONS: tuple[Action, ...] = (
    Action(
        "filter.enter", "enter", "submit", "to the list", "Go to the list.", "filter", footer=True
    ),
    Action("filter.down", "down", "submit", "to the list", "Go to the list.", "filter"),
    Action("filter.clear", "escape", "screen.back", "clear", "Clear it.", "filter", footer=True),
    Action("help.down", "down,ctrl+n", "next(1)", "down", "Next action.", "help"),
    Action("help.up", "up", "next(-1)", "up", "Previous action.", "help"),
    Action("help.page_down", "pagedown", "page(1)", "page down", "One page down.", "help"),
    Action("help.page_up", "pageup", "page(-1)", "page up", "One page up.", "help"),
    Action("help.close", "escape,f1", "close", "close", "Close the list.", "help"),
    Action("jump.close", "escape,ctrl+o", "close", "close", "Go nowhere.", "jump"),
    Action("table.down", "j,down", "move(1)", "down", "Next row.", "table"),
    Action("table.up", "k,up", "move(-1)", "up", "Previous row.", "table"),
    Action("table.page_down", "pagedown", "pages(1.0)", "page down", "One page down.", "table"),
    Action("table.page_up", "pageup", "pages(-1.0)", "page up", "One page up.", "table"),
    Action("table.half_down", "ctrl+d", "pages(0.5)", "half down", "Half a page down.", "table"),
    Action("table.half_up", "ctrl+u", "pages(-0.5)", "half up", "Half a page up.", "table"),
    Action("table.first", "g,home", "first", "first", "First row.", "table"),
    Action("table.last", "G,end", "last", "last", "Last row.", "table"),
    Action("table.left", "h,left", "sideways(-8)", "left", "Columns to the left.", "table"),
    Action("table.right", "l,right", "sideways(8)", "right", "Columns to the right.", "table"),
    Action(
        "app.dashboard", "1", "mode('dashboard')", "dashboard",
        "What serves, what waits, what happened.", "app",
    ),
    Action("app.models", "2", "mode('models')", "models", "Models and their versions.", "app"),
    Action(
        "app.inbox", "3", "mode('inbox')", "inbox", "What was dropped and what became of it.", "app"
    ),
    Action(
        "app.reviews", "4", "mode('reviews')", "reviews",
        "Who asks for which stage, and what speaks for and against it.", "app",
    ),
    Action(
        "app.lineage", "5", "mode('lineage')", "lineage",
        "What things came from, what came of them, and what serves because of it.", "app",
    ),
    Action(
        "app.compare", "6", "mode('compare')", "compare", "Versions side by side.", "app"
    ),
    Action("app.audit", "7", "mode('audit')", "audit", "The audit log, newest first.", "app"),
    Action(
        "app.health", "8", "mode('health')", "health",
        "Hooks, storage, checks of the registry, and the proof of its log.", "app",
    ),
    Action("app.last_view", "minus", "last_mode", "last view", "Go to the last view.", "app"),
    Action(
        "app.undo", "u", "undo", "undo",
        "Review taking your last change back; nothing changes before ctrl+s.", "app",
        takes="contributor",
    ),
    Action(
        "app.travel", "T", "travel", "time",
        "Show everything as it was at a moment, read-only; again to come back to now.", "app",
    ),
    Action(
        "app.palette",
        "ctrl+p,colon",
        "command_palette",
        "go to",
        "Go to a model or run any command by its name.",
        "app",
    ),
    Action(
        "app.jump", "ctrl+o", "jump", "jump",
        "Show a letter on every pane and part; the letter goes there.", "app",
    ),
    Action(
        "app.zoom", "z", "zoom", "zoom",
        "Let this pane fill the screen; again or esc puts it back.", "app",
    ),
    Action(
        "app.suspend", "ctrl+z", "suspend_process", "suspend",
        "Put Modelshelf aside for the shell; fg brings it back.", "app",
    ),
    Action(
        "app.help",
        "question_mark",
        "show_help",
        "keys",
        "All keys of this screen; type to search, enter runs one.",
        "app",
        footer=True,
    ),
    Action("app.help_typing", "f1", "show_help(1)", "keys", "The same, while typing.", "app"),
    Action("app.next", "tab", "app.focus_next", "next", "Go to the next list or field.", "app"),
    Action(
        "app.previous",
        "shift+tab",
        "app.focus_previous",
        "previous",
        "Go to the one before.",
        "app",
    ),
    Action("app.quit", "q", "quit", "quit", "Leave Modelshelf.", "app", footer=True),
    Action("app.leave", "ctrl+q", "quit", "quit", "Leave, also while typing.", "app", typing=True),
)  # fmt: skip
