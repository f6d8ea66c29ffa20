"""The one table of actions: bindings, footer, help, palette and docs/app.md are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do with a key.

    Attributes:
        id: Stable and dotted; the name a keymap would use.
        keys: The keys, separated by commas; the first is the one shown.
        call: The action method it calls, as Textual writes it.
        label: One or two words for the footer.
        about: What it does, as one sentence for the help.
        where: The screen or widget it belongs to; ``app`` for everywhere.
        footer: Whether the footer shows it.
        typing: Whether the key works while something is being typed.
    """

    id: str
    keys: str
    call: str
    label: str
    about: str
    where: str
    footer: bool = False
    typing: bool = False

    @property
    def shown_key(self) -> str:
        """The first key as people write it."""
        return self.shown_keys[0]

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """All keys as people write them."""
        return tuple(_SPELLED.get(key, key) for key in self.keys.split(","))


_SPELLED = {
    "escape": "esc",
    "enter": "enter",
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "colon": ":",
    "pagedown": "pgdn",
    "pageup": "pgup",
}

# Which table a screen's widgets add to its own; `app` is added to every screen.
INSIDE: dict[str, tuple[str, ...]] = {
    "models": ("table", "filter"),
    "audit": ("table", "filter"),
    "compare": ("table",),
    "promote": (),
    "rollback": ("table",),
}

TITLES = {
    "app": "Everywhere",
    "models": "Models",
    "audit": "Audit",
    "compare": "Compare",
    "promote": "Promote",
    "rollback": "Roll back",
    "help": "List of keys",
    "filter": "While filtering",
    "table": "In any list",
}

ACTIONS: tuple[Action, ...] = (
    # The order is the order in footer and help: the special first, the general last.
    Action(
        "models.mark",
        "space",
        "mark",
        "mark",
        "Mark the version, or take the mark off; up to four can be compared.",
        "models",
        footer=True,
    ),
    Action(
        "models.compare",
        "c",
        "compare",
        "compare",
        "Compare the marked versions, or this one with what production holds.",
        "models",
        footer=True,
    ),
    Action(
        "models.promote",
        "p",
        "promote",
        "promote",
        "Review giving this version a stage; nothing changes before ctrl+s.",
        "models",
        footer=True,
    ),
    Action(
        "models.rollback",
        "b",
        "rollback",
        "roll back",
        "Review going back to an earlier assignment; nothing changes before ctrl+s.",
        "models",
        footer=True,
    ),
    Action(
        "models.filter",
        "slash",
        "filter",
        "filter",
        "Find versions over all models, by the search language; esc clears.",
        "models",
        footer=True,
    ),
    Action(
        "models.open",
        "enter",
        "open",
        "open",
        "Go into what is under the cursor: model, versions, details.",
        "models",
    ),
    Action(
        "models.back",
        "escape",
        "back",
        "back",
        "Clear the filter, else go back one step.",
        "models",
    ),
    Action(
        "models.next_tab",
        "right_square_bracket",
        "tab(1)",
        "next tab",
        "Show the next tab of the details.",
        "models",
    ),
    Action(
        "models.previous_tab",
        "left_square_bracket",
        "tab(-1)",
        "previous tab",
        "Show the previous tab of the details.",
        "models",
    ),
    Action(
        "models.unmark",
        "U",
        "unmark",
        "unmark",
        "Take off all marks.",
        "models",
    ),
    Action(
        "models.copy",
        "y",
        "copy",
        "copy",
        "Copy the reference of this version, such as churn:v3.",
        "models",
    ),
    Action(
        "models.refresh",
        "r",
        "refresh",
        "refresh",
        "Ask the catalog again; it is also asked whenever somebody changed it.",
        "models",
    ),
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
    Action(
        "promote.confirm",
        "ctrl+s",
        "confirm",
        "promote",
        "Give the stage now, with the reason written.",
        "promote",
        footer=True,
        typing=True,
    ),
    Action(
        "promote.weight",
        "w",
        "weight",
        "weight",
        "Share the stage: the percentage of the traffic this version gets.",
        "promote",
        footer=True,
    ),
    Action(
        "promote.stage",
        "s,right,l",
        "stage(1)",
        "stage",
        "Choose the next stage of the ladder.",
        "promote",
        footer=True,
    ),
    Action(
        "promote.stage_down",
        "S,left,h",
        "stage(-1)",
        "lower stage",
        "Choose the stage before.",
        "promote",
    ),
    Action(
        "promote.reason",
        "r,enter",
        "reason",
        "reason",
        "Write the reason; it is recorded for good.",
        "promote",
        footer=True,
    ),
    Action(
        "promote.copy",
        "y",
        "copy",
        "copy",
        "Copy the same command for a script.",
        "promote",
    ),
    Action(
        "promote.back",
        "escape",
        "back",
        "back",
        "Leave without changing anything; twice if a reason is written.",
        "promote",
        footer=True,
    ),
    Action(
        "rollback.confirm",
        "ctrl+s",
        "confirm",
        "roll back",
        "Go back to the chosen assignment now, with the reason written.",
        "rollback",
        footer=True,
        typing=True,
    ),
    Action(
        "rollback.stage",
        "s",
        "stage(1)",
        "stage",
        "Choose another stage that was held before.",
        "rollback",
        footer=True,
    ),
    Action(
        "rollback.reason",
        "r,enter",
        "reason",
        "reason",
        "Write the reason; it is recorded for good.",
        "rollback",
        footer=True,
    ),
    Action(
        "rollback.copy",
        "y",
        "copy",
        "copy",
        "Copy the same command for a script.",
        "rollback",
    ),
    Action(
        "rollback.back",
        "escape",
        "back",
        "back",
        "Leave without changing anything; twice if a reason is written.",
        "rollback",
        footer=True,
    ),
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
    Action("app.models", "1", "mode('models')", "models", "Models and their versions.", "app"),
    Action("app.audit", "7", "mode('audit')", "audit", "The audit log, newest first.", "app"),
    Action(
        "app.palette",
        "ctrl+p,colon",
        "command_palette",
        "go to",
        "Go to a model or run any command by its name.",
        "app",
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
)


def of(where: str) -> Iterator[Action]:
    """Yield the actions that belong to ``where`` itself."""
    return (action for action in ACTIONS if action.where == where)


def reachable(screen: str) -> tuple[Action, ...]:
    """Return the actions that a key reaches on ``screen``, its own first."""
    places = (screen, *INSIDE.get(screen, ()), "app")
    return tuple(action for place in places for action in of(place))


def bindings(where: str) -> list[BindingType]:
    """Return the key bindings of ``where`` for a ``BINDINGS`` attribute."""
    return [
        Binding(
            action.keys,
            action.call,
            action.label,
            show=action.footer,
            key_display=action.shown_key,
            tooltip=action.about,
            id=action.id,
            priority=action.typing,
        )
        for action in of(where)
    ]
