"""Events of stages: who asked, what was measured, who agreed, who holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.events.shape import Event, Plain


@dataclass(frozen=True, slots=True)
class StageAssigned(Event):
    """A stage was given to these versions with these weights, on this evidence.

    ``holders`` is a list of ``[version id, number, weight]``; ``archived`` lists the version ids
    that were put away because they hold nothing any more; ``unarchived`` those that came back.
    ``request_id`` is the request that was applied; ``bypass`` says which rules were set aside;
    ``decision`` holds what was known: the policy's digest, the approvals, the comparison with the
    holder of that moment.
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
    request_id: int | None = None
    bypass: str | None = None
    decision: Plain | None = None
    undoes: int | None = None


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
    undoes: int | None = None


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
class StageVacated(Event):
    """Nobody holds a stage any more: a first assignment was taken back."""

    name: ClassVar[str] = "stage.vacated"
    model_id: int
    model: str
    stage: str
    reason: str
    replaced: int | None = None
    archived: tuple[int, ...] = ()
    unarchived: tuple[int, ...] = ()
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class GateRan(Event):
    """A gate that must be measured was run on a version: a command, a hashing, another's code.

    ``definition`` is the digest of the gate as the policy wrote it; ``output`` that of the blob
    with what the command said; ``milliseconds`` how long it took.
    """

    name: ClassVar[str] = "gate.ran"
    version_id: int
    model_id: int
    model: str
    number: int
    gate: str
    definition: str
    outcome: str
    observed: str
    required: str
    message: str
    milliseconds: int
    exit_code: int | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class RequestOpened(Event):
    """Somebody asked that these versions hold a stage; its id is the number of this entry.

    ``holders`` is a list of ``[version id, number, weight]``; ``seen`` is the id of the assignment
    that held then; ``expires_us`` is when the question lapses, microseconds since 1970 UTC.
    """

    name: ClassVar[str] = "request.opened"
    model_id: int
    model: str
    stage: str
    version_id: int
    holders: tuple[tuple[int, int, int], ...]
    reason: str
    seen: int | None = None
    expires_us: int | None = None
    verdicts: tuple[Plain, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestApproved(Event):
    """One person said yes to a request."""

    name: ClassVar[str] = "request.approved"
    model_id: int
    model: str
    stage: str
    request_id: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class RequestRejected(Event):
    """One person said no to a request, and why; that ends it."""

    name: ClassVar[str] = "request.rejected"
    model_id: int
    model: str
    stage: str
    request_id: int
    comment: str


@dataclass(frozen=True, slots=True)
class RequestWithdrawn(Event):
    """Who opened a request, or an admin, took it back."""

    name: ClassVar[str] = "request.withdrawn"
    model_id: int
    model: str
    stage: str
    request_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class RequestExpired(Event):
    """A request was not decided in its time."""

    name: ClassVar[str] = "request.expired"
    model_id: int
    model: str
    stage: str
    request_id: int


@dataclass(frozen=True, slots=True)
class StageRenamed(Event):
    """The policy calls a stage by another name; its history goes on under the new one."""

    name: ClassVar[str] = "stage.renamed"
    stage: str
    renamed_to: str
