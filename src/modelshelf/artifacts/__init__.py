"""The artifact store: bytes named by their SHA-256, taken in, verified, given out and collected.

The names below are loaded when they are first asked for: whoever only asks where a path lies, as
every opening of a registry does, must not wait for the copying of files.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelshelf.artifacts.blobs import Blobs, Leftover, Receiver
    from modelshelf.artifacts.checkout import checkout
    from modelshelf.artifacts.collect import (
        Collection,
        CollectionPlan,
        Referenced,
        Unreferenced,
        collect,
    )
    from modelshelf.artifacts.folder import FILES_MOST, IGNORED
    from modelshelf.artifacts.ingest import ingest
    from modelshelf.artifacts.places import (
        free_bytes,
        fsync_folder,
        network_filesystem,
        same_filesystem,
        supports_clone,
        world_writable,
    )
    from modelshelf.artifacts.progress import Cancelled, Progress
    from modelshelf.artifacts.ranges import RangeDigests
    from modelshelf.artifacts.store import SPACE_KEPT, BlobStore

_HOMES = {
    "FILES_MOST": "folder",
    "IGNORED": "folder",
    "SPACE_KEPT": "store",
    "BlobStore": "store",
    "Blobs": "blobs",
    "Cancelled": "progress",
    "Collection": "collect",
    "CollectionPlan": "collect",
    "Leftover": "blobs",
    "Progress": "progress",
    "RangeDigests": "ranges",
    "Receiver": "blobs",
    "Referenced": "collect",
    "Unreferenced": "collect",
    "checkout": "checkout",
    "collect": "collect",
    "free_bytes": "places",
    "fsync_folder": "places",
    "ingest": "ingest",
    "network_filesystem": "places",
    "same_filesystem": "places",
    "supports_clone": "places",
    "world_writable": "places",
}

__all__ = [
    "FILES_MOST",
    "IGNORED",
    "SPACE_KEPT",
    "BlobStore",
    "Blobs",
    "Cancelled",
    "Collection",
    "CollectionPlan",
    "Leftover",
    "Progress",
    "RangeDigests",
    "Receiver",
    "Referenced",
    "Unreferenced",
    "checkout",
    "collect",
    "free_bytes",
    "fsync_folder",
    "ingest",
    "network_filesystem",
    "same_filesystem",
    "supports_clone",
    "world_writable",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    """Load a name when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """Keeps a function where importing the module of the same name would put that module."""

    def __setattr__(self, name: str, value: object) -> None:
        if _HOMES.get(name) == name and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
