"""The keys a person chose, judged against the table of actions; what is wrong is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from textual.binding import Binding
from textual.keys import Keys, key_to_character
from textual.widgets import Input

from modelshelf.domain.text import safe
from modelshelf.tui.actions import ACTIONS, INSIDE, MODES, TITLES, reachable
from modelshelf.tui.actions.action import SPELLED, Action

Keymap = dict[str, tuple[str, ...]]

_KEYS_MOST = 8
_MODIFIERS = ("ctrl", "shift", "alt", "super", "meta", "hyper")
# As they are written on keyboards and by ourselves, and what Textual calls them.
_SPELLINGS = {shown: key for key, shown in SPELLED.items()} | {
    ",": "comma",
    " ": "space",
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgdown": "pagedown",
}
# A terminal sends the same for both, or something of its own.
_SAME = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+j": "enter",
    "ctrl+left_square_bracket": "escape",
}
# What confirms, opens and goes back stays where fingers know it.
_KEPT = frozenset({"ctrl+s", "escape", "enter"})
_OURS = frozenset({"ctrl+c"})
_WRITTEN_IN = frozenset({"filter", "help"})
"""Places where letters are written, so that a letter can be no key."""

_BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def read_keymap(table: object) -> tuple[Keymap, tuple[str, ...]]:
    """Return the keys of the actions a person chose keys for, and what is wrong with the others.

    Whatever is wrong leaves its action the keys of the table.

    Args:
        table: The table ``[keys]`` of the settings, as TOML gave it.
    """
    if not isinstance(table, dict):
        return {}, ("keys must be a table: [keys] on a line of its own.",)
    keymap: Keymap = {}
    wrong: list[str] = []
    for name, value in _flat(table):
        action = _BY_ID.get(name)
        if action is None:
            wrong.append(_unknown(name))
            continue
        keys, problem = _keys(action, value)
        if problem:
            wrong.append(f"keys: {action.id} keeps {_shown(action.each_key)}: {problem}.")
        else:
            keymap[name] = keys
    wrong += _settle(keymap)
    return keymap, tuple(wrong)


def spelled(key: str) -> str:
    """Return a key as people write it: ``/`` for ``slash``, ``ctrl+o`` as it is."""
    *modifiers, last = key.split("+")
    if last not in SPELLED and len(last) > 1 and last != "space" and _is_letter(last):
        last = key_to_character(last) or last
    return "+".join([*modifiers, SPELLED.get(last, last)])


def nearest(word: str, among: Iterable[str]) -> str:
    """Return the word most like another one; empty when none is like it."""
    from difflib import get_close_matches

    found = get_close_matches(word[:200], list(among), n=1, cutoff=0.5)
    return found[0] if found else ""


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    """Yield names and values; ``models.mark = "m"`` without quotes is a table in a table."""
    for name, value in table.items():
        full = f"{before}{name}"
        if isinstance(value, dict) and full.count(".") == 0:
            yield from _flat(value, f"{full}.")
        else:
            yield full, value


def _unknown(name: str) -> str:
    like = nearest(name, list(_BY_ID))
    hint = f"; the nearest is {like}" if like else ""
    return f"keys: there is no action {safe(name, 80)}{hint}."


def _shown(keys: tuple[str, ...]) -> str:
    return " ".join(spelled(key) for key in keys)


# --- one action ---------------------------------------------------------------------------------


def _keys(action: Action, value: object) -> tuple[tuple[str, ...], str]:
    """Return the keys that a value of the settings means, or why they cannot be had."""
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > _KEYS_MOST:
        return (), f"it takes one to {_KEYS_MOST} keys"
    keys: list[str] = []
    for one in values:
        key = _key(one) if isinstance(one, str) else ""
        if not key:
            return (), f"{safe(one, 40)} is no key; several keys are a list"
        problem = _against(action, key)
        if problem:
            return (), problem
        keys.append(key)
    return tuple(dict.fromkeys(keys)), ""


def _key(text: str) -> str:
    """Return a key as Textual names it; empty when there is no such key."""
    if text in _SPELLINGS or len(text) == 1:
        return _name(text)
    *modifiers, last = text.strip().replace(" ", "").split("+")
    modifiers = [modifier.lower() for modifier in modifiers]
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return ""
    if modifiers and len(last) == 1 and last.isupper():
        last = last.lower()
        if "shift" not in modifiers:
            modifiers.append("shift")
    name = _name(last)
    ordered = [modifier for modifier in _ORDER if modifier in modifiers]
    return "+".join([*ordered, name]) if name else ""


_ORDER = ("ctrl", "alt", "shift", "super", "meta", "hyper")


def _name(text: str) -> str:
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    if len(text) > 1:
        low = _SPELLINGS.get(text.lower(), text.lower())
        if low in _NAMED or low in SPELLED:
            return low
        text = key_to_character(low) or ""
    if not text.isprintable() or not text:
        return ""
    return _SPELLINGS.get(text) or next(iter(Binding.make_bindings([(text, "")]))).key


def _is_letter(key: str) -> bool:
    written = SPELLED.get(key, "")  # Textual knows no character for some names of its own
    char = written if len(written) == 1 else key_to_character(key)
    return char is not None and char.isprintable()


_NAMED = frozenset(key.value for key in Keys if not key.value.startswith("<"))


def _against(action: Action, key: str) -> str:
    """Return why an action cannot have a key, whatever else has it; empty when it can."""
    shown, letter = spelled(key), _is_letter(key)
    writing = action.typing or action.where in _WRITTEN_IN
    reasons = (
        (key in _SAME, f"{shown} is {spelled(_SAME.get(key, key))} in most terminals"),
        (key in _OURS, f"{shown} copies what is selected"),
        (key in _KEPT, f"{shown} stays with what it means everywhere"),
        (letter and writing, f"{shown} is a character, and this must work while one is writing"),
        (action.typing and key in _EDITING, f"{shown} is needed for writing"),
    )
    if key in action.each_key:
        return ""
    return next((told for wrong, told in reasons if wrong), "")


_EDITING = frozenset(
    key for made in Input.BINDINGS if isinstance(made, Binding) for key in made.key.split(",")
)


# --- all together -------------------------------------------------------------------------------


def _settle(keymap: Keymap) -> list[str]:
    """Take out of a keymap, until nothing clashes, what clashes; return it as sentences."""
    wrong: list[str] = []
    while clashes := _clashes(keymap):
        for name, told in clashes.items():
            del keymap[name]
            wrong.append(f"keys: {name} keeps {_shown(_BY_ID[name].each_key)}: {told}.")
    return wrong


def _clashes(keymap: Keymap) -> dict[str, str]:
    """Return the actions that were moved onto a key of another one that can be reached beside it.

    Where a screen's own key covers one of the app by the table itself, that is meant.
    """
    found: dict[str, str] = {}
    for screen in (*INSIDE, "help", "jump"):
        holders: dict[str, list[Action]] = {}
        for action in reachable(screen):
            for key in keymap.get(action.id, action.each_key):
                holders.setdefault(key, []).append(action)
        for key, actions in holders.items():
            for moved in actions:
                others = [a for a in actions if a is not moved]
                if others and key not in moved.each_key and moved.id not in found:
                    found[moved.id] = _beside(key, screen, others[0])
    return found | _too_easy(keymap)


def _beside(key: str, screen: str, other: Action) -> str:
    return f"on {TITLES[screen]}, {spelled(key)} is {other.label} ({other.id})"


def _too_easy(keymap: Keymap) -> dict[str, str]:
    """Return what would let one key, pressed twice, begin a change and confirm it."""
    begins: dict[str, Action] = {}
    for action in ACTIONS:
        if action.takes and action.where in (*MODES, "app"):
            begins |= dict.fromkeys(keymap.get(action.id, action.each_key), action)
    found: dict[str, str] = {}
    for action in ACTIONS:
        if not action.id.endswith(".confirm"):
            continue
        for key in keymap.get(action.id, action.each_key):
            if key in begins:
                moved = action if action.id in keymap else begins[key]
                told = f"{spelled(key)} would both begin a change and confirm it"
                if moved.id in keymap:
                    found[moved.id] = told
    return found
