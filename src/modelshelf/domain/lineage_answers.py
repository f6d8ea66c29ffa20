"""What questions about lineage are answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelshelf.domain.lineage import LineageEdge, LineageNode


@dataclass(frozen=True, slots=True)
class Affected:
    """A version downstream of a thing that holds a stage now.

    Attributes:
        reference: ``model:vN``.
        stages: What it holds, with its share of the traffic.
        way: The shortest way from the thing to it, both included; of more than 100 things only the
            first and the last ones, joined by ``many steps``.
        kinds: Kinds of the edges on that way, one fewer.
        consumers: Who uses it.
    """

    reference: str
    stages: Mapping[str, int]
    way: tuple[LineageNode, ...]
    kinds: tuple[str, ...]
    consumers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything downstream of a thing, and which of it serves now.

    Attributes:
        things: What was asked about; several when a name fits several.
        affected: The versions that hold a stage, highest stage first, then by reference.
        versions: How many versions are downstream.
        models: How many models they belong to.
        others: How many other things are.
    """

    things: tuple[LineageNode, ...]
    affected: tuple[Affected, ...]
    versions: int
    models: int
    others: int


@dataclass(frozen=True, slots=True)
class LineagePath:
    """A shortest way between two things, along edges in one direction.

    Attributes:
        nodes: From the origin to what came of it.
        edges: One fewer.
    """

    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]


@dataclass(frozen=True, slots=True)
class CommonAncestor:
    """Something that two versions both came from, and nothing nearer is common to both.

    Attributes:
        node: What it is.
        first: Steps from it to the first version.
        second: Steps from it to the second.
    """

    node: LineageNode
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the licence of something upstream asks of a version.

    Attributes:
        label: Whose licence: the version itself, a base, a data set.
        kind: ``version``, ``dataset`` or ``outside``.
        licence: As stated, an SPDX expression where it is one; empty when none is stated.
        distance: Steps up to it; 0 for the version itself.
        terms: What it asks: ``attribution``, ``share-alike``, ``non-commercial``,
            ``no-derivatives``, ``state changes``, ``use restrictions``; empty when it asks nothing
            or is not known.
        known: Whether the terms of this licence are known.
    """

    label: str
    kind: str
    licence: str
    distance: int
    terms: tuple[str, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True)
class Leak:
    """A data set that a version was evaluated on, and that it or what it came from was trained on.

    Attributes:
        version: Reference of the version.
        evaluated_on: What the data set is called as its evaluation set.
        trained_on: What it is called where it was trained on.
        trained: Reference of the version that was trained on it: itself, or one it came from.
        digest: The digest that both share; empty when only name and version are the same.
    """

    version: str
    evaluated_on: str
    trained_on: str
    trained: str
    digest: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An edge that was found and that nobody has confirmed or rejected.

    Attributes:
        subject: What would have come from ``target``: a reference.
        kind: Kind of the edge.
        target: A reference, or a thing such as ``hf:org/name``.
        confidence: 0 to 1.
        evidence: Why, a sentence.
    """

    subject: str
    kind: str
    target: str
    confidence: float
    evidence: str
