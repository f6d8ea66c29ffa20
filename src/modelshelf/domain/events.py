"""Every change the registry knows, one frozen type each; the docstring is its documentation.

An event is the complete body of an audit entry: replaying the events alone rebuilds every table,
so an event carries the ids it was given, never a question to be asked again. Values are plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from modelshelf.domain.errors import Corrupt

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """The shape of all events.

    ``name`` is stable and dotted; ``about`` is the id of the model it concerns, or ``None``.
    """

    name: ClassVar[str] = ""

    def body(self) -> dict[str, Any]:
        """Return the fields as plain values; fields that are ``None`` are left out."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}

    @property
    def about(self) -> int | None:
        """Id of the model this event concerns."""
        return getattr(self, "model_id", None)


@dataclass(frozen=True, slots=True)
class RegistryCreated(Event):
    """A registry was made; its id seeds the chain of seals."""

    name: ClassVar[str] = "registry.created"
    registry_id: str
    schema: int


@dataclass(frozen=True, slots=True)
class PolicyRecorded(Event):
    """The policy file was seen in a new text, before it first decided anything."""

    name: ClassVar[str] = "policy.recorded"
    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelCreated(Event):
    """A model came into being with its first registration."""

    name: ClassVar[str] = "model.created"
    model_id: int
    model: str


@dataclass(frozen=True, slots=True)
class ModelDescribed(Event):
    """A model's description or owner changed; a field that is missing stays as it was."""

    name: ClassVar[str] = "model.described"
    model_id: int
    model: str
    description: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ModelTagged(Event):
    """Tags of a model were set or taken off."""

    name: ClassVar[str] = "model.tagged"
    model_id: int
    model: str
    set: Mapping[str, str]
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelRenamed(Event):
    """A model got a new name; the old one goes on leading to it."""

    name: ClassVar[str] = "model.renamed"
    model_id: int
    model: str
    renamed_to: str


@dataclass(frozen=True, slots=True)
class ModelRetired(Event):
    """A model was taken out of use; nothing of it is lost."""

    name: ClassVar[str] = "model.retired"
    model_id: int
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelRestored(Event):
    """A retired model is in use again."""

    name: ClassVar[str] = "model.restored"
    model_id: int
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class VersionRegistered(Event):
    """A version was registered: its number, its content, and everything known about it.

    ``content`` and ``inspection`` are the plain forms of the values of the same names, ``details``
    that of :class:`~modelshelf.domain.provenance.Details`; ``base_id`` is the base version's id.
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


@dataclass(frozen=True, slots=True)
class VersionAmended(Event):
    """Metadata was added to a version or tags taken off; what is named replaces what was there."""

    name: ClassVar[str] = "version.amended"
    version_id: int
    model_id: int
    model: str
    number: int
    details: Plain
    unset_tags: tuple[str, ...] = ()
    base_id: int | None = None


@dataclass(frozen=True, slots=True)
class VersionYanked(Event):
    """A version must no longer be used; old references go on resolving, with a warning."""

    name: ClassVar[str] = "version.yanked"
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class VersionArchived(Event):
    """A version was put away."""

    name: ClassVar[str] = "version.archived"
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class VersionRestored(Event):
    """A version was taken out of the archive, or may be used again after a yank."""

    name: ClassVar[str] = "version.restored"
    version_id: int
    model_id: int
    model: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class AliasSet(Event):
    """An alias was given to a version; it leaves the version that had it."""

    name: ClassVar[str] = "alias.set"
    model_id: int
    model: str
    alias: str
    version_id: int
    number: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AliasRemoved(Event):
    """An alias was taken away."""

    name: ClassVar[str] = "alias.removed"
    model_id: int
    model: str
    alias: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StageAssigned(Event):
    """A stage was given to these versions with these weights, on this evidence.

    ``holders`` is a list of ``[version id, number, weight]``; ``archived`` lists the version ids
    that were put away because they hold nothing any more; ``unarchived`` those that came back.
    """

    name: ClassVar[str] = "stage.assigned"
    model_id: int
    model: str
    stage: str
    holders: tuple[tuple[int, int, int], ...]
    reason: str
    replaced: int | None = None
    archived: tuple[int, ...] = ()
    unarchived: tuple[int, ...] = ()
    verdicts: tuple[Plain, ...] = ()


@dataclass(frozen=True, slots=True)
class StageRolledBack(Event):
    """A stage went back to the holders of an earlier assignment, ``restores``."""

    name: ClassVar[str] = "stage.rolled_back"
    model_id: int
    model: str
    stage: str
    holders: tuple[tuple[int, int, int], ...]
    reason: str
    restores: int
    replaced: int | None = None
    archived: tuple[int, ...] = ()
    unarchived: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PromotionRefused(Event):
    """A promotion was asked for and refused, with the verdicts that said no."""

    name: ClassVar[str] = "promotion.refused"
    model_id: int
    model: str
    stage: str
    holders: tuple[tuple[int, int, int], ...]
    reason: str
    verdicts: tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class BytesFreed(Event):
    """``gc`` gave up the bytes of yanked versions after the grace period."""

    name: ClassVar[str] = "bytes.freed"
    version_ids: tuple[int, ...]
    blobs: int
    size: int


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


EVENTS: dict[str, type[Event]] = {
    cls.name: cls
    for cls in (
        RegistryCreated,
        PolicyRecorded,
        ModelCreated,
        ModelDescribed,
        ModelTagged,
        ModelRenamed,
        ModelRetired,
        ModelRestored,
        VersionRegistered,
        VersionAmended,
        VersionYanked,
        VersionArchived,
        VersionRestored,
        AliasSet,
        AliasRemoved,
        StageAssigned,
        StageRolledBack,
        PromotionRefused,
        BytesFreed,
        VersionScanned,
        GlobalsApproved,
        ContentRelocated,
        ArtifactQuarantined,
        ArtifactReleased,
        ArtifactDiscarded,
    )
}


def read_event(name: str, body: Plain) -> Event:
    """Return the event that an audit entry holds.

    Raises:
        Corrupt: The name is unknown to this release, or the body lacks a field.
    """
    kind = EVENTS.get(name)
    if kind is None:
        raise Corrupt(
            f"the audit log holds an event {name!r} that this release does not know",
            hint="A newer Modelshelf wrote it; update this one.",
        )
    try:
        return kind(**body)
    except TypeError as exc:
        raise Corrupt(f"an audit entry of {name} is not complete", why=str(exc)) from exc
