"""Completes the name of a model while it is typed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.suggester import Suggester

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.tui.store import Store

_LOOKED_AT = 20


def typeable(name: str) -> str:
    """Return a name if a field may show it as it is, else nothing: a field hides no character."""
    return name if safe(name) == name else ""


class ModelSuggester(Suggester):
    """Offers the first model whose name begins so; the right arrow takes it."""

    def __init__(self, store: Store) -> None:
        """Ask ``store``, on another thread."""
        super().__init__(use_cache=False, case_sensitive=True)
        self._store = store

    async def get_suggestion(self, value: str) -> str | None:
        """Return a whole name; only one that is harmless as it is."""
        names = await asyncio.to_thread(self._names, value)
        return next(filter(None, map(typeable, names)), None)

    def _names(self, value: str) -> tuple[str, ...]:
        try:
            return self._store.registry().models.names(value, _LOOKED_AT)
        except ModelshelfError:
            return ()
