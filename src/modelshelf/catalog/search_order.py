"""The orders of a search: the SQL that sorts, the place where the next page begins, the cursor.

A page ends at a sort key and an id; the next one begins after them. Nothing is sorted by time: a
version's id grows with creation.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass

from modelshelf.catalog.search_terms import Bound
from modelshelf.domain.errors import Invalid
from modelshelf.domain.query import Sort
from modelshelf.domain.text import safe

Key = str | int | float | None
_ID_MOST = 2**63 - 1
_CURSOR_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the sort key of its last row, and the row's id.

    Attributes:
        key: The name, size or metric; ``None`` by age, and for a version without the metric.
        id: The version's id.
    """

    key: Key
    id: int


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order in SQL.

    Attributes:
        key: The expression of the sort key.
        order_by: The ORDER BY clause.
        join: What must be joined besides the version and its model.
        past: The condition that leaves out everything up to the place, empty without a place.
    """

    key: str
    order_by: str
    join: str = ""
    past: str = ""


def by_age(row: str, place: Place | None, bind: Bound, *, oldest: bool) -> Ordering:
    """Return the order of creation by the version's id, named ``row``."""
    way, beyond = ("ASC", ">") if oldest else ("DESC", "<")
    past = "" if place is None else f"{row} {beyond} {bind(place.id)}"
    return Ordering("NULL", f"{row} {way}", past=past)


def by_number(place: Place | None, bind: Bound, *, oldest: bool) -> Ordering:
    """Return the order of creation within one model, as its index of numbers has it."""
    way, beyond = ("ASC", ">") if oldest else ("DESC", "<")
    past = "" if place is None else f"v.number {beyond} {_number_at(place, bind)}"
    return Ordering("NULL", f"v.number {way}", past=past)


def by_name(sort: Sort, place: Place | None, bind: Bound) -> Ordering:
    """Return the order of models' names, the newest version of each first."""
    way, beyond = ("DESC", "<") if sort.descending else ("ASC", ">")
    past = ""
    if place is not None:
        name, number = bind(place.key), _number_at(place, bind)
        # The first condition says nothing new; it lets the index begin at the place.
        past = (
            f"m.name {beyond}= {name}"
            f" AND (m.name {beyond} {name} OR (m.name = {name} AND v.number < {number}))"
        )
    return Ordering("m.name", f"m.name {way}, v.number DESC", past=past)


def by_value(column: str, row: str, place: Place | None, bind: Bound, *, down: bool) -> Ordering:
    """Return the order of a number in ``column``, then of the id in the same direction."""
    way, beyond = ("DESC", "<") if down else ("ASC", ">")
    past = ""
    if place is not None:
        past = f"({column}, {row}) {beyond} ({bind(place.key)}, {bind(place.id)})"
    return Ordering(column, f"{column} {way}, {row} {way}", past=past)


def by_metric(sort: Sort, row: str, place: Place | None, bind: Bound) -> Ordering:
    """Return the order of a metric over any versions; those without it come last, newest first."""
    way, beyond = ("DESC", "<") if sort.descending else ("ASC", ">")
    join = f"LEFT JOIN metric AS s ON s.version_id = {row} AND s.key = {bind(sort.key)}"
    past = ""
    if place is not None and place.key is None:
        past = f"s.value IS NULL AND {row} < {bind(place.id)}"
    elif place is not None:
        past = (
            f"(s.value IS NULL OR (s.value, {row}) {beyond} ({bind(place.key)}, {bind(place.id)}))"
        )
    tie = f"CASE WHEN s.value IS NULL THEN -{row} ELSE {'-' if sort.descending else ''}{row} END"
    return Ordering("s.value", f"s.value IS NULL, s.value {way}, {tie}", join, past)


def _number_at(place: Place, bind: Bound) -> str:
    return f"(SELECT number FROM version WHERE id = {bind(place.id)})"


def write_cursor(sort: Sort, place: Place) -> str:
    """Return the opaque text that names the place in this order."""
    text = json.dumps([str(sort), place.key, place.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(sort: Sort, after: str) -> Place:
    """Return the place that ``after`` names.

    Raises:
        Invalid: No search in this order gave it.
    """
    try:
        padded = after[:_CURSOR_MOST] + "=" * (-len(after[:_CURSOR_MOST]) % 4)
        order, key, ident = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as exc:
        raise _foreign(after) from exc
    fits = order == str(sort) and _is_key(sort, key)
    if not fits or type(ident) is not int or not 0 <= ident <= _ID_MOST:
        raise _foreign(after)
    return Place(key, ident)


def _is_key(sort: Sort, key: object) -> bool:
    match sort.by:
        case "name":
            return isinstance(key, str) and key.isascii()
        case "size":
            return type(key) is int and 0 <= key <= _ID_MOST
        case "metrics":
            return key is None or (type(key) is float and math.isfinite(key))
        case _:
            return key is None


def _foreign(after: str) -> Invalid:
    return Invalid(
        f"{safe(after, 40)!r} is no place to go on from",
        why="it was not given by a search in this order",
        hint="Begin again at the first page.",
    )
