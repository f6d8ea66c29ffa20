"""Taking one finished candidate in: read what is written about it, register it, or say why not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.drop_rule import model_for
from modelshelf.domain.errors import (
    Conflict,
    Invalid,
    ModelshelfError,
    NotFound,
    Unavailable,
    Unsafe,
    Unstorable,
)
from modelshelf.domain.intake import CHANGED, TAKING, Sighting, State
from modelshelf.domain.text import safe
from modelshelf.registry.arrival.sidecar import Sidecar, read_sidecar
from modelshelf.registry.drops.dropping import Candidate, look_again
from modelshelf.registry.drops.quarantine import close, quarantine
from modelshelf.registry.versions import Versions

if TYPE_CHECKING:
    from modelshelf.artifacts import Progress
    from modelshelf.domain.models import Registration
    from modelshelf.registry.context import Context
    from modelshelf.registry.drops.drop_folder import DropPlace

_CONFLICTS_MOST = 3
_SOURCE_MOST = 3_900


class Taking:
    """Takes the candidates of one drop folder in."""

    def __init__(self, context: Context, place: DropPlace) -> None:
        """Register in ``context`` what lies in ``place``."""
        self._context = context
        self._place = place

    def take(
        self, candidate: Candidate, before: Remembered, progress: Progress | None = None
    ) -> Remembered | None:
        """Register a candidate and return what to remember; ``None`` when it went away meanwhile.

        Nothing that is wrong with one candidate raises.

        Args:
            candidate: It, finished.
            before: What the ledger remembers of it.
            progress: Called with bytes done, bytes in all and the file's name.
        """
        try:
            return self._take(candidate, before, progress)
        except (Conflict, Unavailable, OSError) as error:
            return self._again(candidate, before, error)
        except NotFound as error:
            return self._refused(candidate, error) if _is_there(candidate.path) else None
        except Exception as error:  # noqa: BLE001 - one hostile file must not keep all others out
            return self._refused(candidate, error)

    def _take(
        self, candidate: Candidate, before: Remembered, progress: Progress | None
    ) -> Remembered:
        sidecar = read_companions(candidate.sidecars, candidate.card)
        model = self._model(candidate, before, sidecar)
        try:
            registration = self._register(candidate, model, sidecar, progress)
        except (Unsafe, Unstorable) as error:
            if not look_again(candidate):  # what was refused is not what lies there now
                return self._remember(candidate, "waiting", CHANGED)
            return quarantine(self._context, self._place, candidate, model, error)
        close(self._context, self._place.call(candidate.relative), registration.version)
        return self._taken(candidate, before, registration)

    def _model(self, candidate: Candidate, before: Remembered, sidecar: Sidecar) -> str:
        """Return the model that it belongs to: what a person said, its sidecar, or its folder."""
        model = (
            before.sighting.model
            or sidecar.model
            or model_for(self._place.rule, candidate.relative, folder=candidate.seen.folder)
        )
        if not model:
            raise Invalid(
                "no model is named",
                why="neither its folder nor its sidecar says which model it belongs to",
                hint="Put it into a folder that is called like the model.",
            )
        return model

    def _register(
        self, candidate: Candidate, model: str, sidecar: Sidecar, progress: Progress | None
    ) -> Registration:
        source = f"drop folder: {self._place.call(candidate.relative)}"[:_SOURCE_MOST]
        return Versions(self._context).register(
            model,
            candidate.path,
            source=source,
            pickles=self._place.rule.pickles,
            progress=progress,
            origins=sidecar.origins,
            in_place=self._place.rule.keep == "adopt",
            **sidecar.details,
        )

    def _taken(
        self, candidate: Candidate, before: Remembered, registration: Registration
    ) -> Remembered:
        reference = registration.version.reference
        crashed = before.sighting.reason == TAKING
        mine = registration.version.created_at >= before.sighting.at
        if registration.created or (crashed and mine):
            return self._remember(candidate, "taken", "", reference)
        reason = f"its content is {reference} already"
        if candidate.sidecars:
            reason += "; what its sidecar says was not recorded again"
        return self._remember(candidate, "same", reason, reference)

    def _again(
        self, candidate: Candidate, before: Remembered, error: Exception
    ) -> Remembered | None:
        """Return what to remember of a candidate that may well be taken in later."""
        if not _is_there(candidate.path):
            return None
        if isinstance(error, Conflict) and not look_again(candidate):
            return self._remember(candidate, "waiting", CHANGED)
        failures = before.failures + 1
        if isinstance(error, Conflict) and failures >= _CONFLICTS_MOST:
            return self._refused(candidate, error)
        return self._remember(candidate, "waiting", _sentence(error), failures=failures)

    def _refused(self, candidate: Candidate, error: Exception) -> Remembered:
        return self._remember(candidate, "refused", _sentence(error))

    def _remember(
        self,
        candidate: Candidate,
        state: State,
        reason: str,
        reference: str = "",
        failures: int = 0,
    ) -> Remembered:
        at: datetime = self._context.clock()
        called = self._place.call(candidate.relative)
        seen = candidate.seen if state == "waiting" else candidate.seen.alone
        return Remembered(Sighting(called, state, reason, reference, at), seen, failures)


def read_companions(sidecars: Sequence[Path], card: Path | None) -> Sidecar:
    """Return what the files beside and inside an artifact say about it.

    Raises:
        Invalid: Several describe it, or one breaks a rule.
        Conflict: One changed while it was being read.
        Unavailable: One cannot be read.
    """
    if len(sidecars) > 1:
        names = " and ".join(repr(safe(file.name, 80)) for file in sidecars)
        raise Invalid(f"{names} both describe it", hint="Keep one of them.")
    return read_sidecar(next(iter(sidecars), None), card)


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _sentence(error: Exception) -> str:
    if isinstance(error, ModelshelfError):
        return safe(str(error), 1_000)
    if isinstance(error, OSError):
        return safe(error.strerror or str(error))
    return safe(f"it cannot be read ({type(error).__name__}: {error})")
