"""The command palette's entries: every action by its name, and every model."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui.actions import TITLES, reachable
from modelshelf.tui.actions.action import Action
from modelshelf.tui.show import line

if TYPE_CHECKING:
    from modelshelf.tui.app import ModelshelfApp

_MODELS_SHOWN = 20
_SURE = 0.99  # a model whose name holds what was typed comes before a command that resembles it


class ShelfCommands(Provider):
    """Actions of the screen below the palette, and models by any part of their name.

    Nothing is highlighted with ``matcher.highlight``: it reads names as markup.
    """

    @property
    def shelf(self) -> ModelshelfApp:
        """The app, by its own type."""
        return cast("ModelshelfApp", self.app)

    def _actions(self) -> tuple[Action, ...]:
        return reachable(getattr(self.screen, "where", ""))

    async def discover(self) -> Hits:
        """Offer the screen's actions before anything is typed."""
        for action in self._actions():
            yield DiscoveryHit(
                Content(_title(action)),
                partial(self.shelf.perform, action),
                text=_title(action),
                help=Content(action.about),  # type: ignore[arg-type] # as text it would be read as markup
            )

    async def search(self, query: str) -> Hits:
        """Offer actions and models that fit what was typed."""
        matcher = self.matcher(query)
        for action in self._actions():
            title = _title(action)
            score = matcher.match(title)
            if score > 0:
                yield Hit(
                    score / (1 + score),
                    Content(title),
                    partial(self.shelf.perform, action),
                    text=title,
                    help=Content(action.about),  # type: ignore[arg-type]
                )
        for name in await asyncio.to_thread(self._models, query):
            shown = line(name)
            yield Hit(
                _SURE,
                Content.assemble("Go to ", shown),
                partial(self.shelf.go_to_model, name),
                text=f"Go to {shown.plain}",
                help=Content("The model and its versions."),  # type: ignore[arg-type]
            )

    def _models(self, part: str) -> tuple[str, ...]:
        if self.shelf.facts is None:
            return ()
        try:
            found = self.shelf.store.registry().models.list(pattern=part, limit=_MODELS_SHOWN)
        except ModelshelfError:
            return ()  # the palette still has its commands
        return tuple(model.name for model in found)


def _title(action: Action) -> str:
    return f"{TITLES[action.where]}: {action.label}"
