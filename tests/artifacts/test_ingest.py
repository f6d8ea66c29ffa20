"""Taking in one file: what is stored, what is refused, what stays untouched."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from pathlib import Path

import pytest

from modelshelf.artifacts import BlobStore, Cancelled, copying, ingest, syscalls
from modelshelf.domain.errors import Invalid, NotFound, Unavailable
from tests.artifacts.scenes import check_blobs, names_in, snapshot


def left_in_tmp(store: BlobStore) -> list[str]:
    """Return what an ingest left behind."""
    return names_in(store.root / "tmp")


@pytest.mark.parametrize("size", [0, 1, copying.SMALL, copying.SMALL + 1, 20 * 1024 * 1024 + 3])
def test_file_is_stored_under_its_digest(store: BlobStore, tmp_path: Path, size: int) -> None:
    """A file of any size is stored whole; its content is its own digest, name and size."""
    source = tmp_path / "model.onnx"
    source.write_bytes(os.urandom(size))
    content = ingest(source, store)
    assert content.kind == "file"
    assert (content.name, content.size) == ("model.onnx", size)
    assert content.digest == hashlib.sha256(source.read_bytes()).hexdigest()
    assert [entry.path for entry in content.files] == ["model.onnx"]
    store.verify(content.digest, size)
    assert left_in_tmp(store) == []
    check_blobs(store)


def test_source_is_only_read(store: BlobStore, large: Path, small: Path) -> None:
    """No byte, no time, no link count of the source changes."""
    before = snapshot(large) | snapshot(small)
    ingest(large, store)
    ingest(small, store)
    assert snapshot(large) | snapshot(small) == before


def test_same_bytes_are_one_blob(store: BlobStore, large: Path, tmp_path: Path) -> None:
    """A second file with the same bytes adds nothing."""
    other = tmp_path / "other.bin"
    other.write_bytes(large.read_bytes())
    first, second = ingest(large, store), ingest(other, store)
    assert first.digest == second.digest
    assert second.name == "other.bin"
    assert list(store.digests()) == [first.digest]


@pytest.mark.usefixtures("no_clone")
@pytest.mark.parametrize("missing", [("sendfile",), ("link",), ("clone", "sendfile", "link")])
def test_every_fallback_stores_the_same(
    store: BlobStore, large: Path, missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without sendfile or links (macOS, FAT) the same bytes end up under the same name."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not here")

    for name in missing:
        monkeypatch.setattr(syscalls, name, refuse)
    first = ingest(large, store)
    assert ingest(large, store) == first
    store.verify(first.digest, large.stat().st_size)
    check_blobs(store)
    assert left_in_tmp(store) == []


def test_clone_is_used_where_there_is_one(
    store: BlobStore, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system can share blocks nothing is copied, and the clone is what is hashed."""

    def clone(target: int, source: int) -> None:
        os.sendfile(target, source, 0, 1 << 30)

    def never(*_: object) -> int:
        pytest.fail("copied in spite of the clone")

    monkeypatch.setattr(syscalls, "clone", clone)
    monkeypatch.setattr(syscalls, "sendfile", never)
    content = ingest(large, store)
    assert content.digest == hashlib.sha256(large.read_bytes()).hexdigest()
    store.verify(content.digest, content.size)


@pytest.mark.parametrize("at", [0, 5 << 20, (16 << 20) - 4096])
def test_holes_stay_holes(store: BlobStore, tmp_path: Path, at: int) -> None:
    """A sparse file of 16 MiB with 4 kB of data is stored with its holes and the right digest."""
    source = tmp_path / "sparse"
    with source.open("wb") as file:
        file.truncate(16 << 20)
        file.seek(at)
        file.write(b"x" * 4096)
    content = ingest(source, store)
    assert content.digest == hashlib.sha256(source.read_bytes()).hexdigest()
    assert store.path(content.digest).stat().st_blocks * 512 < 1 << 20


def test_file_that_is_all_hole(store: BlobStore, tmp_path: Path) -> None:
    """A file without a single block of data has the digest of its zeros."""
    source = tmp_path / "hole"
    with source.open("wb") as file:
        file.truncate(4 << 20)
    content = ingest(source, store)
    assert content.digest == hashlib.sha256(bytes(4 << 20)).hexdigest()


def test_file_larger_than_allowed_is_refused(store: BlobStore, small: Path) -> None:
    """More than ``max_bytes`` is refused before a byte is read."""
    with pytest.raises(Invalid, match="too large") as caught:
        ingest(small, store, max_bytes=8)
    assert (caught.value.observed, caught.value.required) == (9, 8)
    ingest(small, store, max_bytes=9)


def test_missing_file_is_not_found(store: BlobStore, tmp_path: Path) -> None:
    """What does not exist is not found."""
    with pytest.raises(NotFound, match="does not exist"):
        ingest(tmp_path / "nothing.onnx", store)


def test_root_has_no_name(store: BlobStore) -> None:
    """The root of the file system cannot be an artifact: it has no name."""
    with pytest.raises(Invalid, match="no name"):
        ingest(Path("/"), store)


def test_relative_dots_take_the_real_name(
    store: BlobStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``.`` is called by the name of the folder it is."""
    monkeypatch.chdir(folder)
    assert ingest(Path(), store).name == "bert"


@pytest.mark.usefixtures("no_clone")
@pytest.mark.parametrize(
    ("number", "family", "words"),
    [
        (errno.ENOSPC, Unavailable, "needs"),
        (errno.EDQUOT, Unavailable, "quota"),
        (errno.EACCES, Unavailable, "permission"),
        (errno.EROFS, Unavailable, "read-only"),
        (errno.EIO, Unavailable, "disk reported an error"),
    ],
)
def test_what_the_disk_refuses_becomes_a_sentence(
    store: BlobStore,
    large: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    family: type[Exception],
    words: str,
) -> None:
    """A failing write is told in words, and nothing is left behind."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(syscalls, "sendfile", refuse)
    with pytest.raises(family, match=words):
        ingest(large, store)
    assert left_in_tmp(store) == []
    assert list(store.digests()) == []


@pytest.mark.usefixtures("no_clone")
def test_full_disk_says_what_is_needed(
    store: BlobStore, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up half-way, need and have are in the error."""

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(syscalls, "sendfile", refuse)
    with pytest.raises(Unavailable) as caught:
        ingest(large, store)
    assert caught.value.required == large.stat().st_size
    assert isinstance(caught.value.observed, int)


def test_failed_fsync_is_never_tried_again(
    store: BlobStore, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed fsync the file is given up: the kernel may have dropped its pages."""
    synced: list[int] = []

    def fail(descriptor: int) -> None:
        synced.append(descriptor)
        raise OSError(errno.EIO, "lost")

    monkeypatch.setattr(syscalls, "fsync", fail)
    with pytest.raises(Unavailable):
        ingest(large, store)
    assert len(synced) == 1
    assert list(store.digests()) == []
    assert left_in_tmp(store) == []


def test_progress_goes_up_to_the_end(store: BlobStore, large: Path) -> None:
    """Reports come in this thread, never go back, and end with all bytes."""
    seen: list[tuple[int, int, str]] = []
    here = threading.get_ident()

    def note(done: int, total: int, name: str) -> None:
        assert threading.get_ident() == here
        seen.append((done, total, name))

    ingest(large, store, progress=note)
    size = large.stat().st_size
    assert seen[0] == (0, size, large.name)
    assert seen[-1] == (size, size, large.name)
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


@pytest.mark.parametrize("size", [100, 9 << 20])
def test_cancelling_leaves_nothing(store: BlobStore, tmp_path: Path, size: int) -> None:
    """When the caller says stop, the work stops and nothing is left."""
    source = tmp_path / "file"
    source.write_bytes(os.urandom(size))
    asked = iter([False, True, True, True])
    with pytest.raises(Cancelled):
        ingest(source, store, cancelled=lambda: next(asked, True))
    assert left_in_tmp(store) == []
    assert list(store.digests()) == [] or size == 100
    assert "modelshelf-copy" not in {thread.name for thread in threading.enumerate()}


def test_ctrl_c_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    """An interrupt in the middle of a large file ends the copying thread and removes the file."""
    source = tmp_path / "file"
    source.write_bytes(os.urandom(9 << 20))

    def interrupt(done: int, total: int, name: str) -> None:
        del total, name
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(source, store, progress=interrupt)
    assert left_in_tmp(store) == []
    assert list(store.digests()) == []
    assert "modelshelf-copy" not in {thread.name for thread in threading.enumerate()}


def test_many_at_once_store_one_blob(store: BlobStore, large: Path) -> None:
    """Four threads that store the same file at the same time all succeed with one blob."""
    digests: list[str] = []
    threads = [
        threading.Thread(target=lambda: digests.append(ingest(large, store).digest))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 4
    assert list(store.digests()) == [digests[0]]
    assert left_in_tmp(store) == []
    check_blobs(store)
