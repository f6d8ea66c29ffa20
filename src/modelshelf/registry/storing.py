"""What takes the room: models, quarantine; whether what lies elsewhere can be reached."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import free_bytes
from modelshelf.catalog.model_bytes import adopted_places, bytes_of_models
from modelshelf.registry.context import QUARANTINE

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

_PLACES_MOST = 2_000


@dataclass(frozen=True, slots=True)
class ModelBytes:
    """How many different files a model has in the artifact store, and their bytes."""

    model: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class AdoptedFolder:
    """A folder in which adopted files lie: how many were looked for, how many are not there."""

    folder: str
    files: int
    missing: int


@dataclass(frozen=True, slots=True)
class Storage:
    """What takes the room.

    Attributes:
        models: Models by their bytes, the largest first; what two share counts for both.
        folders: Where adopted files lie, those with something missing first.
        quarantine: Bytes in quarantine.
        free: Bytes free on the disk.
    """

    models: tuple[ModelBytes, ...]
    folders: tuple[AdoptedFolder, ...]
    quarantine: int
    free: int


def storage(context: Context, limit: int) -> Storage:
    """Look at what takes the room; of adopted files only whether they are there.

    Raises:
        Unavailable: The disk does not say how much is free.
    """
    reader = context.database.reader()
    found = bytes_of_models(reader, limit)
    return Storage(
        tuple(ModelBytes(*row) for row in found),
        _folders(adopted_places(reader, _PLACES_MOST)),
        _size_of(context.root / QUARANTINE),
        free_bytes(context.root),
    )


def _folders(places: tuple[str, ...]) -> tuple[AdoptedFolder, ...]:
    files, missing = Counter[str](), Counter[str]()
    for place in places:
        folder = str(Path(place).parent)
        files[folder] += 1
        missing[folder] += not _is_there(place)
    found = (AdoptedFolder(folder, count, missing[folder]) for folder, count in files.items())
    return tuple(sorted(found, key=lambda one: (-one.missing, one.folder)))


def _is_there(place: str) -> bool:
    try:
        return Path(place).exists()
    except (OSError, ValueError):  # a row may have been edited
        return False


def _size_of(folder: Path) -> int:
    """Return the bytes in a folder, as far as it can be read; links are not followed."""
    size = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(Path(place, name)).st_size
    return size
