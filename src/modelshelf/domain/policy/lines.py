"""Which line of a TOML text a setting stands on, which the parser of TOML does not tell.

Tolerant: what cannot be followed is stepped over, and nothing raises, because this is asked while a
mistake is being told.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.policy.problem import Place

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL = re.compile(r"'([^'\n]*)'")
_LONG = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}\n#]*")
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([btnfr"\\]))')
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_DEPTH = 50
_LAST_CHARACTER = 0x10FFFF


def find_lines(text: str, places: Iterable[Place]) -> list[int]:
    """Return the line, from 1, on which each of ``places`` stands in a TOML text.

    What stands nowhere has the line of the table or list that it would stand in; 0 is the file as a
    whole.

    Args:
        text: The text, as it is in the file.
        places: Keys, and numbers of entries in lists from 0, from the top of the file.
    """
    found = _Scan(text).lines()
    return [_line(found, place) for place in places]


def _line(found: dict[Place, int], place: Place) -> int:
    for length in range(len(place), 0, -1):
        if place[:length] in found:
            return found[place[:length]]
    return 0


class _Scan:
    """One walk through a text.

    Attributes:
        found: The line of each key and entry that was met.
    """

    def __init__(self, text: str) -> None:
        self.found: dict[Place, int] = {}
        self._text = text
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._newest: dict[Place, int] = {}

    def lines(self) -> dict[Place, int]:
        """Walk through the text, and return what was met."""
        table: Place = ()
        while True:
            self._skip(_BLANK)
            if self._at >= len(self._text):
                return self.found
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._setting(table, 0)
            self._to_end_of_line()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _to_end_of_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end + 1

    def _note(self, place: Place, start: int) -> None:
        """Keep the line of a place and of what it stands in; the first mention counts."""
        line = bisect_right(self._starts, start)
        for length in range(len(place), 0, -1):
            if place[:length] in self.found:
                break
            self.found[place[:length]] = line
        self.found.setdefault(place, line)

    def _header(self) -> Place:
        start = self._at
        many = self._text.startswith("[[", start)
        self._at += 2 if many else 1
        place: Place = ()
        keys = self._keys()
        for n, key in enumerate(keys):
            place = (*place, key)
            if many and n == len(keys) - 1:
                self._newest[place] = self._newest.get(place, -1) + 1
            if place in self._newest:
                place = (*place, self._newest[place])
        self._note(place, start)
        return place

    def _setting(self, table: Place, depth: int) -> bool:
        """Read ``key = value`` if it stands here."""
        start = self._at
        keys = self._keys()
        self._skip(_SPACE)
        if not keys or not self._text.startswith("=", self._at):
            return False
        self._at += 1
        place = (*table, *keys)
        self._note(place, start)
        self._skip(_SPACE)
        self._value(place, depth)
        return True

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            key = self._key()
            if key is None:
                return keys
            keys.append(key)
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _key(self) -> str | None:
        for pattern in (_BARE, _BASIC, _LITERAL):
            match = pattern.match(self._text, self._at)
            if match:
                self._at = match.end()
                return (
                    _ESCAPE.sub(_meant, match[1]) if pattern is _BASIC else match[match.re.groups]
                )
        return None

    def _value(self, place: Place, depth: int) -> None:
        for pattern in (_LONG, _BASIC, _LITERAL):
            match = pattern.match(self._text, self._at)
            if match:
                self._at = match.end()
                return
        opening = self._text[self._at : self._at + 1]
        if opening in ("[", "{") and opening and depth < _DEPTH:
            self._at += 1
            self._entries(place, depth + 1, closing="]" if opening == "[" else "}")
        else:
            self._skip(_SCALAR)

    def _entries(self, place: Place, depth: int, closing: str) -> None:
        """Read the entries of a list, or the settings of a table in one line, to its end."""
        n = 0
        while True:
            self._skip(_BLANK)
            if self._at >= len(self._text) or self._text[self._at] == closing:
                self._at += 1
                return
            before = self._at
            if closing == "]":
                self._note((*place, n), before)
                self._value((*place, n), depth)
                n += 1
            else:
                self._setting(place, depth)
            self._skip(_BLANK)
            if self._text.startswith(",", self._at) or self._at == before:
                self._at += 1


def _meant(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    if letter:
        return _ESCAPES[letter]
    number = int(short or long, 16)
    return chr(number) if number <= _LAST_CHARACTER else match[0]
