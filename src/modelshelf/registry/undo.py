"""Undo: take a change back, by new entries that put things back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.audit import Entry
    from modelshelf.domain.undo import UndoPlan
    from modelshelf.registry.context import Context


class Undo:
    """Taking back what was changed; nothing is erased."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="entry", kind="entry")
    def plan(self, entry: int | None = None) -> UndoPlan:
        """Return what :meth:`take_back` would record, or why it would be refused.

        Args:
            entry: Number of an entry of the log. ``None``: the newest change of this actor that
                was not taken back yet.

        Raises:
            NotFound: There is no such entry, or this actor has changed nothing.
            Refused: This is the past.
        """
        from modelshelf.registry.undoing import plan

        return plan(self._context, entry)

    @right("contributor", of="entry", kind="entry", doing="take back")
    def take_back(self, entry: int | None = None, *, reason: str = "") -> tuple[Entry, ...]:
        """Record what takes a change back, and return the new entries.

        A stage goes back as in a rollback: the bytes are verified, no gate is asked. To have the
        change again, take the new entry back.

        Args:
            entry: As in :meth:`plan`.
            reason: Why; it must be given where a stage moves.

        Raises:
            NotFound: There is no such entry, or this actor has changed nothing.
            Refused: It has no inverse, was taken back already, or was changed again since.
            Invalid: The reason is empty where a stage moves, or cannot be kept.
            Corrupt: The bytes of a version that would hold a stage are damaged.
        """
        from modelshelf.registry.undoing import take_back

        return take_back(self._context, entry, reason)
