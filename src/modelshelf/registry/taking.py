"""Taking one finished candidate in: read what is written about it, register it, or say why not."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from modelshelf.artifacts import syscalls
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Unavailable
from modelshelf.domain.intake import TAKING, Sighting, State, model_for
from modelshelf.domain.text import safe
from modelshelf.registry.dropping import Candidate, look_again
from modelshelf.registry.lease import has_writer
from modelshelf.registry.sidecar import Sidecar, read_sidecar
from modelshelf.registry.versions import Versions

if TYPE_CHECKING:
    from modelshelf.domain.models import Registration
    from modelshelf.registry.context import Context
    from modelshelf.registry.drop_folder import DropPlace

_CONFLICTS_MOST = 3
_SOURCE_MOST = 3_900


def probe(candidate: Candidate) -> tuple[str, int | None]:
    """Look at a candidate that lies still more closely.

    Returns:
        What it still waits for, empty for nothing; and the length that its own header promises.
    """
    try:
        if any(map(has_writer, candidate.files)):
            return "somebody still has it open for writing", None
        return ("", None) if candidate.seen.folder else _cut_short(candidate)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, taking it in will say so
        return "", None


def _cut_short(candidate: Candidate) -> tuple[str, int | None]:
    from modelshelf.formats import Source, expected_size, is_whole

    def opener() -> BinaryIO:
        return os.fdopen(syscalls.open_file(candidate.path, syscalls.READ), "rb")

    name = candidate.path.name
    source = Source.from_files(name, "file", [(name, candidate.seen.size, opener)])
    if is_whole(source) is not False:
        return "", None
    expected = expected_size(source)
    return ("" if expected else "it ends before it is complete"), expected


class Taking:
    """Takes the candidates of one drop folder in."""

    def __init__(self, context: Context, place: DropPlace) -> None:
        """Register in ``context`` what lies in ``place``."""
        self._context = context
        self._place = place

    def take(self, candidate: Candidate, before: Remembered) -> Remembered | None:
        """Register a candidate and return what to remember; ``None`` when it went away meanwhile.

        Nothing that is wrong with one candidate raises.
        """
        try:
            registration, unused = self._register(candidate)
        except (Conflict, Unavailable, OSError) as error:
            return self._again(candidate, before, error)
        except NotFound as error:
            return self._refused(candidate, error) if _is_there(candidate.path) else None
        except ModelshelfError as error:
            return self._refused(candidate, error)
        except Exception as error:  # noqa: BLE001 - one hostile file must not keep all others out
            return self._refused(candidate, error)
        crashed = before.sighting.reason == TAKING
        mine = registration.version.created_at >= before.sighting.at
        state: State = "taken" if registration.created or (crashed and mine) else "same"
        reference = registration.version.reference
        reason = "" if state == "taken" else f"its content is {reference} already{unused}"
        return self._remember(candidate, state, reason, reference)

    def _register(self, candidate: Candidate) -> tuple[Registration, str]:
        sidecar = _read(candidate)
        model = sidecar.model or model_for(
            self._place.rule, candidate.relative, folder=candidate.seen.folder
        )
        if not model:
            raise Invalid(
                "no model is named",
                why="neither its folder nor its sidecar says which model it belongs to",
                hint="Put it into a folder that is called like the model.",
            )
        source = f"drop folder: {self._place.call(candidate.relative)}"[:_SOURCE_MOST]
        registration = Versions(self._context).register(
            model, candidate.path, source=source, **sidecar.details
        )
        unused = bool(candidate.sidecars) and not registration.created
        return registration, "; what its sidecar says was not recorded again" if unused else ""

    def _again(
        self, candidate: Candidate, before: Remembered, error: Exception
    ) -> Remembered | None:
        """Return what to remember of a candidate that may well be taken in later."""
        if not _is_there(candidate.path):
            return None
        if isinstance(error, Conflict) and not look_again(candidate):
            return self._remember(candidate, "waiting", "it changed while it was being read")
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


def _read(candidate: Candidate) -> Sidecar:
    if len(candidate.sidecars) > 1:
        names = " and ".join(repr(safe(file.name, 80)) for file in candidate.sidecars)
        raise Invalid(f"{names} both describe it", hint="Keep one of them.")
    return read_sidecar(next(iter(candidate.sidecars), None), candidate.card)


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _sentence(error: Exception) -> str:
    if isinstance(error, ModelshelfError):
        return safe(str(error), 1_000)
    if isinstance(error, OSError):
        return safe(error.strerror or str(error))
    return safe(f"it cannot be read ({type(error).__name__}: {error})")
