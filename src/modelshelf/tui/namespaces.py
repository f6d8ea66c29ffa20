"""The tree of the models: namespaces by the slashes in names, folded or open, walked by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.text import safe
from modelshelf.tui import columns
from modelshelf.tui.show import Cell
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.rows import PAGE

if TYPE_CHECKING:
    from modelshelf.domain.models import RegisteredModel
    from modelshelf.registry import Registry
    from modelshelf.tui.columns import Clock

_INDENT = 2
_FOLDED, _OPEN = "▸", "▾"
# After every name of a namespace: no name holds this character, and it sorts after all that do.
_END = "~"
_AGAIN = 1_024

Kind = Literal["all", "namespace", "model"]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One row of the tree.

    Attributes:
        name: A model's name; a namespace's, which ends in a slash; empty for all models.
        model: The model, if it is one.
        folded: Whether what is below a namespace is hidden.
    """

    name: str
    model: RegisteredModel | None = None
    folded: bool = False

    @property
    def kind(self) -> Kind:
        """What the row stands for."""
        if self.model is not None:
            return "model"
        return "namespace" if self.name else "all"

    @property
    def depth(self) -> int:
        """How many namespaces it lies in."""
        return self.name.rstrip("/").count("/")

    @property
    def label(self) -> str:
        """The last part of the name."""
        return self.name.rstrip("/").rpartition("/")[2]


ALL = TreeRow("")


@dataclass(frozen=True, slots=True)
class Walked:
    """A part of the tree.

    Attributes:
        rows: The rows, in order.
        after: Where to go on; ``None`` at the end.
    """

    rows: tuple[TreeRow, ...]
    after: str | None


def walk(registry: Registry, folded: frozenset[str], least: int = PAGE, after: str = "") -> Walked:
    """Return at least ``least`` rows of the tree, if there are that many.

    Args:
        registry: The registry.
        folded: Namespaces, each with its slash, whose models are not shown.
        least: Rows; at most 1,024 are read at once.
        after: Where the part before ended; empty begins with the row for all models.
    """
    rows: list[TreeRow] = [] if after else [ALL]
    least, place, before = min(least, _AGAIN), after, _spaces(after)
    while True:
        page = registry.models.list(limit=PAGE, after=place or None)
        skipped = False
        for model in page:
            place = max(place, model.name)
            rows += _headings(before, spaces := _spaces(model.name), folded)
            before = spaces
            hiding = _hiding(spaces, folded)
            if hiding:
                place, skipped = max(place, hiding + _END), True
                break
            rows.append(TreeRow(model.name, model))
        if not skipped and len(page) < PAGE:
            return Walked(tuple(rows), None)
        if len(rows) >= least:
            return Walked(tuple(rows), place)


def parents(name: str) -> tuple[str, ...]:
    """Return the namespaces that a model or namespace lies in, from outside in."""
    return _spaces(name.rstrip("/"))


def _spaces(name: str) -> tuple[str, ...]:
    parts = name.split("/")[:-1]
    return tuple("/".join(parts[: n + 1]) + "/" for n in range(len(parts)))


def _headings(
    before: tuple[str, ...], spaces: tuple[str, ...], folded: frozenset[str]
) -> Iterator[TreeRow]:
    """Yield the namespaces that begin with a model, down to the first that is folded."""
    for space in spaces:
        if space not in before:
            yield TreeRow(space, folded=space in folded)
        if space in folded:
            return


def _hiding(spaces: tuple[str, ...], folded: frozenset[str]) -> str:
    return next((space for space in spaces if space in folded), "")


def layout(marks: Mapping[str, str], clock: Clock) -> Layout[TreeRow]:
    """Return how the tree is drawn: models as in a plain list, below their namespaces."""
    plain = columns.models(marks, clock)
    rest = len(plain.columns) - 1

    def cells(row: TreeRow) -> tuple[Cell, ...]:
        indent = " " * (_INDENT * row.depth)
        if row.model is not None:
            first, *others = plain.cells(row.model)
            label = f"{indent}{safe(row.label)}"
            return (Cell(label, first.look), *others)
        empty = (Cell(""),) * rest
        if row.kind == "all":
            return (Cell("all models", "dim"), *empty)
        return (Cell(f"{indent}{_FOLDED if row.folded else _OPEN} {safe(row.label)}"), *empty)

    named = Column("model", 12, grow=True)
    return Layout((named, *plain.columns[1:]), cells, lambda row: row.name)
