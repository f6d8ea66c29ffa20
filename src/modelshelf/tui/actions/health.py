"""The rows of the table of actions of hooks and health."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action

HEALTH_ACTIONS: tuple[Action, ...] = (
    Action(
        "health.verify", "v", "verify", "verify",
        "Prove that nobody edited the log or the tables, and that all bytes are there.",
        "health", footer=True,
    ),
    Action(
        "health.deep", "V", "verify(1)", "verify bytes",
        "The same, and read and hash every byte that is stored.", "health",
    ),
    Action(
        "health.deliver", "d", "deliver", "deliver",
        "Tell the hooks now what they were not told yet and what is due.",
        "health", footer=True, takes="contributor", whole=True,
    ),
    Action(
        "health.replay", "R", "replay", "replay",
        "Review telling a hook of this delivery again; nothing is sent before ctrl+s.",
        "health", footer=True, takes="admin", whole=True,
    ),
    Action(
        "health.test", "t", "test", "test",
        "Review sending the hook a test event; nothing is sent before ctrl+s.",
        "health", takes="admin", whole=True,
    ),
    Action(
        "health.plan", "p", "plan", "gc plan",
        "Look at what a collection of garbage would free, and why; nothing is freed here.",
        "health",
    ),
    Action(
        "health.state", "s", "state(1)", "state",
        "Show only deliveries of the next state: failed, pending, delivered, skipped, all.",
        "health",
    ),
    Action(
        "health.state_before", "S", "state(-1)", "state before",
        "Show only deliveries of the state before.", "health",
    ),
    Action(
        "health.open", "enter", "open", "open",
        "Go into what is under the cursor; of a hook, to its deliveries.", "health", footer=True,
    ),
    Action(
        "health.back", "escape", "back", "back",
        "Stop what is at work, else go back one step, at last to the part one came from.",
        "health", footer=True,
    ),
    Action(
        "health.next", "right_square_bracket", "part(1)", "next check", "Show the next check.",
        "health",
    ),
    Action(
        "health.previous", "left_square_bracket", "part(-1)", "check before",
        "Show the check before.", "health",
    ),
    Action(
        "health.copy", "y", "copy", "copy",
        "Copy the command for what is shown, or the lines that add a hook.", "health",
    ),
    Action(
        "health.refresh", "r", "refresh", "look again",
        "Look at everything again, the machine and the disk too.", "health",
    ),
    Action(
        "telling.confirm", "ctrl+s", "confirm", "do it",
        "Send it, or have it sent again, as it stands here.", "telling", footer=True, typing=True,
        takes="admin", whole=True,
    ),
    Action("telling.copy", "y", "copy", "copy", "Copy the same command for a script.", "telling"),
    Action(
        "telling.back", "escape,q", "back", "back", "Leave without sending anything.", "telling",
        footer=True,
    ),
)  # fmt: skip
