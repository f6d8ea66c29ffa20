"""Model cards: rendering one from what is known, the head, the history, and how complete it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CardChange:
    """One text that a version's card had.

    Attributes:
        seq: Number of the entry that set it.
        at: UTC.
        actor: Who.
        text: The whole card.
    """

    seq: int
    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class CardItem:
    """One thing that a card should say.

    Attributes:
        name: ``licence``, ``intended use``, ``limitations``, ``training data`` …
        said: Whether it is said, by the card or by what the registry knows.
        where: ``card``, ``registry``, or empty.
        hint: What to write, where it is missing.
    """

    name: str
    said: bool
    where: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CardScore:
    """How complete a card is.

    Attributes:
        reference: ``model:vN``.
        items: Everything that is looked for.
    """

    reference: str
    items: tuple[CardItem, ...]

    @property
    def percent(self) -> int:
        """Share of the items that are said, 0 to 100."""
        said = sum(item.said for item in self.items)
        return round(100 * said / len(self.items)) if self.items else 0
