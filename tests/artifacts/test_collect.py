"""Collecting: what goes, what stays, and that a plan is only a plan."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from modelshelf.artifacts import BlobStore, collect, ingest, syscalls
from modelshelf.artifacts.collect import apply, plan
from modelshelf.domain.errors import Conflict
from tests.artifacts.scenes import check_blobs, digests_of, names_in

DAY = 86_400.0
TEMPORARY = "in-" + "a" * 32 + ".part"


def later(seconds: float = 2 * DAY) -> float:
    """Return a time after now."""
    return time.time() + seconds


def test_what_a_version_names_stays(store: BlobStore, folder: Path) -> None:
    """Files and manifest of a registered folder survive, an unnamed blob goes."""
    content = ingest(folder, store)
    orphan = store.put_bytes(b"orphan")
    done = collect(store, digests_of(content), grace_seconds=DAY, now=later())
    assert done.removed == (orphan,)
    assert done.size == 6
    assert set(store.digests()) == digests_of(content)


def test_question_may_be_a_function(store: BlobStore) -> None:
    """What is named can be asked one by one."""
    kept, gone = store.put_bytes(b"kept"), store.put_bytes(b"gone")
    done = collect(store, lambda digest: digest == kept, grace_seconds=DAY, now=later())
    assert done.removed == (gone,)


def test_young_blobs_stay(store: BlobStore) -> None:
    """A blob that may be about to be named stays for the time of grace."""
    store.put_bytes(b"just stored")
    assert collect(store, set(), grace_seconds=DAY, now=later(DAY - 60)).removed == ()
    assert len(collect(store, set(), grace_seconds=DAY, now=later(DAY + 60)).removed) == 1


def test_clock_that_runs_behind_removes_nothing(store: BlobStore) -> None:
    """Blobs from the future are young."""
    store.put_bytes(b"from the future")
    assert collect(store, set(), grace_seconds=0, now=time.time() - DAY).removed == ()


def test_plan_removes_nothing(store: BlobStore) -> None:
    """A plan says what would go, with sizes, and touches nothing."""
    digest = store.put_bytes(b"orphan")
    (store.root / "tmp" / TEMPORARY).write_bytes(b"half")
    planned = plan(store, set(), grace_seconds=DAY, now=later())
    assert [blob.digest for blob in planned.blobs] == [digest]
    assert [left.name for left in planned.leftovers] == [TEMPORARY]
    assert planned.size == 10
    assert store.has(digest)
    assert (store.root / "tmp" / TEMPORARY).exists()


def test_blob_stored_again_since_the_plan_stays(store: BlobStore) -> None:
    """Somebody registers the same bytes while a person reads the plan: the blob is spared."""
    digest = store.put_bytes(b"orphan")
    planned = plan(store, set(), grace_seconds=0, now=later())
    time.sleep(0.02)
    store.put_bytes(b"orphan")
    done = apply(planned, store)
    assert (done.removed, done.kept) == ((), (digest,))
    assert store.has(digest)


def test_blob_named_since_the_plan_stays(store: BlobStore) -> None:
    """When asked again, a blob that was named meanwhile is spared."""
    digest = store.put_bytes(b"orphan")
    planned = plan(store, set(), grace_seconds=0, now=later())
    assert apply(planned, store, referenced={digest}).kept == (digest,)
    assert store.has(digest)


def test_blob_removed_since_the_plan_is_no_error(store: BlobStore) -> None:
    """Two collections at once do not trip over each other."""
    digest = store.put_bytes(b"orphan")
    planned = plan(store, set(), grace_seconds=0, now=later())
    store.remove(digest)
    assert apply(planned, store).kept == (digest,)


def test_foreign_names_are_reported_and_stay(store: BlobStore) -> None:
    """What the store cannot parse is never removed, however old."""
    shard = store.path(store.put_bytes(b"orphan")).parent
    strangers = [store.root / "notes.txt", shard / "ABCD", store.root / "tmp" / "my.part"]
    for path in strangers:
        path.write_text("mine")
    done = collect(store, set(), grace_seconds=0, now=later(), tmp_grace_seconds=0)
    assert done.foreign == tuple(sorted(strangers))
    assert all(path.read_text() == "mine" for path in strangers)


def test_young_leftovers_stay(store: BlobStore) -> None:
    """A temporary file may be one instant before its lock: it stays for an hour."""
    (store.root / "tmp" / TEMPORARY).write_bytes(b"half")
    assert collect(store, set(), grace_seconds=DAY, now=later(60)).leftovers == 0
    assert collect(store, set(), grace_seconds=DAY, now=later(3660)).leftovers == 1


@pytest.mark.usefixtures("no_clone")
@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there at all")
def test_running_ingest_keeps_its_file(
    store: BlobStore, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection without any grace in the middle of an ingest does not take its file away."""
    real = syscalls.sendfile
    collected: list[int] = []

    def meanwhile(target: int, source: int, offset: int, count: int) -> int:
        done = collect(store, set(), grace_seconds=0, now=later(), tmp_grace_seconds=0)
        collected.append(done.leftovers)
        return real(target, source, offset, count)

    monkeypatch.setattr(syscalls, "sendfile", meanwhile)
    content = ingest(large, store)
    assert collected == [0]
    store.verify(content.digest, content.size)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there at all")
def test_file_taken_before_its_lock_is_made_again(
    store: BlobStore, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection that takes the temporary file in the instant before its lock does no harm."""
    real = syscalls.lock
    taken: list[str] = []

    def take_first(descriptor: int, *, shared: bool) -> bool:
        if not taken:
            (name,) = names_in(store.root / "tmp")
            taken.append(name)
            (store.root / "tmp" / name).unlink()
        return real(descriptor, shared=shared)

    monkeypatch.setattr(syscalls, "lock", take_first)
    content = ingest(large, store)
    store.verify(content.digest, content.size)
    assert taken
    monkeypatch.setattr(syscalls, "lock", lambda *_, **__: False)
    with pytest.raises(Conflict, match="being collected"):
        store.put_bytes(b"never")


def test_collecting_beside_writers_never_hurts_a_named_blob(
    store: BlobStore, tmp_path: Path
) -> None:
    """Writers that look again before they name their blob, beside a collection that never rests."""
    named: set[str] = set()
    lock = threading.Lock()
    stop = threading.Event()

    def write(seed: int) -> None:
        for number in range(25):
            source = tmp_path / f"{seed}-{number}"
            source.write_bytes(f"{number % 5}".encode() * 1000)
            content = ingest(source, store)
            with lock:
                if store.has(content.digest):
                    named.add(content.digest)
                if number % 3 == 0:
                    named.discard(content.digest)

    def collecting() -> None:
        while not stop.is_set():
            with lock:
                collect(store, set(named), grace_seconds=0, now=later(), tmp_grace_seconds=0)

    collector = threading.Thread(target=collecting)
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    collector.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    collector.join()
    check_blobs(store)
    assert named <= set(store.digests())
