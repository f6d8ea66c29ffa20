"""Consumers: who uses which version, since when and when last seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.text import accept

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion

CONSUMER_MOST = 200


@dataclass(frozen=True, slots=True)
class Consumer:
    """One use of a version by a service, a script or a person.

    Attributes:
        name: What it calls itself.
        reference: The version it got.
        asked: The reference it asked for, last time.
        since: When it first got this version, UTC.
        seen: When it last asked, UTC, give or take a minute.
        times: How often it asked; what comes within a minute counts once.
        present: Whether this is the version of its model that it got last.
    """

    name: str
    reference: str
    asked: str
    since: datetime
    seen: datetime
    times: int
    present: bool


@dataclass(frozen=True, slots=True)
class Unused:
    """A version that nobody uses.

    Attributes:
        version: The version.
        seen: When a consumer last asked for it, UTC; ``None``: none ever did.
    """

    version: ModelVersion
    seen: datetime | None


def check_consumer(name: object) -> str:
    """Return ``name`` if a consumer may call itself so.

    Raises:
        Invalid: It is empty, too long, or holds control characters.
    """
    return accept("consumer", name, most=CONSUMER_MOST, empty=False).strip()
