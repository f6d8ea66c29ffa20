"""Reads the small JSON files of a folder, by name and within limits."""

from __future__ import annotations

from modelshelf.formats.source import Source
from modelshelf.formats.strict_json import parse
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST = 4 * 1024 * 1024


def json_object(source: Source, path: str) -> dict[str, object]:
    """Return the JSON object in the file at ``path``.

    Raises:
        Malformed: There is no such file, or it holds something else.
        LimitReached: It has more than 4 MiB.
    """
    value = _value(source, path)
    if not isinstance(value, dict):
        raise Malformed(f"{path} is not a JSON object")
    return value


def json_object_or_nothing(source: Source, path: str) -> dict[str, object]:
    """Return the JSON object in the file at ``path``; an empty one when it cannot be read."""
    try:
        return json_object(source, path)
    except (Malformed, LimitReached):
        return {}


def unreadable(source: Source, path: str) -> str:
    """Return why the file at ``path``, if there is one, cannot be read as a JSON object."""
    try:
        if source.file(path) is not None:
            json_object(source, path)
    except (Malformed, LimitReached) as trouble:
        return trouble.detail
    return ""


def json_list_or_nothing(source: Source, path: str) -> list[object]:
    """Return the JSON list in the file at ``path``; an empty one when it cannot be read."""
    try:
        value = _value(source, path)
    except (Malformed, LimitReached):
        return []
    return value if isinstance(value, list) else []


def text_of(values: dict[str, object], key: str) -> str:
    """Return the text of a key, or an empty one."""
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _value(source: Source, path: str) -> object:
    file = source.file(path)
    if file is None:
        raise Malformed(f"{path} is missing")
    if file.size > _MOST:
        raise LimitReached(f"{path} has more than {_MOST:,} bytes")
    with file.open() as opened:
        return parse(opened.read(_MOST))
