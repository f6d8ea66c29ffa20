"""Text from outside: what is accepted into the registry, and how any text is shown harmlessly.

Two functions that everything else uses: :func:`accept` refuses what can only do harm when it is
stored, :func:`safe` makes any string, however old or hostile, fit for a terminal.
"""

from __future__ import annotations

import unicodedata

from modelshelf.domain.errors import Invalid

_REPLACEMENTS = {"\n": "⏎", "\r": "␍", "\t": "→"}
_SHOWN = 300
_MARKS_IN_A_ROW = 4
_KILO = 1_000
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_LATIN_1, _BASIC_PLANE = 0xFF, 0xFFFF
_ESCAPED_BYTES = range(0xDC80, 0xDD00)
"""How Python hands over bytes of a file name that are not UTF-8."""
# Controls, format (bidi, zero width), surrogates, private use, unassigned, separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})
_REFUSED = frozenset({"Cc", "Cs"})


def safe(value: object, limit: int = _SHOWN) -> str:
    r"""Return ``value`` as one line of text that no terminal can obey.

    Control, bidi, zero-width, private and surrogate characters become visible escapes
    (``\x1b``, ``\u202e``), newlines become ``⏎``, combining marks stop after four in a row,
    and more than ``limit`` characters end in an ellipsis.
    """
    text = value if isinstance(value, str) else _text(value)
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    shown: list[str] = []
    marks = 0
    for char in text[: limit + 1]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        if char in _REPLACEMENTS:
            shown.append(_REPLACEMENTS[char])
        elif category in _HIDDEN:
            shown.append(_escape(char))
        elif marks <= _MARKS_IN_A_ROW:
            shown.append(char)
    return "".join(shown[: limit - 1]) + "…" if len(text) > limit else "".join(shown)


def safe_block(value: str, limit: int = 200_000) -> str:
    """Like :func:`safe` for text of many lines, such as a model card: its newlines stay."""
    lines = value[:limit].splitlines()
    return "\n".join(safe(line.replace("\t", "    "), limit) for line in lines)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - int.__str__ refuses 4,300 digits, and others what they like
        return f"<{type(value).__name__}>"


def _escape(char: str) -> str:
    point = ord(char)
    if point in _ESCAPED_BYTES:
        return f"\\x{point - 0xDC00:02x}"
    if point <= _LATIN_1:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= _BASIC_PLANE else f"\\U{point:08x}"


def accept(kind: str, value: object, *, most: int, lines: bool = False, empty: bool = True) -> str:
    """Return ``value`` in Unicode NFC if it may be stored as the ``kind`` of text named.

    Args:
        kind: What it is, for the sentence ("reason", "tag value").
        value: The text itself.
        most: The largest number of characters allowed.
        lines: Whether newlines and tabs are allowed.
        empty: Whether nothing but spaces is allowed.

    Raises:
        Invalid: It is not text, too long, empty, or holds control characters or half characters.
    """
    if not isinstance(value, str):
        raise Invalid(f"the {kind} is not text", observed=type(value).__name__, required="text")
    if len(value) > most:
        raise Invalid(
            f"the {kind} {safe(value, 40)!r} is too long",
            why=f"{len(value):,} characters, {most:,} allowed",
            observed=len(value),
            required=most,
        )
    if not empty and not value.strip():
        raise Invalid(f"the {kind} is empty", hint=f"Give a {kind}.")
    if value.isascii() and value.isprintable():
        return value
    for char in value:
        if lines and char in "\n\t\r":
            continue
        if unicodedata.category(char) in _REFUSED:
            raise Invalid(
                f"the {kind} {safe(value, 60)!r} holds a character that cannot be kept",
                why=f"{_escape(char)} is a control or broken character",
                observed=_escape(char),
                hint="Remove it and try again.",
            )
    return unicodedata.normalize("NFC", value)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``3 entries`` or ``1 entry``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size_text(count: int) -> str:
    """Return a number of bytes as people say it, 1,000 bytes to the kilobyte: ``1.2 MB``."""
    if count < _KILO:
        return f"{count} B"
    amount, unit = float(count), 0
    while round(amount, 1) >= _KILO and unit < len(_UNITS) - 1:
        amount /= _KILO
        unit += 1
    return f"{amount:.1f} {_UNITS[unit]}"
