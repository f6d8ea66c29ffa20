"""The few kinds of values that must be followed to know what a pickle would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


class _Opaque:
    __slots__ = ()

    def __repr__(self) -> str:
        return "OPAQUE"


OPAQUE: Final = _Opaque()
"""A value whose content never matters: long bytes, a long text, a set."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """What stands for an object that is kept outside the pickle, as PyTorch's storages are.

    Attributes:
        identity: By which the loader finds it.
    """

    identity: object


@dataclass(slots=True, eq=False)
class Made:
    """What calling a global would return.

    Attributes:
        maker: The global; of a result of a result, the first one.
        arguments: What it is called with, when that is a tuple that was followed.
        state: What BUILD sets afterwards.
        items: What is set by key afterwards, as in an OrderedDict.
        calls: How many calls led here: 2 for the result of a result.
    """

    maker: Global
    arguments: tuple[object, ...] = ()
    state: dict[object, object] = field(default_factory=dict)
    items: dict[object, object] | None = None
    calls: int = 1

    def entries(self) -> dict[object, object]:
        """Return its items, to be added to."""
        if self.items is None:
            self.items = {}
        return self.items


@dataclass(frozen=True, slots=True)
class RawArray:
    """A short array whose elements stand between the opcodes, as joblib writes them.

    Attributes:
        element: NumPy's code of the element type with its byte order.
        data: The elements.
    """

    element: str
    data: bytes
