"""How sizes, times and small facts are said at this door, everywhere alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelshelf.domain import text
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.models import ModelVersion

_MINUTE = 60
_HOUR = 3600
_FEW = 3
_USERS = 5
RULES_OF_THEN = "modelshelf policy show --as-of shows the rules of then"
plural = text.plural


def when(at: datetime) -> str:
    """Return a moment in UTC to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def duration(seconds: float) -> str:
    """Return a stretch of time in its largest unit and the one below."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def number(value: float) -> str:
    """Return a metric with at most six significant digits."""
    return f"{value:.6g}"


def stage(version: ModelVersion) -> str:
    """Return a version's stage label with its weight, and whether it may be used."""
    label = version.stage
    if 0 < version.weight < 100:  # noqa: PLR2004 - percent
        label += f" {version.weight} %"
    if version.freed:
        label += ", bytes freed"
    return label if version.yanked is None else f"{label}, yanked"


def few(values: Mapping[str, float]) -> str:
    """Return the first metrics of many on one line."""
    shown = [f"{name}={number(value)}" for name, value in list(values.items())[:_FEW]]
    rest = len(values) - len(shown)
    return " ".join(shown) + (f" +{rest}" if rest > 0 else "")


def tags(values: Mapping[str, str]) -> str:
    """Return tags as they are typed."""
    return ", ".join(f"{name}={value}" if value else name for name, value in values.items())


def users(found: Iterable[Consumer]) -> str:
    """Return who uses something, on one line; those who left are not named."""
    present = [one for one in found if one.present]
    shown = [f"{safe(one.name, 60)} (seen {when(one.seen)})" for one in present[:_USERS]]
    more = len(present) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
