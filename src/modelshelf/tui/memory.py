"""What the app remembers between two starts: the view, and in each view what was chosen there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MOST = 200_000
_FORMAT = 1

PERSON = "person"
"""What is remembered whatever the registry: theme, and what was last chosen by its name."""

State = Mapping[str, Any]


class Memory:
    """Two small JSON files in the person's state folder: of this registry, and of the person.

    What is read from them is only trusted to be JSON: a view takes of it what it understands.
    Nothing in them is needed; a file that cannot be read is as good as none.
    """

    def __init__(self, folder: Path | None, registry: str) -> None:
        """Read what is remembered of a registry, and of the person whatever the registry.

        Args:
            folder: The state folder; ``None`` remembers nothing.
            registry: The registry's folder, absolute.
        """
        digest = hashlib.sha256(os.fsencode(registry)).hexdigest()[:16]
        self._own = _Kept(None if folder is None else folder / f"app-{digest}.json")
        self._shared = _Kept(None if folder is None else folder / "app.json")

    def of(self, place: str) -> State:
        """Return what is remembered of a view, or of the person; empty when nothing is.

        No text in it holds anything that a terminal could obey: a field would show it as it is.
        """
        found = self._kept_of(place).places.get(place)
        if not isinstance(found, dict):
            return {}
        return {name: value for name, value in found.items() if _is_harmless(value)}

    def keep(self, place: str, state: State) -> None:
        """Remember the state of a view, or of the person, from the next :meth:`save` on."""
        self._kept_of(place).places[place] = dict(state)

    def save(self) -> str:
        """Write what changed; return why that was not possible, empty when it was."""
        return self._own.save() or self._shared.save()

    def _kept_of(self, place: str) -> _Kept:
        return self._shared if place == PERSON else self._own


class _Kept:
    """One of the files."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.places: dict[str, Any] = {} if file is None else _read(file)
        self._written = _text(self.places)

    def save(self) -> str:
        """Write what changed; return why that was not possible, empty when it was."""
        text = _text(self.places)
        if self._file is None or text == self._written:
            return ""
        if len(text) > _MOST:
            return "there is too much to remember"
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(text, encoding="utf-8")
            beside.replace(self._file)
        except OSError as exc:
            return str(exc.strerror or exc)
        self._written = text
        return ""


def _text(places: Mapping[str, Any]) -> str:
    return json.dumps({"format": _FORMAT, **places}, ensure_ascii=True)


def words(state: State, name: str, most: int = 1_000) -> str:
    """Return a text of a state; empty when it is none, or too long to be ours."""
    value = state.get(name)
    return value if isinstance(value, str) and len(value) <= most else ""


def listed(state: State, name: str, most: int = 100) -> tuple[str, ...]:
    """Return a list of texts of a state; empty when it is none."""
    value = state.get(name)
    if not isinstance(value, list) or len(value) > most:
        return ()
    return tuple(one for one in value if isinstance(one, str) and len(one) <= 1_000)  # noqa: PLR2004


def _is_harmless(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_harmless(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return all(_is_harmless(one) for one in value)
    return not isinstance(value, str) or value.isprintable()


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MOST:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
        json.dumps(found)  # what cannot be written again is none of ours
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.pop("format", None) != _FORMAT:
        return {}
    return found
