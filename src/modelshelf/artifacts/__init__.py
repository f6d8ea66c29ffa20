"""The artifact store: bytes named by their SHA-256, taken in, verified, given out and collected."""

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
from modelshelf.artifacts.store import SPACE_KEPT, BlobStore

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
