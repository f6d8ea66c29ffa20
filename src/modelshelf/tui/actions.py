"""The one table of actions: bindings, footer, help, palette and docs/app.md are made from it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding, BindingType

from modelshelf.tui.action import Action
from modelshelf.tui.inbox_actions import INBOX_ACTIONS
from modelshelf.tui.lineage_actions import LINEAGE_ACTIONS
from modelshelf.tui.review_actions import REVIEW_ACTIONS
from modelshelf.tui.screen_actions import SCREEN_ACTIONS
from modelshelf.tui.shared_actions import SHARED_ACTIONS

# The order is the order in footer and help: the special first, the general last.
ACTIONS: tuple[Action, ...] = (
    *SCREEN_ACTIONS,
    *INBOX_ACTIONS,
    *REVIEW_ACTIONS,
    *LINEAGE_ACTIONS,
    *SHARED_ACTIONS,
)

# Which table a screen's widgets add to its own; `app` is added to every screen.
INSIDE: dict[str, tuple[str, ...]] = {
    "models": ("table", "filter"),
    "inbox": ("table", "filter"),
    "audit": ("table", "filter"),
    "compare": ("table",),
    "lineage": ("graph",),
    "promote": (),
    "rollback": ("table",),
    "release": (),
    "discard": (),
    "point": ("table",),
    "reviews": ("table",),
    "approve": (),
    "reject": (),
    "withdraw": (),
    "apply": (),
    "undo": (),
}

TITLES = {
    "app": "Everywhere",
    "models": "Models",
    "inbox": "Inbox",
    "audit": "Audit",
    "compare": "Compare",
    "lineage": "Lineage",
    "graph": "In the picture",
    "promote": "Promote",
    "rollback": "Roll back",
    "release": "Release from quarantine",
    "discard": "Discard from quarantine",
    "point": "Point to a model",
    "reviews": "Reviews",
    "approve": "Approve a request",
    "reject": "Reject a request",
    "withdraw": "Withdraw a request",
    "apply": "Apply a request",
    "undo": "Take back a change",
    "help": "List of keys",
    "filter": "While filtering",
    "table": "In any list",
}


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
