"""The few kinds of values that must be followed to know what a pickle would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


class _Opaque:
    __slots__ = ()

    def __repr__(self) -> str:
        return "OPAQUE"


OPAQUE: Final = _Opaque()
"""A value whose content never matters: a number, bytes, a long text, a list."""


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle imports.

    Attributes:
        module: As written in the pickle.
        name: As written in the pickle; a dot means an attribute of an attribute.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Made:
    """What calling a global would return.

    Attributes:
        maker: The global; of a result of a result, the first one.
        arguments: What it is called with, when that is a tuple that was followed.
        state: What BUILD sets afterwards.
    """

    maker: Global
    arguments: tuple[object, ...] = ()
    state: dict[str, object] = field(default_factory=dict)
