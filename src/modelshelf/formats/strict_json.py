"""JSON from strangers: one meaning only, and never more memory than stated."""

from __future__ import annotations

import json
import math
import re

from modelshelf.formats.trouble import LimitReached, Malformed

MOST = 25 * 1024 * 1024
_MEMORY = 250 * 1024 * 1024
# Rough sizes of the Python objects that one bracket and one comma can stand for.
_BRACKET, _COMMA, _BYTE = 120, 64, 4
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(data: bytes, *, most: int = MOST) -> object:
    """Return the value that the JSON text ``data`` stands for.

    Stricter than RFC 8259 section 4 asks for, where parsers differ: the text is UTF-8, a key occurs
    once in its object, numbers are finite, and no half of a surrogate pair stands alone.

    Raises:
        Malformed: It is not such a text.
        LimitReached: It is longer than ``most`` bytes or would fill the memory.
    """
    if len(data) > most:
        raise LimitReached(f"a JSON text of {len(data):,} bytes, {most:,} are read")
    brackets = data.count(b"{") + data.count(b"[")
    if brackets * _BRACKET + data.count(b",") * _COMMA + len(data) * _BYTE > _MEMORY:
        raise LimitReached("a JSON text of too many small parts")
    try:
        value: object = json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        if _HALF.search(data):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except RecursionError as error:
        raise Malformed("the JSON text is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise Malformed("the JSON text is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise Malformed("the JSON text holds half a character") from error
    except ValueError as error:
        raise Malformed(f"the JSON text cannot be read: {error}") from error


def parse_object(data: bytes, *, most: int = MOST) -> dict[str, object]:
    """Return the JSON object in ``data``; anything else is malformed. See :func:`parse`."""
    value = parse(data, most=most)
    if not isinstance(value, dict):
        raise Malformed("the JSON text is not an object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(f"the key {key[:200]!r} occurs twice in one JSON object")
            seen.add(key)
    return found


def _refuse_constant(text: str) -> object:
    raise Malformed(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Malformed(f"the number {text[:40]} is too large")
    return value
