"""Consumers: who uses which version, since when and when last seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consumer:
    """One use of a version by a service, a script or a person.

    Attributes:
        name: What it calls itself.
        reference: The version it got.
        asked: The reference it asked for, last time.
        since: When it first got this version, UTC.
        seen: When it last asked, UTC.
        times: How often it asked.
        present: Whether this is the version it got last.
    """

    name: str
    reference: str
    asked: str
    since: datetime
    seen: datetime
    times: int
    present: bool
