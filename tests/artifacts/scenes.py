"""What the fault tests do over and over: a scene is prepared, played, and looked at afterwards."""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelshelf.artifacts import BlobStore, RangeDigests, collect, copying, ingest
from modelshelf.domain.content import Content

LEFTOVER = "in-" + "a" * 32 + ".part"


@dataclass(frozen=True, slots=True)
class Scene:
    """Something the store does.

    Attributes:
        prepare: Makes the store and what lies beside it below a new folder.
        play: Does the work; may be killed at any call.
        without: Calls that the machine of this scene does not have.
    """

    prepare: Callable[[Path], None]
    play: Callable[[Path], object]
    without: frozenset[str] = frozenset()


def store_of(root: Path) -> BlobStore:
    """Return the store of a scene."""
    return BlobStore(root / "blobs")


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def digests_of(content: Content) -> set[str]:
    """Return all digests that a version of this content names."""
    return {content.digest, *(entry.digest for entry in content.files)}


def check_blobs(store: BlobStore) -> None:
    """Assert that no final name has bytes that do not match it, and nothing strange lies around."""
    assert store.foreign() == []
    for digest in store.digests():
        path = store.path(digest)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path
        assert stat.S_IMODE(path.stat().st_mode) == 0o444, path


def snapshot(path: Path) -> dict[str, tuple[bytes, int, int, int, int]]:
    """Return bytes and facts of every file below ``path``, to compare with later ones."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    facts = {}
    for file in files:
        status = file.stat()
        facts[str(file)] = (
            file.read_bytes(),
            status.st_ino,
            status.st_nlink,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )
    return facts


def clean_up(store: BlobStore, named: set[str]) -> None:
    """Collect everything that nothing names, as if a day had passed, and assert what stays."""
    collect(store, named, grace_seconds=0, now=time.time() + 60, tmp_grace_seconds=0)
    assert set(store.digests()) == named
    assert names_in(store.root / "tmp") == []


def _bare_store(root: Path) -> None:
    """Make a store as it is after a tool that leaves empty folders out has copied it."""
    for name in ("sha256", "tmp"):
        (root / "blobs" / name).mkdir(parents=True)


def _small(root: Path) -> None:
    _bare_store(root)
    (root / "source").write_bytes(b"weights" * 100)


def _large(root: Path) -> None:
    _bare_store(root)
    (root / "source").write_bytes(bytes(range(256)) * 4096 + b"a third step" * 50_000)


def _folder(root: Path) -> None:
    _bare_store(root)
    (root / "source" / "tokenizer").mkdir(parents=True)
    (root / "source" / "config.json").write_text("{}")
    (root / "source" / "tokenizer" / "copy.json").write_text("{}")
    (root / "source" / "tokenizer" / "vocab").write_text("a\nb\n")
    (root / "source" / "weights.bin").write_bytes(bytes(range(256)) * 5000)


def _sparse(root: Path) -> None:
    _bare_store(root)
    with (root / "source").open("wb") as file:
        file.write(b"head" * 1024)
        file.seek(1024 * 1024)
        file.write(b"middle" * 1024)
        file.truncate(1536 * 1024)


def _again(root: Path) -> None:
    _large(root)
    ingest(root / "source", store_of(root))


def _orphans(root: Path) -> None:
    store = store_of(root)
    _bare_store(root)
    for text in ("named", "orphan", "another orphan"):
        store.put_bytes(text.encode())
    (store.root / "tmp" / LEFTOVER).write_bytes(b"half")


def _ingest(root: Path) -> Content:
    return ingest(root / "source", store_of(root))


def _ingest_with_ranges(root: Path) -> Content:
    ranges = RangeDigests({"source": [(8, 1 << 20), (2 << 19, 1000), (1_200_000, 5)]})
    return ingest(root / "source", store_of(root), ranges=ranges)


def _collect(root: Path) -> object:
    named = {hashlib.sha256(b"named").hexdigest()}
    store = store_of(root)
    return collect(store, named, grace_seconds=0, now=time.time() + 60, tmp_grace_seconds=0)


SCENES = {
    "small": Scene(_small, _ingest),
    "large": Scene(_large, _ingest),
    "large with ranges": Scene(_large, _ingest_with_ranges),
    "folder": Scene(_folder, _ingest),
    "sparse": Scene(_sparse, _ingest),
    "without sendfile and links": Scene(_large, _ingest, frozenset({"sendfile", "link"})),
    "again": Scene(_again, _ingest),
    "collect": Scene(_orphans, _collect),
}


def smaller_steps() -> None:
    """Copy in steps small enough that a file of 1.6 MiB takes several, and wait for the hash."""
    copying.STEP = 512 * 1024
    copying.AHEAD = 512 * 1024
    copying.KEPT = 0
