"""What is found out without being asked: the code, the environment, the run, the files opened."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from modelshelf.capture import opening, tracking
from modelshelf.capture.code import Found, code_here
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.provenance import Dataset, Environment, Run
from modelshelf.domain.text import safe
from modelshelf.surroundings.addresses import without_secrets
from modelshelf.surroundings.datasets import describe

if TYPE_CHECKING:
    from modelshelf.registry.handle import Registry

_NAMED_MOST = 5

Note = Callable[[str], None]
Attempt = Callable[[str, Callable[[], object]], None]


class Gathering:
    """What is gathered during one capture.

    Attributes:
        code: The code as it was when the capture began.
        given_id: What the script calls its run.
        given_url: Where the script says that its run can be looked at.
    """

    def __init__(self, note: Note, attempt: Attempt, tracker: str | None) -> None:
        """Tell ``note`` what is missing; let ``attempt`` do what may fail."""
        self._note, self._attempt, self._tracker = note, attempt, tracker
        self._started = time.monotonic()
        self._own_id = tracking.own_id()
        self._heard: opening.Heard | None = None
        self._places: list[Path] = []
        self._environment: Environment | None = None
        self.code: Found | None = None
        self.given_id: str | None = None
        self.given_url: str | None = None

    def begin(self, registry: Registry | str | os.PathLike[str] | None, *, snapshot: bool) -> None:
        """Look at the code, and begin to listen."""
        self._attempt("the code", lambda: self._look(snapshot=snapshot))
        self._attempt("the registry", lambda: self._warn(registry))
        self._heard = opening.listen()

    def end(self) -> None:
        """Stop listening."""
        if self._heard is not None:
            opening.leave(self._heard)

    @property
    def opened(self) -> tuple[str, ...]:
        """The data files that were opened for reading so far."""
        return () if self._heard is None else self._heard.read

    def dataset(self, given: str | Path, role: str, more: Mapping[str, Any]) -> Dataset:
        """Return the data set that is meant; one that cannot be looked at has its name only."""
        named = {key: value for key, value in more.items() if value is not None}
        with opening.unheard():
            try:
                found = describe(given, role, note=self._note)
            except ModelshelfError as exc:
                self._note(f"The data set {safe(given, 80)} is known by its name only: {exc}")
                plain = without_secrets(str(given))
                found = Dataset(Path(plain).stem or plain, role)  # type: ignore[arg-type]  # checked later
        self._places.append(Path(str(given)).absolute())
        if found.path is not None:
            self._places.append(Path(found.path).absolute())
            found = replace(found, path=self._from_start(Path(found.path)))
        if found.uri is not None and found.uri.startswith("file:"):
            self._places.append(Path(unquote(urlsplit(found.uri).path)))
        return replace(found, **named)

    def _from_start(self, path: Path) -> str | None:
        """Return a path as it is seen from where the command was run; the script may have moved."""
        folder = Path.cwd() if self.code is None else self.code.folder
        try:
            return path.resolve().relative_to(folder.resolve()).as_posix()
        except (OSError, RuntimeError, ValueError):
            return None

    def run(self) -> Run:
        """Return the run, with the time it took so far."""
        found = tracking.tracked() or Run(self._own_id, tracker=tracking.OWN)
        return Run(
            self.given_id or found.id,
            self.given_url or found.url,
            round(time.monotonic() - self._started, 3),
            self._tracker or found.tracker,
        )

    def environment(self) -> Environment:
        """Return the environment: at the first registration, before our own packages are used."""
        if self._environment is None:
            from modelshelf.surroundings.environment import here

            self._environment = here(note=self._note)
        return self._environment

    def unnamed(self, artifact: Path) -> tuple[str, ...]:
        """Return the data files that were read and are part of no data set that was named.

        Args:
            artifact: What is registered; reading that is no reading of data.
        """
        known = [_resolved(place) for place in (*self._places, artifact)]
        read = ((path, _resolved(Path(path))) for path in self.opened)
        return tuple(
            path for path, place in read if not any(place.is_relative_to(k) for k in known)
        )

    def tell_unnamed(self, artifact: Path) -> None:
        """Note which data files were read and not named."""
        paths = self.unnamed(artifact)
        if not paths:
            return
        shown = ", ".join(_short(path) for path in paths[:_NAMED_MOST])
        more = f" and {len(paths) - _NAMED_MOST:,} more" if len(paths) > _NAMED_MOST else ""
        files = "file was" if len(paths) == 1 else "files were"
        self._note(f"{len(paths):,} data {files} read and not named: {shown}{more}.")

    def _look(self, *, snapshot: bool) -> None:
        self.code = code_here(self._note, snapshot=snapshot)

    def _warn(self, registry: Registry | str | os.PathLike[str] | None) -> None:
        """Say early that registering will fail: training may take hours."""
        if registry is None or isinstance(registry, str | os.PathLike):
            from modelshelf.settings import find_registry

            place = find_registry(registry)
            if not (place / "catalog.db").exists():
                self._note(
                    f"There is no registry at {safe(place, 200)} yet: make one before the end."
                )


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _short(path: str) -> str:
    try:
        return safe(os.path.relpath(path), 100)
    except (ValueError, OSError):  # another drive of Windows; a working folder that is gone
        return safe(path, 100)
