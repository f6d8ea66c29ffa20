"""Settings written as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.policy.problem import Place


def value_text(value: object) -> str:
    """Return a value as TOML has it; tables and lists stand in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key_text(str(k))} = {value_text(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(value_text(each) for each in value)}]"
    if isinstance(value, int | float):
        return repr(value)
    return _quoted(str(value))


def key_text(key: str) -> str:
    """Return a key as TOML has it, in quotes where it needs them."""
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _quoted(key)


def header_text(table: Place) -> str:
    """Return the line that a table begins with; empty for the top of the file."""
    keys = ".".join(key_text(key) for key in table if isinstance(key, str))
    if not keys:
        return ""
    return f"[[{keys}]]" if isinstance(table[-1], int) else f"[{keys}]"


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
