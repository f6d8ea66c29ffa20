"""What is put before the gates: the versions, the stage, and all that is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.policy import Gate, Stage


class ExpressionFailed(ValueError):
    """An expression has no answer.

    Its text is the clause that says why, safe to show. ``missing`` is the path of the name that is
    not recorded, such as ``("metrics", "auc")``; empty when it failed otherwise.
    """

    def __init__(self, said: str, missing: tuple[str, ...] = ()) -> None:
        """Keep the clause and the path."""
        super().__init__(said)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Measured:
    """The newest measurement of a gate on a version, as it was recorded.

    Attributes:
        outcome: What came of it.
        observed: What was found, as text.
        required: What was asked for, as text.
        message: A sentence for people.
        definition: Digest of the gate as it was then: ``Gate.definition``.
        at: UTC of the measurement.
        actor: Who measured.
        output: Digest of what the command wrote; ``None`` when nothing was kept.
        exit_code: The command's; ``None`` when it did not end by itself or was none.
        id: Number of its audit entry.
    """

    outcome: Literal["pass", "fail"]
    observed: str
    required: str
    message: str
    definition: str
    at: datetime
    actor: str
    output: str | None
    exit_code: int | None
    id: int


@dataclass(frozen=True, slots=True)
class Ancestor:
    """Something a version descends from, with what its licences are said to be.

    Attributes:
        reference: ``base:v1``, or what else names it.
        licences: As they are stated there; none when nothing states any.
        distance: Steps of the lineage between them, 1 for the version it was made from.
    """

    reference: str
    licences: tuple[str, ...]
    distance: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that would hold the stage.

    Attributes:
        detail: Everything about it.
        owner: Who answers for its model; empty when nobody is named.
        model_description: Text for people about its model.
        model_tags: Tags of its model.
        measured: The newest measurement of each gate that was measured on it, by gate.
        ancestors: What it descends from, nearest first; needed for ``licence`` gates only.
    """

    detail: VersionDetail
    owner: str = ""
    model_description: str = ""
    model_tags: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Measured] = field(default_factory=dict)
    ancestors: tuple[Ancestor, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """The question whether versions may hold a stage together.

    Attributes:
        stage: The stage, as its model's policy has it.
        gates: The gates that the stage names, in order: ``Policy.gate(name)`` of each.
        candidates: The versions, in order.
        baseline: The present holder with the greatest share that is no candidate itself; ``None``
            when nobody else holds the stage.
        now: UTC of the judging.
        alone: Whether the stage is held, and by candidates only.
    """

    stage: Stage
    gates: tuple[Gate, ...]
    candidates: tuple[Candidate, ...]
    baseline: VersionDetail | None
    now: datetime
    alone: bool = False

    @property
    def unheld(self) -> str:
        """Why there is no baseline, as a clause."""
        name = self.stage.name
        return f"nobody else holds {name}" if self.alone else f"nobody holds {name} yet"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a licence comes to.

    Attributes:
        ok: Whether it is allowed.
        unknown: Its words that are no known licence.
        obligations: What using it asks for, such as ``share-alike``.
    """

    ok: bool
    unknown: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tools:
    """What judging cannot do by itself, handed in: see :mod:`modelshelf.plugins`.

    Attributes:
        evaluate: The value of a CEL expression with these names; raises :class:`ExpressionFailed`.
        licence_allowed: What a licence, as somebody wrote it, comes to when these are allowed.
    """

    evaluate: Callable[[str, Mapping[str, Any]], object]
    licence_allowed: Callable[[str, Sequence[str]], Allowed]
