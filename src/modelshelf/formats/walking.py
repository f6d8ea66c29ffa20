"""Walks through a document of objects, lists and scalars without ever holding all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from modelshelf.formats.trouble import LimitReached, Malformed

Kind = Literal["object", "list", "text", "other"]
Scalar = str | int | float | bool | None

DEEPEST = 200
LONGEST_TEXT = 16 * 1024 * 1024
MOST_STEPS = 4_000_000


class Walk(Protocol):
    """A cursor that stands in front of one value of a document.

    A value is taken by exactly one of the four methods. One that nobody takes inside of
    :meth:`members` or :meth:`items` is skipped.
    """

    def kind(self) -> Kind:
        """Return what the value is, without taking it."""
        ...

    def members(self) -> Iterator[str]:
        """Enter an object and give its keys, standing in front of the value of each."""
        ...

    def items(self) -> Iterator[int]:
        """Enter a list and give the numbers of its items, standing in front of each."""
        ...

    def scalar(self) -> Scalar:
        """Return a text, number, truth value or None."""
        ...

    def skip(self) -> None:
        """Pass over the value, whatever it is."""
        ...


@dataclass(slots=True)
class Steps:
    """How many values may still be looked at before it is too much."""

    left: int = MOST_STEPS

    def count(self) -> None:
        """Take one step.

        Raises:
            LimitReached: There were too many.
        """
        self.left -= 1
        if self.left < 0:
            raise LimitReached("the document has too many parts to look at each of them")


def build(walk: Walk, *, most: int = 100_000) -> object:
    """Return the value that ``walk`` stands in front of, of at most ``most`` parts.

    Raises:
        LimitReached: It has more parts.
        Malformed: It is nested more than 200 deep.
    """
    return _build(walk, Steps(most), 0)


def _build(walk: Walk, steps: Steps, depth: int) -> object:
    steps.count()
    if depth > DEEPEST:
        raise Malformed("the document is nested too deeply")
    kind = walk.kind()
    if kind == "object":
        return {key: _build(walk, steps, depth + 1) for key in walk.members()}
    if kind == "list":
        return [_build(walk, steps, depth + 1) for _ in walk.items()]
    return walk.scalar()


def texts(walk: Walk, *, most: int = 100_000) -> list[str]:
    """Return a list's texts; whatever else is in it is left out."""
    value = build(walk, most=most)
    items = value if isinstance(value, list) else []
    return [each for each in items if isinstance(each, str)]


def plain(walk: Walk, *, most: int = 100_000) -> dict[str, str]:
    """Return an object's scalars as texts; objects and lists in it are left out."""
    value = build(walk, most=most)
    members = value if isinstance(value, dict) else {}
    return {
        key: _written(each) for key, each in members.items() if not isinstance(each, (dict, list))
    }


def _written(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: ""}[value]
    return str(value)
