"""Values to plain JSON and back: one shape for ``--json``, the audit log and other code."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any

# What most values are: asked for by exact type first, because that is three times faster.
_SCALARS = frozenset({type(None), str, int, float, bool})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - JSON has no narrower type; one kind a line
    """Return ``value`` as dictionaries, lists, text, numbers, truth values and ``None``.

    A dataclass becomes an object of its fields, a moment its ISO form in UTC with microseconds and
    ``Z``, a path its text. A ``reference`` property of a value is carried along.
    """
    if type(value) in _SCALARS or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, PurePath):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        shown = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        if "reference" not in shown and isinstance(getattr(value, "reference", None), str):
            shown = {"reference": value.reference, **shown}  # type: ignore[attr-defined]
        return shown
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def compact(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Like :func:`plain`, without the fields of dataclasses that are ``None`` or empty."""
    if type(value) in _SCALARS:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        kept = ((f.name, compact(getattr(value, f.name))) for f in fields(value))
        return {name: v for name, v in kept if v not in (None, "", {}, [])}
    if isinstance(value, list | tuple):
        return [compact(v) for v in value]
    return plain(value)


def canonical(value: object) -> str:
    """Return plain ``value`` as canonical JSON: sorted keys, no spaces, UTF-8, finite numbers."""
    return _ENCODER.encode(value)


def moment(microseconds: int) -> datetime:
    """Return the moment ``microseconds`` after 1970-01-01 UTC; beyond all years, the last one."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:  # only somebody who edited the catalog writes such a time
        return datetime.max.replace(tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """Return the microseconds since 1970-01-01 UTC of a moment; no zone is UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def moment_text(at: datetime) -> str:
    """Return a moment in UTC as ``2026-05-03T09:12:44.000000Z``."""
    try:
        utc = at.astimezone(UTC)
    except OverflowError:  # an end of the calendar, in a zone where UTC is beyond it
        utc = at.replace(tzinfo=UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: str) -> datetime:
    """Return the moment that ISO text names; a date alone is its first instant, no zone is UTC.

    Raises:
        ValueError: It is no ISO date or time.
    """
    at = datetime.fromisoformat(text.strip())
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def read_number(text: str) -> float | None:
    """Return the finite number that ``text`` reads as, else ``None``.

    The same reading decides which stored parameters have a numeric value and which words of a
    search are numbers.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
