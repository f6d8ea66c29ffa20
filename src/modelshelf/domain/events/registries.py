"""Events of the registry as a whole: its making, its policy, its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.events.shape import Event


@dataclass(frozen=True, slots=True)
class RegistryCreated(Event):
    """A registry was made; its id seeds the chain of seals."""

    name: ClassVar[str] = "registry.created"
    registry_id: str
    schema: int


@dataclass(frozen=True, slots=True)
class PolicyRecorded(Event):
    """The policy file was seen in a new text, before it first decided anything."""

    name: ClassVar[str] = "policy.recorded"
    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class BytesFreed(Event):
    """``gc`` gave up the bytes of yanked versions after the grace period."""

    name: ClassVar[str] = "bytes.freed"
    version_ids: tuple[int, ...]
    blobs: int
    size: int
