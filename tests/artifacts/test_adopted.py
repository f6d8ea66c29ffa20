"""Adopted bytes are hashed without a copy, and nobody is ever handed others in their place."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from modelshelf.artifacts import BlobStore, RangeDigests, ingest
from modelshelf.artifacts.adopted import AdoptingStore, PlacedBlobs
from modelshelf.domain.errors import Conflict, Corrupt, NotFound

DATA = b"adopted bytes" * 1_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a file in somebody else's tree."""
    place = tmp_path / "theirs" / "model.bin"
    place.parent.mkdir()
    place.write_bytes(DATA)
    return place


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """Make an empty store."""
    made = BlobStore(tmp_path / "blobs")
    made.prepare()
    return made


def adopting(store: BlobStore) -> AdoptingStore:
    """Return a store that keeps no files."""
    return PlacedBlobs(store.root, lambda _digest: []).adopting()


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_hashed_and_not_copied(store: BlobStore, file: Path) -> None:
    """The content is what storing it would give, and the store stays empty."""
    ranges = RangeDigests({"model.bin": [(5, 10)]})
    content = ingest(file, adopting(store), ranges=ranges)
    assert content.digest == digest_of(DATA)
    assert ranges.digest("model.bin", 5, 10) == digest_of(DATA[5:15])
    assert list(store.digests()) == []


def test_of_a_folder_only_the_manifest_is_stored(store: BlobStore, file: Path) -> None:
    """Its digest names a stored blob, as for every folder, and its files stay where they are."""
    (file.parent / "more.txt").write_text("more", "utf-8")
    content = ingest(file.parent, adopting(store))
    assert list(store.digests()) == [content.digest]
    assert [f.path for f in content.files] == ["model.bin", "more.txt"]


def test_a_file_in_place_is_read_like_a_blob(store: BlobStore, file: Path) -> None:
    """It is there, has its size, verifies, and opens at its start each time."""
    blobs = PlacedBlobs(store.root, lambda _digest: [file])
    name = digest_of(DATA)
    assert (blobs.has(name), blobs.size(name), blobs.lying(name)) == (True, len(DATA), file)
    blobs.verify(name, len(DATA))
    for _again in range(2):
        with blobs.open(name) as stream:
            assert stream.read(7) == DATA[:7]


def test_a_file_that_was_not_touched_is_hashed_once(
    store: BlobStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening it again costs a look at its facts, until these change."""
    blobs, hashed = PlacedBlobs(store.root, lambda _digest: [file]), list[str]()
    monkeypatch.setattr(
        "modelshelf.artifacts.adopted.verify_stream", lambda _s, digest, _n: hashed.append(digest)
    )
    for _again in range(3):
        blobs.open(digest_of(DATA)).close()
    assert len(hashed) == 1
    os.utime(file, (1, 1))
    blobs.open(digest_of(DATA)).close()
    assert len(hashed) == 2


@pytest.mark.parametrize("keep_times", [True, False])
def test_other_bytes_in_its_place_are_never_handed_out(
    store: BlobStore, file: Path, *, keep_times: bool
) -> None:
    """A changed file is refused with its path, even one of the same length and time."""
    blobs = PlacedBlobs(store.root, lambda _digest: [file])
    blobs.open(digest_of(DATA)).close()
    before = file.stat()
    file.write_bytes(b"x" * len(DATA))
    if keep_times:
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(Corrupt, match=r"model\.bin was adopted in place"):
        blobs.open(digest_of(DATA))
    with pytest.raises(Corrupt):
        blobs.verify(digest_of(DATA), len(DATA))


def test_what_was_just_adopted_is_not_hashed_again(
    store: BlobStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One read is enough to adopt a file and to look into it."""
    blobs = PlacedBlobs(store.root, lambda _digest: [file])
    ingest(file, blobs.adopting())
    monkeypatch.setattr("modelshelf.artifacts.adopted.verify_stream", None)
    with blobs.open(digest_of(DATA)) as stream:
        assert stream.read() == DATA


def test_a_collection_never_removes_what_is_in_place(store: BlobStore, file: Path) -> None:
    """Removing a blob is about the store; the owner's file stays."""
    blobs = PlacedBlobs(store.root, lambda _digest: [file])
    with pytest.raises(NotFound):
        blobs.remove(digest_of(DATA))
    assert file.read_bytes() == DATA


def test_another_place_will_do(store: BlobStore, file: Path) -> None:
    """Of several places the first that still has the bytes is used."""
    changed = file.with_name("changed.bin")
    changed.write_bytes(b"other")
    places = [file.with_name("gone.bin"), changed, file]
    with PlacedBlobs(store.root, lambda _digest: places).open(digest_of(DATA)) as stream:
        assert stream.read() == DATA


def test_what_is_stored_comes_first(store: BlobStore, file: Path) -> None:
    """A stored copy is used, and the place is not even looked at."""
    store.put_bytes(DATA)
    file.write_bytes(b"other")
    blobs = PlacedBlobs(store.root, lambda _digest: [file])
    with blobs.open(digest_of(DATA)) as stream:
        assert stream.read() == DATA
    assert blobs.lying(digest_of(DATA)) != file


def test_what_is_nowhere_is_not_found(store: BlobStore, file: Path) -> None:
    """A link in its place, a folder or nothing at all is not the file."""
    link = file.with_name("link")
    link.symlink_to(file)
    blobs = PlacedBlobs(store.root, lambda _digest: [link, file.parent, file.with_name("gone")])
    name = digest_of(DATA)
    assert not blobs.has(name)
    for ask in (blobs.open, blobs.size, lambda d: blobs.verify(d, 1)):
        with pytest.raises(NotFound):
            ask(name)


def test_a_file_that_changes_while_it_is_hashed_is_told(
    store: BlobStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is recorded about bytes that are still being written."""
    from modelshelf.artifacts import syscalls

    real = syscalls.read_into

    def slowly(descriptor: int, buffer: memoryview) -> int:
        with file.open("ab") as stream:
            stream.write(b"more")
        return real(descriptor, buffer)

    monkeypatch.setattr(syscalls, "read_into", slowly)
    with pytest.raises(Conflict, match="changed while it was being read"):
        ingest(file, adopting(store))
