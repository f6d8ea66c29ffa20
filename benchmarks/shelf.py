"""The large registry that several benchmarks ask: made once for a run, when it is first needed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from modelshelf import open_registry
from modelshelf.domain.content import Content, FileEntry
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.provenance import Details
from modelshelf.registry import Registry
from modelshelf.registry.registering import Draft

VERSIONS = 100_000
MODELS = 1_000
VALUES = 10
"""Metrics of each version, and parameters."""

_BYTES = b"the bytes of every version of this registry"


class Shelf:
    """A folder for the run, and in it the large registry."""

    def __init__(self, folder: Path) -> None:
        """Work in ``folder``; nothing is made yet."""
        self.folder = folder

    @cached_property
    def path(self) -> Path:
        """The folder of a registry of 100,000 versions, one of which has an alias and a stage.

        All of them are of one stored blob, so that there is something to verify; the digests that
        name their contents differ, as they do in a registry that was filled over years.
        """
        path = self.folder / "large"
        with open_registry(path, actor="bench", create=True) as registry:
            registry.versions.register_many(drafts(store(registry), VERSIONS, MODELS))
            registry.versions.alias(reference(0, 1), "champion")
            registry.promotions.promote(reference(0, 2), "production", reason="to be looked up")
        return path


def model(number: int) -> str:
    """Return the name of the model with this number."""
    return f"team-{number % 20:02d}/model-{number:04d}"


def reference(number: int, version: int) -> str:
    """Return the reference of a version of the model with this number."""
    return f"{model(number)}:v{version}"


def store(registry: Registry) -> FileEntry:
    """Store the bytes that all drafts are of."""
    source = registry.path / "model.onnx"
    source.write_bytes(_BYTES)
    from modelshelf.artifacts import BlobStore, ingest

    content = ingest(source, BlobStore(registry.path / "blobs"))
    source.unlink()
    return content.files[0]


def drafts(stored: FileEntry, count: int, models: int) -> Iterator[Draft]:
    """Yield ``count`` versions of ``models`` models, each with ten metrics and ten parameters."""
    values = random.Random(1)
    for number in range(count):
        digest = hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
        yield Draft(
            model(number % models),
            Content("file", stored.path, digest, stored.size, (stored,)),
            Inspection("onnx"),
            Details(
                metrics={f"metric-{n}": values.random() for n in range(VALUES)},
                params={f"param-{n}": repr(values.random()) for n in range(VALUES)},
            ),
            stored.path,
        )
