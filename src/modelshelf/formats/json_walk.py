"""A walk through JSON of any length, in which what is passed over costs almost nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from modelshelf.formats.reading import Readable
from modelshelf.formats.trouble import Cut, LimitReached, Malformed
from modelshelf.formats.walking import DEEPEST, LONGEST_TEXT, Kind, Scalar, Steps

_CHUNK = 1024 * 1024
_LONGEST_WORD = 64
_SPACE = re.compile(rb"[ \t\r\n]*")
_RUN = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_SIGN = re.compile(rb'["\[\]{}]')
_WORD = re.compile(rb"[-+.\w]*")
_WHOLE = re.compile(rb"-?(?:0|[1-9]\d*)")
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORDS: dict[bytes, Scalar] = {b"true": True, b"false": False, b"null": None}
_KINDS: dict[bytes, Kind] = {b"{": "object", b"[": "list", b'"': "text"}
_CLOSES = {b"{": b"}", b"[": b"]"}


class JsonWalk:
    """Source of the format: RFC 8259. See :class:`modelshelf.formats.walking.Walk`.

    In values that are skipped only texts and brackets are followed; what is entered has to be
    right, and no key of an object that is entered may occur twice.
    """

    def __init__(self, file: Readable) -> None:
        """Stand in front of the one value of ``file``."""
        self._file = file
        self._data = b""
        self._at = 0
        self._depth = 0
        self._waiting = True  # whether the value at the cursor has not been taken yet
        self._steps = Steps()

    def kind(self) -> Kind:
        """See :meth:`Walk.kind`."""
        return _KINDS.get(self._peek(), "other")

    def members(self) -> Iterator[str]:
        """See :meth:`Walk.members`."""
        seen: set[str] = set()
        for _ in self._inside(b"{"):
            if self._peek() != b'"':
                raise Malformed("a key of the JSON text is no text")
            key = self._text()
            if key in seen:
                raise Malformed(f"the key {key[:200]!r} occurs twice in one JSON object")
            seen.add(key)
            if self._take_sign() != b":":
                raise Malformed("':' is missing in the JSON text")
            self._waiting = True
            yield key

    def items(self) -> Iterator[int]:
        """See :meth:`Walk.items`."""
        for number in self._inside(b"["):
            self._waiting = True
            yield number

    def scalar(self) -> Scalar:
        """See :meth:`Walk.scalar`."""
        self._waiting = False
        self._steps.count()
        if self._peek() == b'"':
            return self._text()
        word = self._word()
        if word in _WORDS:
            return _WORDS[word]
        if _WHOLE.fullmatch(word):
            return int(word)
        if _NUMBER.fullmatch(word):
            return _finite(word)
        raise Malformed(f"{word!r} is no JSON value")

    def skip(self) -> None:
        """See :meth:`Walk.skip`."""
        self._waiting = False
        self._steps.count()
        if (sign := self._peek()) == b'"':
            self._pass_text()
        elif sign in _CLOSES:
            self._pass_brackets()
        else:
            self._word()

    def finish(self) -> None:
        """Check that nothing but white space follows."""
        while self._more():
            self._at = _end(_SPACE, self._data, self._at)
            if self._at < len(self._data):
                raise Malformed("something follows behind the JSON text")

    def _inside(self, opening: bytes) -> Iterator[int]:
        """Stand in front of each part between two brackets."""
        self._waiting = False
        self._steps.count()
        if self._take_sign() != opening:
            raise Malformed(f"{opening.decode()!r} is missing in the JSON text")
        self._depth += 1
        if self._depth > DEEPEST:
            raise Malformed("the JSON text is nested too deeply")
        number = 0
        sign = b","
        if self._peek() == _CLOSES[opening]:
            sign = self._take_sign()
        while sign == b",":
            yield number
            number += 1
            if self._waiting:
                self.skip()
            sign = self._take_sign()
        if sign != _CLOSES[opening]:
            raise Malformed("',' or a closing bracket is missing in the JSON text")
        self._depth -= 1

    def _more(self) -> bool:
        if self._at < len(self._data):
            return True
        self._data, self._at = self._file.read(_CHUNK), 0
        return bool(self._data)

    def _peek(self) -> bytes:
        """Return the next byte that is no white space."""
        while self._more():
            self._at = _end(_SPACE, self._data, self._at)
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
        raise Cut("the JSON text ends too early")

    def _take_sign(self) -> bytes:
        sign = self._peek()
        self._at += 1
        return sign

    def _word(self) -> bytes:
        self._peek()
        word = b""
        while self._more():
            end = _end(_WORD, self._data, self._at)
            word += self._data[self._at : end]
            self._at = end
            if len(word) > _LONGEST_WORD:
                raise Malformed(f"{word[:_LONGEST_WORD]!r} is no JSON value")
            if end < len(self._data):
                break
        if not word:
            raise Malformed("a value is missing in the JSON text")
        return word

    def _text(self) -> str:
        raw = b"".join(self._text_parts())
        try:
            return str(json.loads(raw.decode()))
        except ValueError as error:
            raise Malformed(f"a text of the JSON text cannot be read: {error}") from error

    def _pass_text(self) -> None:
        for _ in self._text_parts(most=1 << 62):
            pass

    def _text_parts(self, most: int = LONGEST_TEXT) -> Iterator[bytes]:
        """Give the bytes of a text with its quotation marks."""
        yield b'"'
        self._at += 1
        escaped = False
        while self._more():
            start = self._at
            self._at = _end(_RUN, self._data, start + escaped)
            sign = self._data[self._at : self._at + 1]
            self._at += len(sign)
            yield self._data[start : self._at]
            if sign == b'"':
                return
            escaped = sign == b"\\"  # the last byte that is here; the next one belongs to it
            most -= self._at - start
            if most < 0:
                raise LimitReached("a text in the JSON text is too long")
        raise Cut("the JSON text ends inside a text")

    def _pass_brackets(self) -> None:
        closing: list[bytes] = []
        while self._more():
            match = _SIGN.search(self._data, self._at)
            if match is None:
                self._at = len(self._data)
                continue
            sign = match[0]
            if sign == b'"':
                self._at = match.start()
                self._pass_text()
                continue
            self._at = match.end()
            self._steps.count()
            if sign in _CLOSES:
                closing.append(_CLOSES[sign])
                if len(closing) > DEEPEST:
                    raise Malformed("the JSON text is nested too deeply")
            elif closing.pop() != sign:
                raise Malformed("a bracket of the JSON text is closed by another kind")
            elif not closing:
                return
        raise Cut("the JSON text ends inside brackets")


def _finite(word: bytes) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise Malformed(f"the number {word.decode()} is too large")
    return value


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return match.end() if match else at
