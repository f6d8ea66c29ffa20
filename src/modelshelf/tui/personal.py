"""What a person chose for the app in their own settings: theme, keys, ASCII, mouse, first part."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe

ASCII_VARIABLE = "MODELSHELF_ASCII"
_NAMES = ("theme", "keys", "ascii", "mouse", "start")
_TOLD_MOST = 100


@dataclass(frozen=True, slots=True)
class Personal:
    """What the settings say about the app.

    Attributes:
        theme: The name of a theme; empty when none is chosen.
        ascii_only: Whether to draw with ASCII alone; ``None`` lets the terminal say.
        mouse: Whether the mouse is used.
        start: The part of the app to begin in; empty: the one that was left.
        keymap: The keys of actions whose keys were chosen, by the action's id.
        problems: What is wrong with the settings, as sentences; each is left as without it.
    """

    theme: str = ""
    ascii_only: bool | None = None
    mouse: bool = True
    start: str = ""
    keymap: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read() -> Personal:
    """Return what the person's settings say; what cannot be read is said, and the rest holds."""
    from modelshelf.settings import personal

    try:
        return chosen(personal())
    except ModelshelfError as exc:
        why = f": {safe(exc.why, 300)}" if exc.why else ""
        return Personal(problems=(f"{safe(exc.what, 300)}{why}.",))


def chosen(table: Mapping[str, Any]) -> Personal:
    """Return what settings say about the app.

    Args:
        table: The settings as TOML gave them; names that are not about the app are left alone.
    """
    from modelshelf.tui.actions import MODES
    from modelshelf.tui.keymap import nearest, read_keymap

    wrong: list[str] = []
    for name in table:
        like = nearest(name, _NAMES) if name not in (*_NAMES, "registry", "actor") else ""
        if like:
            wrong.append(f"There is no setting {safe(name, 80)}; the nearest is {like}.")
    start = _text(table, "start", wrong)
    if start and start not in MODES:
        wrong.append(f"start is no part of the app: {safe(start, 80)}. One of {', '.join(MODES)}.")
        start = ""
    keymap, clashes = read_keymap(table.get("keys", {}))
    return Personal(
        theme=_text(table, "theme", wrong),
        ascii_only=_flag(table, "ascii", wrong),
        mouse=_flag(table, "mouse", wrong) is not False,
        start=start,
        keymap=keymap,
        problems=(*wrong, *clashes)[:_TOLD_MOST],
    )


def for_terminal(settings: Personal) -> Personal:
    """Return settings that say whether to draw with ASCII alone.

    The first that answers: ``MODELSHELF_ASCII``, the settings, what the terminal takes.
    """
    said = os.environ.get(ASCII_VARIABLE, "")
    if said:
        return replace(settings, ascii_only=said.lower() not in ("0", "false", "no"))
    if settings.ascii_only is not None:
        return settings
    return replace(settings, ascii_only=not takes_utf_8(os.environ, sys.stdout.encoding))


def takes_utf_8(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Tell whether the terminal takes UTF-8, by the locale and by how Python writes to it.

    A locale that is not set at all says nothing: that is how most containers start.
    """
    given = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((value for value in given if value), "")
    charset = locale.partition(".")[2].partition("@")[0]
    if locale in ("C", "POSIX") or (charset and not _is_utf_8(charset)):
        return False
    return _is_utf_8(encoding or "utf-8")


def _is_utf_8(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "").startswith("utf8")


def _text(table: Mapping[str, Any], name: str, wrong: list[str]) -> str:
    value = table.get(name, "")
    if isinstance(value, str) and len(value) <= _TOLD_MOST:
        return value
    wrong.append(f"{name} must be a text in quotes.")
    return ""


def _flag(table: Mapping[str, Any], name: str, wrong: list[str]) -> bool | None:
    value = table.get(name)
    if value is None or isinstance(value, bool):
        return value
    wrong.append(f"{name} must be true or false.")
    return None
