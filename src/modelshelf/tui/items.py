"""Rows of different kinds in one list: each brings its cells, and what is told about it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from modelshelf.tui.show import Cell
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.paragraphs import Paragraph


@dataclass(frozen=True, slots=True)
class Item:
    """One row.

    Attributes:
        key: What it is known by when the list changes.
        cells: What stands in the columns.
        about: Returns what is told about it below the list.
        title: Its name above that.
        thing: What it is.
    """

    key: Hashable
    cells: tuple[Cell, ...]
    about: Callable[[], Sequence[Paragraph]]
    title: str = ""
    thing: object = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, and what is told in its place where there are no rows.

    Attributes:
        columns: The columns.
        items: The rows.
        told: What is said about the whole; all there is where there are no rows.
        note: A few words beside the title.
        more: Whether there are rows after these.
    """

    columns: tuple[Column, ...] = ()
    items: tuple[Item, ...] = ()
    told: tuple[Paragraph, ...] = ()
    note: str = ""
    more: bool = False

    @property
    def layout(self) -> Layout[Item]:
        """How the rows are drawn."""
        return Layout(self.columns, lambda item: item.cells, lambda item: item.key)
