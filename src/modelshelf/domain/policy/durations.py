"""Durations as they are written in the policy: seconds, or ``15m``, ``24h``, ``7d``."""

from __future__ import annotations

LONGEST = 36_525 * 86_400.0
"""A hundred years, in seconds."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_DIGITS_MOST = 20


def duration(value: object) -> float | None:
    """Return seconds that a number or a text such as ``15m`` stands for; ``None`` if it is none."""
    if isinstance(value, str):
        amount, unit = value[:-1].strip(), _UNITS.get(value[-1:])
        digits = amount.replace(".", "", 1)
        if (
            unit is None
            or len(amount) > _DIGITS_MOST
            or not (digits.isascii() and digits.isdigit())
        ):
            return None
        return float(amount) * unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= LONGEST else None


def duration_text(seconds: float) -> str:
    """Return seconds as they are written in the policy: ``15m``, ``7d``."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds:g}s"
