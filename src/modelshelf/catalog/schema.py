"""The tables, as SQLModel classes: the audit log, the projections folded from it, the ledger.

The only definition of the schema. Rows never leave the catalog as objects of these classes; they
serve the creation of the file, the migrations and the tests that hold the plain SQL to them.
STRICT tables refuse values of another type; keyed values live WITHOUT ROWID under their key, with
one covering index each.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import REAL, Index
from sqlmodel import Field, SQLModel

from modelshelf.catalog.columns import KEYED as _KEYED
from modelshelf.catalog.columns import STRICT as _STRICT
from modelshelf.catalog.columns import link as _link
from modelshelf.catalog.columns import text as _text
from modelshelf.catalog.deciding_schema import (
    Approval,
    Assignment,
    AssignmentHolder,
    Delivery,
    GateResult,
    HookMark,
    Lease,
    Request,
    StageHolder,
)
from modelshelf.catalog.lineage_schema import Edge, Node, ProbeResult, RejectedEdge, Reproduction

APPLICATION_ID = 0x4D534846  # 'MSHF'
SCHEMA_VERSION = 4


class Audit(SQLModel, table=True):
    """One sealed entry; never changed, never deleted."""

    __tablename__ = "audit"
    __table_args__ = _STRICT
    seq: int = Field(primary_key=True)
    at_us: int
    actor: str = _text()
    event: str = _text()
    subject: str = _text()
    body: str = _text()
    prev: str = _text()
    seal: str = _text()


class Mention(SQLModel, table=True):
    """Which entries concern which model."""

    __tablename__ = "mention"
    __table_args__ = _KEYED
    model_id: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)


class Fact(SQLModel, table=True):
    """Single values of the registry: its id, the digest of the policy last recorded."""

    __tablename__ = "fact"
    __table_args__ = _KEYED
    key: str = _text(primary_key=True)
    value: str = _text()


class Model(SQLModel, table=True):
    """A registered model."""

    __tablename__ = "model"
    __table_args__ = _STRICT
    id: int = Field(primary_key=True)
    name: str = _text(unique=True)
    description: str = _text()
    owner: str = _text(index=True)
    retired: int
    latest: int
    versions: int
    created_us: int
    created_by: str = _text()
    changed_us: int


class ModelName(SQLModel, table=True):
    """Every name a model has or had; by ``folded``, those of others that differ only by case."""

    __tablename__ = "model_name"
    __table_args__: ClassVar[Any] = (Index("model_name_by_model", "model_id"), _KEYED)
    name: str = _text(primary_key=True)
    folded: str = _text(index=True)
    model_id: int = _link("model.id")


class ModelTag(SQLModel, table=True):
    """A tag of a model."""

    __tablename__ = "model_tag"
    __table_args__ = _KEYED
    model_id: int = _link("model.id", primary_key=True)
    key: str = _text(primary_key=True)
    value: str = _text()


class Version(SQLModel, table=True):
    """A model version; ``id`` grows with creation and is the sort key everywhere.

    ``weights`` is the digest of its tensors, ``globals`` that of the globals in its pickles that
    nobody vouches for by default (``digest_of_globals``); both empty without them. ``released`` is
    the number under which it was quarantined before.
    """

    __tablename__ = "version"
    __table_args__: ClassVar[Any] = (
        Index("version_by_number", "model_id", "number", unique=True),
        Index("version_by_digest", "digest"),
        Index("version_by_format", "format", "id"),
        Index("version_by_size", "size", "id"),
        Index("version_by_weights", "weights", "id"),
        Index("version_by_scanner", "scanner", "id"),
        _STRICT,
    )
    id: int = Field(primary_key=True)
    model_id: int = _link("model.id")
    number: int
    digest: str = _text()
    kind: str = _text()
    name: str = _text()
    size: int
    format: str = _text()
    verdict: str = _text()
    created_us: int
    created_by: str = _text()
    archived: int
    yanked: str | None = _text(nullable=True)
    freed: int
    base_id: int | None = Field(default=None, foreign_key="version.id", index=True)
    weights: str = _text()
    scanner: str = _text()
    globals: str = _text()
    released: int | None = None


class VersionText(SQLModel, table=True):
    """The long texts of a version, apart from the row that lists read."""

    __tablename__ = "version_text"
    __table_args__ = _STRICT
    version_id: int = _link("version.id", primary_key=True)
    description: str = _text()
    card: str = _text()
    source: str = _text()
    inspection: str = _text()
    run: str | None = _text(nullable=True)
    code: str | None = _text(nullable=True)
    environment: str | None = _text(nullable=True)
    datasets: str = _text()
    arrival: str | None = _text(nullable=True)
    origins: str = _text()
    bases: str = _text()
    features: str = _text()
    metric_sources: str = _text()


class VersionFile(SQLModel, table=True):
    """A stored file of a version."""

    __tablename__ = "version_file"
    __table_args__: ClassVar[Any] = (
        Index("version_file_by_digest", "digest", "version_id"),
        _KEYED,
    )
    version_id: int = _link("version.id", primary_key=True)
    path: str = _text(primary_key=True)
    size: int
    digest: str = _text()


class Location(SQLModel, table=True):
    """Where a file of an adopted version lies; its bytes are not in the artifact store."""

    __tablename__ = "location"
    __table_args__: ClassVar[Any] = (Index("location_by_digest", "digest", "version_id"), _KEYED)
    version_id: int = _link("version.id", primary_key=True)
    path: str = _text(primary_key=True)
    digest: str = _text()
    place: str = _text()


class TensorMark(SQLModel, table=True):
    """The beginning of the digest of a tensor of a version, for its largest ones."""

    __tablename__ = "tensor_mark"
    __table_args__: ClassVar[Any] = (Index("tensor_mark_by_mark", "mark", "version_id"), _KEYED)
    version_id: int = _link("version.id", primary_key=True)
    mark: str = _text(primary_key=True)


class ApprovedGlobals(SQLModel, table=True):
    """A list of globals that somebody vouched for, for one model."""

    __tablename__ = "approved_globals"
    __table_args__ = _KEYED
    model_id: int = _link("model.id", primary_key=True)
    digest: str = _text(primary_key=True)
    globals: str = _text()
    reason: str = _text()
    actor: str = _text()
    at_us: int


class Quarantine(SQLModel, table=True):
    """A refused artifact; ``state`` is held, released or discarded."""

    __tablename__ = "quarantine"
    __table_args__: ClassVar[Any] = (Index("quarantine_by_state", "state", "id"), _STRICT)
    id: int = Field(primary_key=True)
    state: str = _text()
    path: str = _text()
    place: str = _text()
    kind: str = _text()
    size: int
    digest: str = _text()
    model: str = _text()
    rule: str = _text()
    reason: str = _text()
    owner: str = _text()
    inspection: str = _text()
    at_us: int
    actor: str = _text()
    closed_us: int | None = None
    closed_by: str | None = _text(nullable=True)
    closed_reason: str | None = _text(nullable=True)
    version_id: int | None = None


class Metric(SQLModel, table=True):
    """A metric of a version."""

    __tablename__ = "metric"
    __table_args__: ClassVar[Any] = (
        Index("metric_by_value", "key", "value", "version_id"),
        _KEYED,
    )
    version_id: int = _link("version.id", primary_key=True)
    key: str = _text(primary_key=True)
    value: float = Field(sa_type=REAL)


class Param(SQLModel, table=True):
    """A parameter of a version; ``number`` is its numeric reading, when it has one."""

    __tablename__ = "param"
    __table_args__: ClassVar[Any] = (
        Index("param_by_value", "key", "number", "value", "version_id"),
        _KEYED,
    )
    version_id: int = _link("version.id", primary_key=True)
    key: str = _text(primary_key=True)
    value: str = _text()
    number: float | None = Field(default=None, sa_type=REAL)


class Tag(SQLModel, table=True):
    """A tag of a version."""

    __tablename__ = "tag"
    __table_args__: ClassVar[Any] = (Index("tag_by_value", "key", "value", "version_id"), _KEYED)
    version_id: int = _link("version.id", primary_key=True)
    key: str = _text(primary_key=True)
    value: str = _text()


class TagTerm(SQLModel, table=True):
    """Every tag text ever used, once: what free text searches."""

    __tablename__ = "tag_term"
    __table_args__: ClassVar[Any] = (Index("tag_term_pair", "key", "value", unique=True), _STRICT)
    id: int = Field(primary_key=True)
    key: str = _text()
    value: str = _text()


class Alias(SQLModel, table=True):
    """A movable name for one version."""

    __tablename__ = "alias"
    __table_args__ = _KEYED
    model_id: int = _link("model.id", primary_key=True)
    alias: str = _text(primary_key=True)
    version_id: int = _link("version.id", index=True)


class Sighting(SQLModel, table=True):
    """The ledger of drop folders: operational, not replayed.

    ``path`` is relative to the registry when it lies inside; ``seen`` is the identity
    (size and times) the state refers to; ``pointed`` is the model that a person named for it;
    ``done`` are the bytes of it that were read so far, while it is being taken in.
    """

    __tablename__ = "sighting"
    __table_args__: ClassVar[Any] = (Index("sighting_by_state", "state", "at_us"), _STRICT)
    id: int = Field(primary_key=True)
    path: str = _text(unique=True)
    state: str = _text()
    seen: str = _text()
    at_us: int
    reason: str = _text()
    reference: str = _text()
    pointed: str = _text()
    done: int


PROJECTIONS: tuple[type[SQLModel], ...] = (
    Fact,
    Model,
    ModelName,
    ModelTag,
    Version,
    VersionText,
    VersionFile,
    Location,
    TensorMark,
    ApprovedGlobals,
    Quarantine,
    Metric,
    Param,
    Tag,
    TagTerm,
    Alias,
    Assignment,
    AssignmentHolder,
    StageHolder,
    Node,
    Edge,
    RejectedEdge,
    Reproduction,
    ProbeResult,
    Request,
    Approval,
    GateResult,
    Mention,
)
OPERATIONAL: tuple[type[SQLModel], ...] = (Sighting, Delivery, HookMark, Lease)
"""Tables that are not history: replays leave them as they are."""
