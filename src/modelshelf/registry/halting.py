"""How whoever watches long work ends it early, and learns what it had found by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.audit import Problem


class Halted(Exception):
    """Raised by a ``progress`` to end work early; nothing that was opened for it stays open.

    Attributes:
        problems: What was found to be wrong by then.
    """

    def __init__(self) -> None:
        """End the work; whoever does it fills in what was found."""
        super().__init__()
        self.problems: tuple[Problem, ...] = ()

    def found(self, problems: list[Problem]) -> None:
        """Put what one more step had found before the rest."""
        self.problems = (*problems, *self.problems)
