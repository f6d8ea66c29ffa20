"""What a CEL expression mentions: dotted names, words it binds itself, and loops in loops.

Not a parser: the words of the text, which is enough to name what is missing and to bound the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LOOPS = ("all", "exists", "exists_one", "filter", "map")
"""The macros that go through a list or a map; their first word is bound by them."""
_TOKEN = re.compile(
    r"""
      (?P<skip> \s+ | //[^\n]* )
    | (?P<text> [bBrR]{0,2} (?: \"{3}.*?\"{3} | '{3}.*?'{3}
                              | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' ) )
    | (?P<number> \.?[0-9](?:[0-9a-zA-Z_]|\.(?=[0-9])|(?<=[eE])[+-])* )
    | (?P<word> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RESERVED = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression: its kind (``text``, ``number``, ``word``, ``sign``) and itself."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A dotted name in an expression.

    Attributes:
        path: ``("metrics", "auc")``.
        tested: Whether it is asked only whether it is there, ``has(metrics.auc)``.
    """

    path: tuple[str, ...]
    tested: bool = False

    @property
    def name(self) -> str:
        """The name as it is written: ``metrics.auc``, ``metrics["val.auc"]``."""
        return self.path[0] + "".join(
            f".{part}" if part.isidentifier() else f'["{part}"]' for part in self.path[1:]
        )


@dataclass(frozen=True, slots=True)
class Mentions:
    """All that an expression mentions.

    Attributes:
        names: The dotted names in the order of the text, each once.
        bound: The words that its loops bind.
        depth: How many loops stand in one another.
    """

    names: tuple[Mention, ...]
    bound: frozenset[str]
    depth: int

    @property
    def roots(self) -> frozenset[str]:
        """The first words of the names."""
        return frozenset(mention.path[0] for mention in self.names)


@lru_cache(maxsize=512)
def mentions(expression: str) -> Mentions:
    """Return what ``expression`` mentions; of what is no expression, something or nothing."""
    tokens = [
        Token(str(m.lastgroup), m.group())
        for m in _TOKEN.finditer(expression)
        if m.lastgroup != "skip"
    ]
    return Mentions(tuple(dict.fromkeys(_names(tokens))), frozenset(_bound(tokens)), _depth(tokens))


def found(names: Mapping[str, Any], path: tuple[str, ...]) -> tuple[bool, Any, int]:
    """Walk ``path`` through nested mappings: whether all of it is there, its value, how far.

    The last number is the place in ``path`` of the first part that is not there.
    """
    value: Any = names
    for place, part in enumerate(path):
        if not isinstance(value, Mapping) or part not in value:
            return False, None, place
        value = value[part]
    return True, value, len(path)


def _names(tokens: list[Token]) -> Iterator[Mention]:
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind != "word" or _selected(tokens, place) or token.text in _RESERVED:
            place += 1
            continue
        path, ahead = _path(tokens, place)
        tested = [t.text for t in tokens[max(place - 2, 0) : place]] == ["has", "("]
        if path:
            yield Mention(tuple(path), tested)
        place = ahead


def _selected(tokens: list[Token], place: int) -> bool:
    """Whether the word at ``place`` is a field of what stands before it; a dot may also begin."""
    if place < 2 or tokens[place - 1].text != ".":  # noqa: PLR2004 - a thing and a dot
        return False
    before = tokens[place - 2]
    return before.kind in ("word", "text") or before.text in (")", "]", "}")


def _path(tokens: list[Token], place: int) -> tuple[list[str], int]:
    """Return the dotted name at ``place`` and where it ends; no name if it is a function's."""
    path = [tokens[place].text]
    ahead = place + 1
    while ahead < len(tokens):
        part, step = _part(tokens, ahead)
        if part is None:
            break
        path.append(part)
        ahead += step
    if ahead < len(tokens) and tokens[ahead].text == "(":
        path.pop()  # what is called is a function
    return path, ahead


def _part(tokens: list[Token], ahead: int) -> tuple[str | None, int]:
    """Return the next part of a dotted name: ``.word`` or ``["text"]``."""
    following = tokens[ahead : ahead + 3]
    signs = [t.text for t in following]
    if len(following) > 1 and signs[0] == "." and following[1].kind == "word":
        return signs[1], 2
    closed = len(following) > 2 and signs[0] == "[" and signs[2] == "]"  # noqa: PLR2004 - three
    if closed and following[1].kind == "text" and signs[1][0] in "\"'" and "\\" not in signs[1]:
        return signs[1].strip(signs[1][0]), 3
    return None, 0


def _loops(tokens: list[Token]) -> Iterator[int]:
    """Yield the places of the words that begin a loop: ``.all(``."""
    for place in range(1, len(tokens) - 1):
        if (
            tokens[place].text in LOOPS
            and tokens[place - 1].text == "."
            and tokens[place + 1].text == "("
        ):
            yield place


def _bound(tokens: list[Token]) -> Iterator[str]:
    for place in _loops(tokens):
        for ahead in tokens[place + 2 : place + 3]:
            if ahead.kind == "word":
                yield ahead.text


def _depth(tokens: list[Token]) -> int:
    """Return how many loops stand in one another."""
    opens = {place + 1 for place in _loops(tokens)}
    stack: list[int] = []  # for each open bracket, how many loops it stands in
    deepest = 0
    for place, token in enumerate(tokens):
        if token.text in ("(", "[", "{"):
            stack.append((stack[-1] if stack else 0) + (place in opens))
            deepest = max(deepest, stack[-1])
        elif token.text in (")", "]", "}") and stack:
            stack.pop()
    return deepest
