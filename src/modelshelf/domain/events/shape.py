"""The shape of all events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """The shape of all events.

    ``name`` is stable and dotted; ``about`` is the id of the model it concerns, or ``None``.
    """

    name: ClassVar[str] = ""

    def body(self) -> dict[str, Any]:
        """Return the fields as plain values; fields that are ``None`` are left out."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}

    @property
    def about(self) -> int | None:
        """Id of the model this event concerns."""
        return getattr(self, "model_id", None)
