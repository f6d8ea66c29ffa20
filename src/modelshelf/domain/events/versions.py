"""Events of model versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.events.shape import Event, Plain


@dataclass(frozen=True, slots=True)
class VersionRegistered(Event):
    """A version was registered: its number, its content, and everything known about it.

    ``content`` and ``inspection`` are the plain forms of the values of the same names, ``details``
    that of :class:`~modelshelf.domain.provenance.Details`; ``base_id`` is the base version's id,
    and ``base_ids`` has those of the further bases that are versions, by reference.
    """

    name: ClassVar[str] = "version.registered"
    version_id: int
    model_id: int
    model: str
    number: int
    content: Plain
    inspection: Plain
    details: Plain
    source: str
    base_id: int | None = None
    base_ids: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class VersionAmended(Event):
    """Metadata was added to a version or tags taken off; what is named replaces what was there.

    ``taken_off`` names what an undo takes off again: ``metrics.auc``, ``params.lr``, ``base``,
    ``run``, ``code``, ``environment``, ``metric_sources.auc``.
    """

    name: ClassVar[str] = "version.amended"
    version_id: int
    model_id: int
    model: str
    number: int
    details: Plain
    unset_tags: tuple[str, ...] = ()
    base_id: int | None = None
    undoes: int | None = None
    reason: str | None = None
    taken_off: tuple[str, ...] | None = None
    base_ids: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class VersionYanked(Event):
    """A version must no longer be used; old references go on resolving, with a warning."""

    name: ClassVar[str] = "version.yanked"
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class VersionArchived(Event):
    """A version was put away."""

    name: ClassVar[str] = "version.archived"
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class VersionRestored(Event):
    """A version was taken out of the archive, or may be used again after a yank."""

    name: ClassVar[str] = "version.restored"
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class VersionScanned(Event):
    """The stored bytes of a version were looked into again, by another scanner than before."""

    name: ClassVar[str] = "version.scanned"
    version_id: int
    model_id: int
    model: str
    number: int
    inspection: Plain


@dataclass(frozen=True, slots=True)
class GlobalsApproved(Event):
    """Somebody vouched for exactly these globals in the pickles of a model."""

    name: ClassVar[str] = "globals.approved"
    model_id: int
    model: str
    number: int
    globals: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ContentRelocated(Event):
    """The bytes of a version that were adopted in place were found elsewhere."""

    name: ClassVar[str] = "content.relocated"
    version_id: int
    model_id: int
    model: str
    number: int
    place: str
    former: str
