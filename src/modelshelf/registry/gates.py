"""To be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.registry.context import Context


class Gates:
    """To be written."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context
