"""The one table of actions: bindings, footer, help, palette and docs/app.md are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from textual.binding import Binding, BindingType

from modelshelf.tui.actions.action import Action
from modelshelf.tui.actions.audit import AUDIT_ACTIONS
from modelshelf.tui.actions.compare import COMPARE_ACTIONS
from modelshelf.tui.actions.dashboard import DASHBOARD_ACTIONS
from modelshelf.tui.actions.detail import DETAIL_ACTIONS
from modelshelf.tui.actions.filtering import FILTERING_ACTIONS
from modelshelf.tui.actions.giving import GIVING_ACTIONS
from modelshelf.tui.actions.health import HEALTH_ACTIONS
from modelshelf.tui.actions.inbox import INBOX_ACTIONS
from modelshelf.tui.actions.lineage import LINEAGE_ACTIONS
from modelshelf.tui.actions.models import MODELS_ACTIONS
from modelshelf.tui.actions.reviews import REVIEW_ACTIONS
from modelshelf.tui.actions.shared import SHARED_ACTIONS
from modelshelf.tui.actions.travel import TRAVEL_ACTIONS

# The order is the order in footer and help: the special first, the general last.
ACTIONS: tuple[Action, ...] = (
    *DASHBOARD_ACTIONS,
    *MODELS_ACTIONS,
    *DETAIL_ACTIONS,
    *COMPARE_ACTIONS,
    *GIVING_ACTIONS,
    *AUDIT_ACTIONS,
    *INBOX_ACTIONS,
    *REVIEW_ACTIONS,
    *LINEAGE_ACTIONS,
    *HEALTH_ACTIONS,
    *FILTERING_ACTIONS,
    *TRAVEL_ACTIONS,
    *SHARED_ACTIONS,
)

# Which table a screen's widgets add to its own; `app` is added to every screen.
INSIDE: dict[str, tuple[str, ...]] = {
    "dashboard": ("table",),
    "models": ("table", "filter"),
    "inbox": ("table", "filter"),
    "audit": ("table", "filter"),
    "compare": ("table",),
    "lineage": ("graph",),
    "health": ("table",),
    "adding": (),
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
    "dashboard": "Dashboard",
    "models": "Models",
    "inbox": "Inbox",
    "reviews": "Reviews",
    "lineage": "Lineage",
    "graph": "In the picture",
    "compare": "Compare",
    "adding": "Add a version to compare",
    "audit": "Audit",
    "health": "Health",
    "promote": "Promote",
    "rollback": "Roll back",
    "release": "Release from quarantine",
    "discard": "Discard from quarantine",
    "point": "Point to a model",
    "approve": "Approve a request",
    "reject": "Reject a request",
    "withdraw": "Withdraw a request",
    "apply": "Apply a request",
    "undo": "Take back a change",
    "travel": "Go to a moment",
    "sorting": "Order of the versions",
    "columns": "Columns of the versions",
    "telling": "Send to a hook",
    "tags": "Tags of a version",
    "copies": "What to copy",
    "help": "List of keys",
    "jump": "While jumping",
    "filter": "While filtering",
    "table": "In any list",
}

# The parts of the app in the order of their keys; each is the label of the action `app.<mode>`.
MODES = (
    "dashboard",
    "models",
    "inbox",
    "reviews",
    "lineage",
    "compare",
    "audit",
    "health",
)

_BY_ID = {action.id: action for action in ACTIONS}
_BY_CALL = {(action.where, action.call): action for action in ACTIONS}


def by_id(name: str) -> Action:
    """Return the action with this id.

    Raises:
        KeyError: There is none.
    """
    return _BY_ID[name]


def called(where: str, name: str, parameters: tuple[object, ...] = ()) -> Action | None:
    """Return the action of ``where`` that calls this method with these parameters."""
    call = f"{name}({', '.join(map(repr, parameters))})" if parameters else name
    return _BY_CALL.get((where, call))


def of(where: str) -> Iterator[Action]:
    """Yield the actions that belong to ``where`` itself."""
    return (action for action in ACTIONS if action.where == where)


@cache
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
