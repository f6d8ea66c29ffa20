"""Events of the quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.events.shape import Event, Plain


@dataclass(frozen=True, slots=True)
class ArtifactQuarantined(Event):
    """A dropped file or folder was refused for what is in it, and kept apart.

    ``quarantine_id`` counts from 1; ``path`` is where it lay, ``place`` where it is kept; ``model``
    is the model it was meant for and may be empty; ``rule`` is the code of the reason.
    """

    name: ClassVar[str] = "artifact.quarantined"
    quarantine_id: int
    path: str
    place: str
    kind: str
    size: int
    digest: str
    model: str
    rule: str
    reason: str
    owner: str
    inspection: Plain


@dataclass(frozen=True, slots=True)
class ArtifactReleased(Event):
    """A quarantined artifact became a version after all, with a reason; its verdict stays."""

    name: ClassVar[str] = "artifact.released"
    quarantine_id: int
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ArtifactDiscarded(Event):
    """A quarantined artifact will never become a version; it was put away, not deleted."""

    name: ClassVar[str] = "artifact.discarded"
    quarantine_id: int
    place: str
    reason: str
