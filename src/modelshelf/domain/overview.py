"""What a dashboard shows of a whole registry, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.domain.audit import Entry
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.requests import Request


@dataclass(frozen=True, slots=True)
class Held:
    """One version that holds a stage.

    Attributes:
        version: The version.
        weight: Its share of the traffic in percent.
        since: Since when it has held the stage without a break, UTC; ``None`` where nothing says.
    """

    version: ModelVersion
    weight: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Serving:
    """A model and who holds a stage of it.

    Attributes:
        model: The model's name.
        holders: In the order they were given.
        at: When they were given it together, UTC; ``None`` where nothing says.
        actor: Who gave it to them.
    """

    model: str
    holders: tuple[Held, ...]
    at: datetime | None
    actor: str


@dataclass(frozen=True, slots=True)
class Resting:
    """A model of which one wants to know little: that it serves nobody, or that nobody touches it.

    Attributes:
        name: Its name.
        latest: The number of its newest version; 0 when it has none.
        owner: Whose it is.
        changed_at: When somebody changed anything about it, UTC.
    """

    name: str
    latest: int
    owner: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """A registry at a glance; every list is a beginning, every count is exact.

    Attributes:
        at: The moment it is of, UTC.
        stage: The top rung of the ladder, which `serving` is about.
        models: How many models there are that are not retired.
        versions: How many versions there are.
        serving: Who holds that stage, the newest assignment first.
        serving_total: How many models have a holder of it.
        idle: Models in use that have none, by name.
        idle_total: How many those are.
        untouched: Models in use that nobody changed for `untouched_days`, the longest first.
        untouched_total: How many those are.
        untouched_days: How long that is.
        lately: The newest entries of the log.
        days: Versions registered on each of the last days, the oldest first; a day ends at `at`.
    """

    at: datetime
    stage: str
    models: int
    versions: int
    serving: tuple[Serving, ...]
    serving_total: int
    idle: tuple[Resting, ...]
    idle_total: int
    untouched: tuple[Resting, ...]
    untouched_total: int
    untouched_days: int
    lately: tuple[Entry, ...]
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open request and what it lacks.

    Attributes:
        request: The request.
        mine: Whether an approval of the actor would count.
        passed: How many gates agree.
        gates: How many gates there are.
        missing: How many approvals are missing.
        trouble: Why it cannot be planned; empty when it can.
    """

    request: Request
    mine: bool
    passed: int = 0
    gates: int = 0
    missing: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Requested:
    """The open requests: the first of them, those that wait for the actor before all others.

    Attributes:
        first: The first of them.
        total: How many there are.
    """

    first: tuple[Waiting, ...]
    total: int


@dataclass(frozen=True, slots=True)
class FolderStanding:
    """A drop folder and how many of its lines want attention.

    Attributes:
        path: As the policy has it.
        keep: What becomes of what is dropped: move, copy or adopt.
        waiting: Lines that wait.
        refused: Lines that were refused, without those that are kept apart.
        quarantined: Lines that are held in quarantine.
    """

    path: str
    keep: str
    waiting: int = 0
    refused: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class HookTrouble:
    """A hook that fails.

    Attributes:
        key: Its name.
        retrying: How many deliveries were tried and wait for another attempt.
        failed: How many were given up since the last one that was delivered.
        said: What came of the newest attempt.
    """

    key: str
    retrying: int
    failed: int
    said: str


@dataclass(frozen=True, slots=True)
class Stored:
    """How many bytes a registry keeps.

    Attributes:
        seq: The entry up to which it was counted.
        stored: Bytes in the artifact store that versions need, each counted once.
        shared: Bytes that were saved because versions share files.
        in_place: Bytes of adopted versions, which lie elsewhere.
    """

    seq: int
    stored: int
    shared: int
    in_place: int
