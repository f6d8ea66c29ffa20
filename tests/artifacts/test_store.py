"""The artifact store on a disk: the suite, and what only a disk has."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from modelshelf.artifacts import Blobs, BlobStore, Leftover, syscalls
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, Unavailable
from tests.artifacts.blob_suite import BlobSuite


class TestBlobStore(BlobSuite):
    @pytest.fixture
    def blobs(self, store: BlobStore) -> Blobs:
        """Return an empty store on the disk."""
        return store


def test_blob_lies_read_only_under_its_digest(store: BlobStore) -> None:
    """The file is where the layout says, named by all 64 digits, and nobody may write to it."""
    digest = store.put_bytes(b"weights")
    path = store.root / "sha256" / digest[:2] / digest
    assert store.path(digest) == path
    assert path.read_bytes() == b"weights"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert path.stat().st_nlink == 1


def test_prepare_twice_changes_nothing(store: BlobStore) -> None:
    """Preparing is idempotent and keeps the modes that somebody chose."""
    store.root.chmod(0o750)
    store.prepare()
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o750
    assert sorted(path.name for path in store.root.iterdir()) == ["sha256", "tmp"]


def test_prepare_makes_a_private_root(store: BlobStore) -> None:
    """A new store is for its owner only."""
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_prepare_refuses_a_file_in_its_place(tmp_path: Path) -> None:
    """A store cannot be made where a file lies."""
    (tmp_path / "blobs").write_text("no folder")
    with pytest.raises(Conflict):
        BlobStore(tmp_path / "blobs").prepare()


def test_store_that_was_never_prepared_is_empty(tmp_path: Path) -> None:
    """Reading a store that does not exist finds nothing and makes nothing."""
    store = BlobStore(tmp_path / "blobs")
    assert list(store.digests()) == []
    assert store.foreign() == []
    assert not (tmp_path / "blobs").exists()


def test_changed_bit_is_found(store: BlobStore) -> None:
    """A flipped bit is named with the digest that was found and the one that is required."""
    digest = store.put_bytes(b"weights")
    path = store.path(digest)
    path.chmod(0o644)
    path.write_bytes(b"wEights")
    with pytest.raises(Corrupt) as caught:
        store.verify(digest, 7)
    assert caught.value.required == digest
    assert caught.value.observed != digest
    assert caught.value.subject == f"sha256:{digest}"


def test_truncated_blob_is_not_taken_for_stored(store: BlobStore) -> None:
    """Bytes whose blob on the disk has another length are not silently called stored."""
    digest = store.put_bytes(b"weights")
    path = store.path(digest)
    path.chmod(0o644)
    path.write_bytes(b"wei")
    with pytest.raises(Corrupt, match="3 bytes instead of 7"):
        store.put_bytes(b"weights")
    assert path.read_bytes() == b"wei"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_link_in_place_of_a_blob_is_not_followed(store: BlobStore, tmp_path: Path) -> None:
    """A link under a blob's name is damage: it is neither read nor written through."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"weights")
    secret.chmod(0o600)
    digest = store.put_bytes(b"weights")
    store.path(digest).unlink()
    store.path(digest).symlink_to(secret)
    with pytest.raises(Corrupt):
        store.open(digest)
    with pytest.raises(Corrupt):
        store.put_bytes(b"weights")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert list(store.digests()) == []
    assert store.foreign() == [store.path(digest)]


def test_foreign_names_are_reported(store: BlobStore) -> None:
    """Whatever the store did not write is listed, and not taken for a blob."""
    digest = store.put_bytes(b"weights")
    shard = store.path(digest).parent
    strangers = [
        store.root / "README",
        store.root / "sha256" / "zz",
        store.root / "sha256" / "note.txt",
        store.root / "tmp" / "mine.part",
        store.root / "tmp" / ("in-" + "0" * 32 + ".part"),
        shard / "short",
        shard / ("0" * 64 if shard.name != "00" else "1" * 64),
    ]
    for path in strangers:
        path.mkdir() if path.suffix == ".part" else path.write_text("mine")
    assert store.foreign() == sorted(strangers)
    assert list(store.digests()) == [digest]
    assert list(store.leftovers()) == []


def test_leftover_of_a_dead_ingest_can_be_discarded(store: BlobStore) -> None:
    """A temporary file that nobody holds is listed and removed."""
    path = store.root / "tmp" / ("in-" + "a" * 32 + ".part")
    path.write_bytes(b"half")
    (left,) = store.leftovers()
    assert (left.name, left.size) == (path.name, 4)
    assert left.changed == pytest.approx(time.time(), abs=60)
    assert store.discard(left)
    assert store.discard(left)
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there at all")
def test_leftover_of_a_living_ingest_stays(store: BlobStore) -> None:
    """A temporary file that its ingest holds locked is not removed."""
    path = store.root / "tmp" / ("in-" + "a" * 32 + ".part")
    descriptor = syscalls.open_file(path, syscalls.CREATE)
    assert syscalls.lock(descriptor, shared=False)
    (left,) = store.leftovers()
    assert not store.discard(left)
    assert path.exists()
    os.close(descriptor)
    assert store.discard(left)


def test_discard_takes_only_names_of_its_own(store: BlobStore) -> None:
    """A leftover with a made-up name cannot reach out of the folder."""
    with pytest.raises(Invalid):
        store.discard(Leftover("../sha256", 0, 0.0))


def test_space_is_asked_for_first(store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room nothing is begun, and the sentence says how much is needed and there."""
    monkeypatch.setattr(syscalls, "free", lambda _: 5_000_000)
    with (
        pytest.raises(Unavailable, match=r"needs 1\.0 GB, the disk has 5\.0 MB") as caught,
        store.receive(1_000_000_000),
    ):
        pytest.fail("must not begin")
    assert caught.value.observed == 5_000_000


def test_two_blobs_of_one_shard(store: BlobStore) -> None:
    """Blobs that share the first two digits lie side by side."""
    shards: dict[str, str] = {}
    for number in range(1000):
        digest = store.put_bytes(number.to_bytes(2, "big"))
        if other := shards.get(digest[:2]):
            assert store.path(digest).parent == store.path(other).parent
            break
        shards[digest[:2]] = digest
    assert len(list(store.digests())) == len(shards) + 1
