"""Every change the registry knows, one frozen type each; the docstring is its documentation.

An event is the complete body of an audit entry: replaying the events alone rebuilds every table,
so an event carries the ids it was given, never a question to be asked again. Values are plain JSON.
"""

from __future__ import annotations

from modelshelf.domain.errors import Corrupt
from modelshelf.domain.events.arrivals import (
    ArtifactDiscarded,
    ArtifactQuarantined,
    ArtifactReleased,
)
from modelshelf.domain.events.lineage import (
    LineageLinked,
    LineageRejected,
    LineageUnlinked,
    VersionProbed,
    VersionReproduced,
)
from modelshelf.domain.events.naming import (
    AliasRemoved,
    AliasSet,
    ModelCreated,
    ModelDescribed,
    ModelRenamed,
    ModelRestored,
    ModelRetired,
    ModelTagged,
)
from modelshelf.domain.events.registries import (
    BytesFreed,
    PolicyRecorded,
    RegistryCreated,
)
from modelshelf.domain.events.shape import Event, Plain
from modelshelf.domain.events.stages import (
    GateRan,
    PromotionRefused,
    RequestApproved,
    RequestExpired,
    RequestOpened,
    RequestRejected,
    RequestWithdrawn,
    StageAssigned,
    StageRenamed,
    StageRolledBack,
    StageVacated,
)
from modelshelf.domain.events.versions import (
    ContentRelocated,
    GlobalsApproved,
    VersionAmended,
    VersionArchived,
    VersionRegistered,
    VersionRestored,
    VersionScanned,
    VersionYanked,
)

__all__ = [
    "EVENTS",
    "AliasRemoved",
    "AliasSet",
    "ArtifactDiscarded",
    "ArtifactQuarantined",
    "ArtifactReleased",
    "BytesFreed",
    "ContentRelocated",
    "Event",
    "GateRan",
    "GlobalsApproved",
    "LineageLinked",
    "LineageRejected",
    "LineageUnlinked",
    "ModelCreated",
    "ModelDescribed",
    "ModelRenamed",
    "ModelRestored",
    "ModelRetired",
    "ModelTagged",
    "Plain",
    "PolicyRecorded",
    "PromotionRefused",
    "RegistryCreated",
    "RequestApproved",
    "RequestExpired",
    "RequestOpened",
    "RequestRejected",
    "RequestWithdrawn",
    "StageAssigned",
    "StageRenamed",
    "StageRolledBack",
    "StageVacated",
    "VersionAmended",
    "VersionArchived",
    "VersionProbed",
    "VersionRegistered",
    "VersionReproduced",
    "VersionRestored",
    "VersionScanned",
    "VersionYanked",
    "read_event",
]

EVENTS: dict[str, type[Event]] = {
    cls.name: cls
    for cls in (
        RegistryCreated,
        PolicyRecorded,
        BytesFreed,
        ModelCreated,
        ModelDescribed,
        ModelTagged,
        ModelRenamed,
        ModelRetired,
        ModelRestored,
        AliasSet,
        AliasRemoved,
        VersionRegistered,
        VersionAmended,
        VersionYanked,
        VersionArchived,
        VersionRestored,
        VersionScanned,
        GlobalsApproved,
        ContentRelocated,
        StageAssigned,
        StageRenamed,
        StageRolledBack,
        StageVacated,
        PromotionRefused,
        GateRan,
        RequestOpened,
        RequestApproved,
        RequestRejected,
        RequestWithdrawn,
        RequestExpired,
        ArtifactQuarantined,
        ArtifactReleased,
        ArtifactDiscarded,
        LineageLinked,
        LineageUnlinked,
        LineageRejected,
        VersionReproduced,
        VersionProbed,
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
