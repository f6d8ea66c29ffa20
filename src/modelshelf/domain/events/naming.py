"""Events of registered models and of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.events.shape import Event


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
    undoes: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelTagged(Event):
    """Tags of a model were set or taken off."""

    name: ClassVar[str] = "model.tagged"
    model_id: int
    model: str
    set: Mapping[str, str]
    unset: tuple[str, ...] = ()
    undoes: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRenamed(Event):
    """A model got a new name; the old one goes on leading to it."""

    name: ClassVar[str] = "model.renamed"
    model_id: int
    model: str
    renamed_to: str
    undoes: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRetired(Event):
    """A model was taken out of use; nothing of it is lost."""

    name: ClassVar[str] = "model.retired"
    model_id: int
    model: str
    reason: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class ModelRestored(Event):
    """A retired model is in use again."""

    name: ClassVar[str] = "model.restored"
    model_id: int
    model: str
    reason: str
    undoes: int | None = None


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
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class AliasRemoved(Event):
    """An alias was taken away."""

    name: ClassVar[str] = "alias.removed"
    model_id: int
    model: str
    alias: str
    reason: str = ""
    undoes: int | None = None
