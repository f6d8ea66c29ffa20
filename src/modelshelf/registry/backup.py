"""Copy a registry to another folder: catalog first, then the bytes it names, then the policy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.artifacts import BlobStore, ingest
from modelshelf.catalog import checkpoints, driver, holdings
from modelshelf.catalog.backup import copy_catalog
from modelshelf.catalog.database import CATALOG
from modelshelf.domain.errors import Corrupt, Unavailable
from modelshelf.domain.text import safe
from modelshelf.registry.context import BLOBS, POLICY

if TYPE_CHECKING:
    from modelshelf.registry.context import Context


def back_up(context: Context, target: Path) -> Path:
    """Copy the registry of ``context`` into the new folder ``target``, whole or not at all.

    Half a copy would open like a registry and be missed by nobody until it is needed.

    Raises:
        Corrupt, Unavailable: As ``Upkeep.backup``.
    """
    place = target.absolute()
    partial = place.with_name(f".{place.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _copy(context, partial)
        if place.exists():
            place.rmdir()  # it is empty; Windows renames onto nothing that is there
        partial.rename(place)
    except OSError as exc:
        raise Unavailable(
            f"{safe(target)} cannot be written", why=exc.strerror or str(exc)
        ) from exc
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _copy(context: Context, target: Path) -> None:
    # The heads first: one that is written down meanwhile is not missed in the catalog of the copy.
    for name in (POLICY, checkpoints.FILE):
        if (context.root / name).is_file():
            shutil.copy2(context.root / name, target / name)
    copy_catalog(context.database.path, target / CATALOG)
    _copy_blobs(context, target)


def _copy_blobs(context: Context, target: Path) -> None:
    store = BlobStore(target / BLOBS)
    store.prepare()
    catalog = driver.open_reader(target / CATALOG)
    try:
        for digest in sorted(holdings.kept(catalog)):
            _copy_blob(context, store, digest)
    finally:
        catalog.close()


def _copy_blob(context: Context, store: BlobStore, digest: str) -> None:
    copied = ingest(context.blobs.lying(digest), store).digest
    if copied != digest:
        raise Corrupt(
            f"the blob {digest} is damaged", observed=copied, required=digest, subject=digest
        )
