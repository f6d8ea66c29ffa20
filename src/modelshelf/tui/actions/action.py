"""What an action is: something a person can do with a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Takes = Literal["", "viewer", "contributor", "reviewer", "admin"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do with a key.

    Attributes:
        id: Stable and dotted; the name a keymap uses.
        keys: The keys, separated by commas; the first is the one shown.
        call: The action method it calls, as Textual writes it.
        label: One or two words for the footer.
        about: What it does, as one sentence for the help.
        where: The screen or widget it belongs to; ``app`` for everywhere.
        footer: Whether the footer shows it.
        typing: Whether the key works while something is being typed.
        takes: The least role of whoever does it. An action that takes one leads to a change, so it
            is off in the past and in a registry that cannot be written; empty: it only looks.
        whole: Whether it takes the role on the whole registry, not on some models only.
    """

    id: str
    keys: str
    call: str
    label: str
    about: str
    where: str
    footer: bool = False
    typing: bool = False
    takes: Takes = ""
    whole: bool = False

    @property
    def each_key(self) -> tuple[str, ...]:
        """All keys, as Textual names them."""
        return tuple(key.strip() for key in self.keys.split(","))

    @property
    def shown_key(self) -> str:
        """The first key as people write it."""
        return self.shown_keys[0]

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """All keys as people write them."""
        return tuple(SPELLED.get(key, key) for key in self.each_key)


SPELLED = {
    "escape": "esc",
    "enter": "enter",
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "colon": ":",
    "minus": "-",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "pagedown": "pgdn",
    "pageup": "pgup",
}
