"""Reads the Python literals that NumPy writes into headers, without Python's own parser."""

from __future__ import annotations

import re
from collections.abc import Callable

from modelshelf.formats.trouble import Malformed

_DEEPEST = 16
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\\n]|\\['\\])*'|\"(?:[^\"\\\n]|\\[\"\\])*\")"
    r"|(?P<number>-?\d{1,20})L?(?![\w.])"
    r"|(?P<word>True|False|None)\b"
    r"|(?P<sign>[][(){},:]))"
)
_WORDS: dict[str, object] = {"True": True, "False": False, "None": None}
_ESCAPED = re.compile(r"\\(.)")


def parse_literal(text: str) -> object:
    """Return the value of a literal of texts, whole numbers, tuples, lists and dictionaries.

    Source of the grammar: NumPy's "Format Version 1.0" (numpy.lib.format), whose header is the
    ``repr`` of a dictionary.

    Raises:
        Malformed: It is anything else, or nested more than sixteen deep.
    """
    return _Literal(text).value_of_all()


class _Literal:
    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0

    def value_of_all(self) -> object:
        value = self._value(0)
        if self._at != len(self._text):
            raise Malformed(f"text after the literal at character {self._at}")
        return value

    def _next(self) -> tuple[str, str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match.lastgroup is None:
            raise Malformed(f"no literal at character {self._at} of the header")
        self._at = match.end()
        return match.lastgroup, match[match.lastgroup]

    def _closes(self, sign: str) -> bool:
        start = self._at
        if self._next() == ("sign", sign):
            return True
        self._at = start
        return False

    def _expect(self, sign: str) -> None:
        if not self._closes(sign):
            raise Malformed(f"{sign!r} is missing at character {self._at} of the header")

    def _value(self, depth: int) -> object:
        if depth > _DEEPEST:
            raise Malformed("the header is nested too deeply")
        kind, piece = self._next()
        if kind == "text":
            return _ESCAPED.sub(r"\1", piece[1:-1])
        if kind == "number":
            return int(piece)
        if kind == "word":
            return _WORDS[piece]
        if piece == "(":
            return self._tuple(depth)
        if piece == "[":
            return self._items("]", lambda: self._value(depth + 1))[0]
        if piece == "{":
            return self._dictionary(depth)
        raise Malformed(f"{piece!r} is out of place in the header")

    def _tuple(self, depth: int) -> object:
        items, comma = self._items(")", lambda: self._value(depth + 1))
        return items[0] if len(items) == 1 and not comma else tuple(items)

    def _items(self, end: str, item: Callable[[], object]) -> tuple[list[object], bool]:
        items: list[object] = []
        comma = False
        while not self._closes(end):
            if items and not comma:
                raise Malformed(f"',' is missing at character {self._at} of the header")
            items.append(item())
            comma = self._closes(",")
        return items, comma

    def _dictionary(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}

        def pair() -> None:
            key = self._value(depth + 1)
            if not isinstance(key, str) or key in found:
                raise Malformed(f"the key {key!r} in the header is no text or occurs twice")
            self._expect(":")
            found[key] = self._value(depth + 1)

        self._items("}", pair)
        return found
