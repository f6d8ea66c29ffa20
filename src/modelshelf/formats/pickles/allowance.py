"""How much of a pickle is kept in memory while it is followed, whatever its size."""

from __future__ import annotations

from dataclasses import dataclass

from modelshelf.formats.trouble import LimitReached

_TEXT, _CONTAINER, _SLOT = 60, 160, 8  # rough overhead of one kept value, in bytes
_MOST_BYTES = 140 * 1024 * 1024
_MOST_ITEMS = 750_000
LONGEST = 65_536
"""How many entries of one list or dictionary are kept."""


@dataclass(slots=True)
class Allowance:
    """What may still be kept, over all streams of one file.

    Attributes:
        bytes: For texts and containers.
        items: For entries of lists and dictionaries.
    """

    bytes: int = _MOST_BYTES
    items: int = _MOST_ITEMS

    def text(self, length: int) -> None:
        """Take room for a text.

        Raises:
            LimitReached: There is none. A text may become the name of something imported, so it
                cannot be left out in silence.
        """
        self.bytes -= length + _TEXT
        if self.bytes < 0:
            raise LimitReached("the pickle holds too much text")

    def container(self, length: int) -> bool:
        """Take room for a tuple, list, dictionary or object; tell whether there was any."""
        if self.bytes <= 0:
            return False
        self.bytes -= _CONTAINER + _SLOT * length
        return True

    def item(self) -> bool:
        """Take room for one entry; tell whether there was any."""
        self.items -= 1
        return self.items >= 0
