"""The tables of stages and what decides about them: requests, gates; of hooks and consumers."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from modelshelf.catalog.columns import KEYED, STRICT, link, text


class Assignment(SQLModel, table=True):
    """A stage given to versions; ``id`` is the sequence number of its audit entry.

    ``request_id`` is the request that was applied; ``bypass`` names the rules that were set aside.
    """

    __tablename__ = "assignment"
    __table_args__: ClassVar[Any] = (
        Index("assignment_by_stage", "model_id", "stage", "id"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    model_id: int = link("model.id")
    stage: str = text()
    at_us: int
    actor: str = text()
    reason: str = text()
    restores: int | None = None
    replaced: int | None = None
    request_id: int | None = None
    bypass: str | None = text(nullable=True)


class AssignmentHolder(SQLModel, table=True):
    """A version named by an assignment, then or now."""

    __tablename__ = "assignment_holder"
    __table_args__ = KEYED
    assignment_id: int = link("assignment.id", primary_key=True)
    position: int = Field(primary_key=True)
    version_id: int = link("version.id", index=True)
    weight: int


class StageHolder(SQLModel, table=True):
    """Who holds a stage at present."""

    __tablename__ = "stage_holder"
    __table_args__: ClassVar[Any] = (Index("stage_holder_by_stage", "stage", "version_id"), KEYED)
    model_id: int = link("model.id", primary_key=True)
    stage: str = text(primary_key=True)
    position: int = Field(primary_key=True)
    version_id: int = link("version.id", index=True)
    weight: int
    assignment_id: int = link("assignment.id")


class Request(SQLModel, table=True):
    """A question whether versions may hold a stage; ``id`` is the number of its audit entry.

    ``state`` is open, applied, rejected, withdrawn or expired; ``holders`` is the JSON list of
    ``[version id, number, weight]`` asked for; ``seen`` is the assignment that held at that time.
    """

    __tablename__ = "request"
    __table_args__: ClassVar[Any] = (
        Index("request_by_state", "state", "id"),
        Index("request_by_model", "model_id", "stage", "id"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    model_id: int = link("model.id")
    stage: str = text()
    version_id: int = link("version.id")
    holders: str = text()
    state: str = text()
    reason: str = text()
    actor: str = text()
    at_us: int
    seen: int | None = None
    expires_us: int | None = None
    closed_us: int | None = None
    closed_by: str | None = text(nullable=True)
    closed_reason: str | None = text(nullable=True)
    assignment_id: int | None = None


class Approval(SQLModel, table=True):
    """One person's answer to a request, ``approve`` or ``reject``; the last one counts."""

    __tablename__ = "approval"
    __table_args__ = KEYED
    request_id: int = link("request.id", primary_key=True)
    actor: str = text(primary_key=True)
    answer: str = text()
    comment: str = text()
    at_us: int
    seq: int


class GateResult(SQLModel, table=True):
    """The newest measurement of a gate on a version, ``id`` the number of its audit entry."""

    __tablename__ = "gate_result"
    __table_args__: ClassVar[Any] = (Index("gate_result_by_output", "output"), KEYED)
    version_id: int = link("version.id", primary_key=True)
    gate: str = text(primary_key=True)
    definition: str = text()
    outcome: str = text()
    observed: str = text()
    required: str = text()
    message: str = text()
    output: str | None = text(nullable=True)
    exit_code: int | None = None
    milliseconds: int
    at_us: int
    actor: str = text()
    id: int


class Delivery(SQLModel, table=True):
    """One entry to be told to one hook: operational, not replayed.

    ``hook`` is the hook's key; ``lane`` what is kept in order (a model's id, 0 for no model);
    ``state`` is pending, delivered, failed (given up) or skipped (the hook is gone);
    ``due_us`` is when the next attempt is due, ``said`` what came of the last one.
    """

    __tablename__ = "delivery"
    __table_args__: ClassVar[Any] = (
        Index("delivery_by_state", "state", "due_us"),
        Index("delivery_by_lane", "hook", "lane", "seq"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    hook: str = text()
    seq: int
    lane: int
    event: str = text()
    state: str = text()
    attempts: int
    due_us: int
    made_us: int
    done_us: int | None = None
    said: str = text()


class HookMark(SQLModel, table=True):
    """How far the log was looked through for a hook: operational, not replayed."""

    __tablename__ = "hook_mark"
    __table_args__ = KEYED
    hook: str = text(primary_key=True)
    seq: int


class Lease(SQLModel, table=True):
    """A consumer that uses a version, since when and when last seen: operational, not replayed."""

    __tablename__ = "lease"
    __table_args__: ClassVar[Any] = (Index("lease_by_version", "version_id"), KEYED)
    consumer: str = text(primary_key=True)
    version_id: int = link("version.id", primary_key=True)
    asked: str = text()
    since_us: int
    seen_us: int
    times: int
