"""Cards: the human text about a version, its history, and how complete it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.cards import CardChange, CardScore
    from modelshelf.registry.context import Context


class Cards:
    """The model cards of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer", of="reference")
    def render(self, reference: str) -> str:
        """Return a card made from what the registry knows, with "unknown" where it knows nothing.

        Markdown with a YAML head as Hugging Face reads it.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.carding import render

        return render(self._context, reference)

    @right("viewer", of="reference")
    def history(self, reference: str) -> tuple[CardChange, ...]:
        """Return every text that a version's card had, newest first.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.carding import history

        return history(self._context, reference)

    @right("viewer", of="reference")
    def diff(self, reference: str, *, since: int | None = None, other: str | None = None) -> str:
        """Return what changed in a card as a unified diff; empty when nothing did.

        Args:
            reference: One version.
            since: Number of the entry that set the text to compare with; by default the one before.
            other: Another version, whose card to compare with instead.

        Raises:
            Invalid, NotFound, Conflict: A reference or entry cannot be found.
        """
        from modelshelf.registry.carding import diff

        return diff(self._context, reference, since=since, other=other)

    @right("viewer", of="reference")
    def score(self, reference: str) -> CardScore:
        """Return how complete a version's card is, with what the registry knows besides.

        Raises:
            Invalid, NotFound, Conflict: The reference does not name one version.
        """
        from modelshelf.registry.carding import score

        return score(self._context, reference)
