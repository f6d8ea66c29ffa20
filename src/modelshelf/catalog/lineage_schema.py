"""The tables of lineage: things, edges between them, and what was tried with versions."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from modelshelf.catalog.columns import KEYED, STRICT, link, text


class Node(SQLModel, table=True):
    """A thing of a lineage that is no version; its id is negative, so that edges tell them apart.

    ``key`` identifies it among its kind; ``name`` is what it is called whatever its version, and
    ``label`` what a person reads. A node stays when its last edge goes.
    """

    __tablename__ = "node"
    __table_args__: ClassVar[Any] = (
        Index("node_by_key", "kind", "key", unique=True),
        Index("node_by_name", "kind", "name"),
        Index("node_by_label", "kind", "label"),
        STRICT,
    )
    id: int = Field(primary_key=True)
    kind: str = text()
    key: str = text()
    name: str = text()
    label: str = text()


class Edge(SQLModel, table=True):
    """A lineage edge: ``child`` came from ``parent``.

    Both are ids: of a version when positive, of a node when negative. ``origin`` is ``told`` for
    what the details of a version say, ``hand`` for what somebody added. ``label`` is what the
    parent was called there.
    """

    __tablename__ = "edge"
    __table_args__: ClassVar[Any] = (
        Index("edge_by_parent", "parent", "child", "kind"),
        Index("edge_by_label", "kind", "label", "child"),
        KEYED,
    )
    child: int = Field(primary_key=True)
    kind: str = text(primary_key=True)
    parent: int = Field(primary_key=True)
    origin: str = text(primary_key=True)
    label: str = text()


class RejectedEdge(SQLModel, table=True):
    """A suggested edge that somebody rejected: it is not suggested again."""

    __tablename__ = "rejected_edge"
    __table_args__ = KEYED
    child: int = Field(primary_key=True)
    kind: str = text(primary_key=True)
    parent: int = Field(primary_key=True)
    reason: str = text()
    actor: str = text()
    at_us: int


class Reproduction(SQLModel, table=True):
    """A version was made again; ``id`` is the sequence number of its audit entry."""

    __tablename__ = "reproduction"
    __table_args__: ClassVar[Any] = (Index("reproduction_by_version", "version_id", "id"), STRICT)
    id: int = Field(primary_key=True)
    version_id: int = link("version.id")
    outcome: str = text()
    report: str = text()
    output: str | None = text(nullable=True)
    at_us: int
    actor: str = text()


class ProbeResult(SQLModel, table=True):
    """The newest answers of a version to a probe set."""

    __tablename__ = "probe_result"
    __table_args__ = KEYED
    version_id: int = link("version.id", primary_key=True)
    probe: str = text(primary_key=True)
    definition: str = text()
    data: str = text()
    rows: int
    milliseconds: int
    output: str = text()
    at_us: int
    actor: str = text()
    id: int
