"""The rows of the table of actions about requests, their answers, and taking changes back."""

from __future__ import annotations

from modelshelf.tui.actions.action import Action, Takes

_KEEP = "Leave without changing anything; twice if something is written."


def _dialog(
    where: str, label: str, confirm: str, reason: str, takes: Takes = "viewer"
) -> tuple[Action, ...]:
    """Return the actions of a screen that asks for a word and a key of its own."""
    return (
        Action(
            f"{where}.confirm",
            "ctrl+s",
            "confirm",
            label,
            confirm,
            where,
            footer=True,
            typing=True,
            takes=takes,
        ),
        Action(f"{where}.reason", "r,enter", "reason", "reason", reason, where, footer=True),
        Action(f"{where}.copy", "y", "copy", "copy", "Copy the same command for a script.", where),
        Action(f"{where}.back", "escape,q", "back", "back", _KEEP, where, footer=True),
    )


REVIEW_ACTIONS: tuple[Action, ...] = (
    Action(
        "reviews.approve",
        "a",
        "answer('approve')",
        "approve",
        "Review saying yes to the request; nothing changes before ctrl+s.",
        "reviews",
        footer=True,
        takes="viewer",
    ),
    Action(
        "reviews.reject",
        "x",
        "answer('reject')",
        "reject",
        "Review saying no, with the reason; nothing changes before ctrl+s.",
        "reviews",
        footer=True,
        takes="viewer",
    ),
    Action(
        "reviews.apply",
        "p",
        "answer('apply')",
        "apply",
        "Review giving the stage as it was asked for; every gate is judged again.",
        "reviews",
        footer=True,
        takes="contributor",
    ),
    Action(
        "reviews.withdraw",
        "w",
        "answer('withdraw')",
        "withdraw",
        "Review taking a request back; nothing changes before ctrl+s.",
        "reviews",
        takes="viewer",
    ),
    Action(
        "reviews.run",
        "f",
        "run",
        "run gates",
        "Run the gates that must be measured: commands, hashing, other packages.",
        "reviews",
        takes="contributor",
    ),
    Action(
        "reviews.state",
        "s",
        "state(1)",
        "state",
        "Show requests of the next state: open, all, applied, rejected, withdrawn, expired.",
        "reviews",
        footer=True,
    ),
    Action(
        "reviews.state_before", "S", "state(-1)", "state before", "The state before.", "reviews"
    ),
    Action(
        "reviews.open",
        "enter",
        "open",
        "open",
        "Read all about the request; from there, go to the version.",
        "reviews",
    ),
    Action(
        "reviews.back",
        "escape",
        "back",
        "back",
        "Go back to the list, else to the open ones, else to the part one came from.",
        "reviews",
    ),
    Action("reviews.copy", "y", "copy", "copy", "Copy the number of the request.", "reviews"),
    Action("reviews.refresh", "r", "refresh", "refresh", "Ask the catalog again.", "reviews"),
    *_dialog("approve", "approve", "Say yes now.", "Write a word about it; it may be left out."),
    *_dialog("reject", "reject", "Say no now, which ends the request.", "Write why."),
    *_dialog("withdraw", "withdraw", "Take the request back now.", "Write why."),
    *_dialog(
        "apply",
        "apply",
        "Give the stage now, as it was asked for.",
        "Write why.",
        takes="contributor",
    ),
    Action(
        "apply.name",
        "n",
        "name",
        "name",
        "Write the model's name, which giving the highest stage asks for.",
        "apply",
    ),
    *_dialog(
        "undo",
        "take back",
        "Take the change back now, by a new entry.",
        "Write why.",
        takes="contributor",
    ),
    Action(
        "undo.again",
        "U",
        "again",
        "redo",
        "Review having again what was taken back last; once more for the newest change.",
        "undo",
        footer=True,
    ),
)
