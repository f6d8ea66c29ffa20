"""How a parser says that it cannot go on; only :mod:`modelshelf.formats.looking` catches these."""

from __future__ import annotations


class Malformed(Exception):
    """The bytes break a rule of their format, by accident or on purpose.

    Attributes:
        detail: What is wrong, in one clause.
        rule: The finding's rule, when it is not simply ``<format>.malformed``.
    """

    def __init__(self, detail: str, *, rule: str = "") -> None:
        """Keep the data."""
        super().__init__(detail)
        self.detail = detail
        self.rule = rule


class Cut(Malformed):
    """The bytes end where more of them were promised, as in a copy that is not finished."""


class LimitReached(Exception):
    """Looking further would cost more time or memory than any honest model needs.

    Attributes:
        detail: Which limit, in one clause.
    """

    def __init__(self, detail: str) -> None:
        """Keep the data."""
        super().__init__(detail)
        self.detail = detail
