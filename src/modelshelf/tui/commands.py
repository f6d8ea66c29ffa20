"""The command palette's entries: every action, model and version by name, themes, and moments."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from modelshelf.domain.errors import ModelshelfError
from modelshelf.tui.actions import TITLES, reachable
from modelshelf.tui.actions.action import Action
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.show import STYLES, line, styled

if TYPE_CHECKING:
    from datetime import datetime

    from modelshelf.registry import Registry
    from modelshelf.tui.app import ModelshelfApp

SHOWN_MOST = 50
_MODELS_SHOWN = 20
_RESOLVED_MOST = 8
_LATEST_SHOWN = 8
_DIGEST, _HEX = "sha256:", re.compile("[0-9a-fA-F]{8,64}")
_VERSION, _MODEL, _MOMENT = 0.995, 0.99, 0.98  # what is named exactly comes before what is like it


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the palette.

    Attributes:
        score: How well it fits; a command that resembles what was typed has less than 0.98.
        shown: What is shown.
        about: What is said below it.
        do: What it does.
    """

    score: float
    shown: Content
    about: Content
    do: Callable[[], object]

    def hit(self) -> Hit:
        """Return it as a search wants it; as a string the help would be read as markup."""
        return Hit(self.score, self.shown, self.do, self.shown.plain, self.about)  # type: ignore[arg-type]

    def discovery(self) -> DiscoveryHit:
        """Return it as it is wanted before anything is typed."""
        return DiscoveryHit(self.shown, self.do, self.shown.plain, self.about)  # type: ignore[arg-type]


class ShelfCommands(Provider):
    """Everything that can be reached by a name.

    Nothing is highlighted with ``matcher.highlight``: it reads names as markup.
    """

    @property
    def shelf(self) -> ModelshelfApp:
        """The app, by its own type."""
        return cast("ModelshelfApp", self.app)

    async def discover(self) -> Hits:
        """Offer the screen's actions before anything is typed, those chosen last first."""
        last = self.shelf.recent
        actions = sorted(
            self._actions(), key=lambda a: last.index(a.id) if a.id in last else len(last)
        )
        for action in actions[:SHOWN_MOST]:
            yield self._entry(action, 0.0).discovery()

    async def search(self, query: str) -> Hits:
        """Offer what fits what was typed."""
        found = [
            *await asyncio.to_thread(self._from_registry, query.strip()),
            *self._moment(query.strip()),
            *self._like(query),
        ]
        found.sort(key=lambda entry: -entry.score)
        for entry in found[:SHOWN_MOST]:
            yield entry.hit()

    # --- actions and themes ---------------------------------------------------------------------

    def _actions(self) -> tuple[Action, ...]:
        return reachable(getattr(self.screen, "where", ""))

    def _entry(self, action: Action, score: float) -> _Entry:
        """Return an action with its key; one that is off is grey and says why."""
        frame = self.screen
        reason = frame.why_not(action) if isinstance(frame, Frame) else ""
        title = f"{TITLES[action.where]}: {action.label[:1].upper()}{action.label[1:]}"
        return _Entry(
            score,
            Content.assemble(
                (title, STYLES["dim"] if reason else ""),
                (f"  {self.shelf.shown_key(action)}", STYLES["dim"]),
            ),
            line(reason or action.about),
            partial(self.shelf.perform, action),
        )

    def _like(self, query: str) -> Iterator[_Entry]:
        matcher = self.matcher(query)
        for action in self._actions():
            score = matcher.match(f"{TITLES[action.where]}: {action.label}")
            if score > 0:
                yield self._entry(action, min(score / (1 + score), 0.97))
        for name in self.shelf.available_themes:
            score = matcher.match(f"Theme: {name}")
            if score > 0:
                yield _Entry(
                    min(score / (2 + score), 0.9),
                    Content(f"Theme: {name}"),
                    Content("Draw the app in these colours, now and at the next start."),
                    partial(setattr, self.shelf, "theme", name),
                )

    # --- what is in the registry ----------------------------------------------------------------

    def _from_registry(self, query: str) -> list[_Entry]:
        """Return versions and models that were named; called on another thread."""
        if self.shelf.facts is None:
            return []
        try:
            registry = self.shelf.store.registry()
            return [*self._versions(registry, query), *self._models(registry, query)]
        except ModelshelfError:
            return []  # the palette still has its commands

    def _models(self, registry: Registry, part: str) -> Iterator[_Entry]:
        with suppress(ModelshelfError):
            for model in registry.models.list(pattern=part, limit=_MODELS_SHOWN):
                yield _Entry(
                    _MODEL,
                    styled("Go to ", (model.name, "plain")),
                    Content("The model and its versions."),
                    partial(self.shelf.go_to_model, model.name),
                )

    def _versions(self, registry: Registry, query: str) -> Iterator[_Entry]:
        seen: set[int] = set()
        for reference in _references(registry, query):
            try:
                version = registry.versions.get(reference)
            except ModelshelfError:
                continue  # a name that is still being typed names nothing yet
            if version.id not in seen:
                seen.add(version.id)
                stages = ", ".join(version.stages) or "no stage"
                yield _Entry(
                    _VERSION,
                    styled("Go to ", (f"{version.model}:v{version.number}", "strong")),
                    line(f"{stages} · sha256:{version.digest.removeprefix('sha256:')[:12]}"),
                    partial(self.shelf.go_to_model, version.model, version.number),
                )

    # --- moments --------------------------------------------------------------------------------

    def _moment(self, query: str) -> Iterator[_Entry]:
        """Yield going to a moment, where what was typed is one."""
        from modelshelf.tui.travelling import read_when

        if (
            self.shelf.facts is None
            or not query[:1].isdigit()
            or not isinstance(self.screen, Frame)
        ):
            return
        try:
            when = read_when(query, self.shelf.clock())
        except ModelshelfError:
            return
        yield _Entry(
            _MOMENT,
            styled("Time: Show everything as of ", (query, "strong")),
            Content("Read-only; nothing is changed by looking."),
            partial(self._travel, self.screen, when),
        )

    def _travel(self, frame: Frame, when: datetime | int) -> None:
        from modelshelf.tui.travelling import arrive

        shelf = self.shelf
        frame.ask(
            "moment",
            lambda _registry: arrive(shelf.store.present(), when),
            lambda found: shelf.show_moment(*found),
        )


def _references(registry: Registry, query: str) -> Iterable[str]:
    """Yield the references that what was typed may mean, the models by any part of their name."""
    if query.lower().startswith(_DIGEST) or _HEX.fullmatch(query):
        return [f"{_DIGEST}{query.lower().removeprefix(_DIGEST)}"]
    mark = next((mark for mark in "@:" if mark in query), "")
    part, _, rest = query.partition(mark or ":")
    if not mark or not part:
        return []
    try:
        models = registry.models.list(pattern=part, limit=_RESOLVED_MOST)
    except ModelshelfError:
        return []
    exact = sorted(models, key=lambda model: model.name != part)
    if mark == ":" and not rest.removeprefix("v"):
        numbers = range(exact[0].latest, 0, -1)[:_LATEST_SHOWN] if exact else ()
        return [f"{exact[0].name}:v{number}" for number in numbers]
    held = [holder.reference for model in exact for holder in model.stages.get(rest, ())]
    if mark == "@" and held:
        return held  # a stage may be shared, and then its name alone names no version
    if mark == ":" and rest.isdigit():
        rest = f"v{rest}"
    return [f"{model.name}{mark}{rest}" for model in exact] if rest else []
