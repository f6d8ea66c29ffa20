"""Events of lineage: edges that people add and take away, and what was tried with a version.

An end of an edge is ``{"kind": "version", "id": 7, "label": "churn:v3"}``, or a thing that is no
version: ``{"kind": "dataset", "key": "…", "name": "customers", "label": "customers 4"}``, as
:func:`~modelshelf.domain.things.thing_plain` writes it. The child came from the parent. The version
fields name the version at the end that is one, the child where both are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.events.shape import Event, Plain


@dataclass(frozen=True, slots=True)
class EdgeEvent(Event):
    """What every event about one edge says."""

    kind: str
    child: Plain
    parent: Plain
    version_id: int | None = None
    model_id: int | None = None
    model: str | None = None
    number: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LineageLinked(EdgeEvent):
    """An edge was added by hand, or a suggested one was confirmed."""

    name: ClassVar[str] = "lineage.linked"
    evidence: str | None = None
    confidence: float | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class LineageUnlinked(EdgeEvent):
    """An edge that was added by hand was taken away."""

    name: ClassVar[str] = "lineage.unlinked"
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class LineageRejected(EdgeEvent):
    """A suggested edge was rejected for good: it is not suggested again."""

    name: ClassVar[str] = "lineage.rejected"
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class VersionReproduced(Event):
    """A version was made again from its recipe, and compared with what was registered.

    ``outcome`` is ``identical``, ``same weights``, ``within tolerance``, ``different`` or
    ``failed``; ``report`` says what was compared, as
    :class:`~modelshelf.domain.reproduction.Report` in plain form; ``output`` is the digest of the
    blob that holds what the commands said.
    """

    name: ClassVar[str] = "version.reproduced"
    version_id: int
    model_id: int
    model: str
    number: int
    outcome: str
    report: Plain
    output: str | None = None


@dataclass(frozen=True, slots=True)
class VersionProbed(Event):
    """A version answered a pinned probe set.

    ``definition`` is SHA-256 of the probe as the policy wrote it and ``data`` that of the probe set
    it was asked; ``output`` is the digest of the blob with its answers, one line for each example.
    """

    name: ClassVar[str] = "version.probed"
    version_id: int
    model_id: int
    model: str
    number: int
    probe: str
    definition: str
    data: str
    rows: int
    milliseconds: int
    output: str
