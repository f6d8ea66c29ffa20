"""YAML from strangers: mappings, lists and text only, each key once, nothing that unfolds.

Plain YAML guesses types (``no`` is a truth value, ``1.10`` a number, ``2024-01-01`` a date), and an
alias of a few bytes can stand for gigabytes. Here every scalar stays the text that was written and
whoever asks for a field says its type; what has no plain reading is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

DEPTH_MOST = 32
NODES_MOST = 10_000
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class Plain(str):
    """Text that was written without quotation marks, so it may have been meant as a number."""

    __slots__ = ()


Tree = dict[str, "Tree"] | list["Tree"] | str | None


def parse_yaml(text: str) -> Tree:
    """Return the mappings, lists and text of one YAML document; an unquoted ``null`` is ``None``.

    Raises:
        Invalid: It is not YAML, holds anchors, aliases, tags, merge keys, a second document, a key
            twice, or more than 32 levels or 10,000 values. The sentence names the line.
    """
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _Builder(yaml.parse(text, Loader=loader)).document()
    except yaml.YAMLError as exc:
        mark, problem = getattr(exc, "problem_mark", None), getattr(exc, "problem", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise Invalid("it is not YAML", why=f"{where}{safe(problem or exc, 100)}") from exc
    except RecursionError as exc:
        raise Invalid("it is nested too deeply", required=f"{DEPTH_MOST} levels") from exc


class _Builder:
    """Builds a tree from the parser's events, and stops at the first that is not allowed."""

    def __init__(self, events: Iterator[Any]) -> None:
        """Read ``events`` one by one; the parser goes no further than they are asked for."""
        self._events = events
        self._nodes = 0

    def document(self) -> Tree:
        """Return the one document."""
        tree: Tree = None
        documents = 0
        for event in self._events:
            kind = _kind(event)
            if kind == "DocumentStart":
                documents += 1
                if documents > 1:
                    raise _refused(event, "it holds more than one document")
                if event.version or event.tags:
                    raise _refused(event, "it holds a directive")
                tree = self._node(next(self._events), 1)
        return tree

    def _node(self, event: Any, depth: int) -> Tree:  # noqa: ANN401 - PyYAML's events carry no types
        kind = _kind(event)
        if kind == "Alias" or event.anchor is not None:
            raise _refused(event, "anchors and aliases are not allowed")
        if event.tag is not None:
            raise _refused(event, f"the tag {safe(event.tag, 60)} is not allowed")
        self._nodes += 1
        if self._nodes > NODES_MOST:
            raise _refused(event, f"it holds more than {NODES_MOST:,} values")
        if kind == "Scalar":
            return _scalar(event)
        if depth > DEPTH_MOST:
            raise _refused(event, f"it is nested more than {DEPTH_MOST} levels deep")
        return self._mapping(depth) if kind == "MappingStart" else self._list(depth)

    def _mapping(self, depth: int) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        while _kind(event := next(self._events)) != "MappingEnd":
            if _kind(event) != "Scalar":
                raise _refused(event, "a key that is not plain text is not allowed")
            self._node(event, depth)
            key = str(event.value)
            if key == "<<" and not event.style:
                raise _refused(event, "merge keys are not allowed")
            if key in found:
                raise _refused(event, f"the key {safe(key, 60)!r} occurs twice")
            found[key] = self._node(next(self._events), depth + 1)
        return found

    def _list(self, depth: int) -> list[Tree]:
        found: list[Tree] = []
        while _kind(event := next(self._events)) != "SequenceEnd":
            found.append(self._node(event, depth + 1))
        return found


def _scalar(event: Any) -> str | None:  # noqa: ANN401 - PyYAML's events carry no types
    if event.style:  # a quotation mark, or that of a block; empty or None when written plainly
        return str(event.value)
    return None if event.value in _NOTHING else Plain(event.value)


def _kind(event: Any) -> str:  # noqa: ANN401 - PyYAML's events carry no types
    return type(event).__name__.removesuffix("Event")


def _refused(event: Any, why: str) -> Invalid:  # noqa: ANN401 - PyYAML's events carry no types
    return Invalid(f"line {event.start_mark.line + 1}", why=why)
