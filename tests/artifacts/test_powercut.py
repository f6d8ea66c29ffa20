"""After a power cut a blob is whole or absent; once reported as stored, it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelshelf.artifacts import copying, ingest, syscalls
from modelshelf.domain.errors import Unavailable
from tests.artifacts.faults import Done, Fault, machine
from tests.artifacts.powercut import Sync, bad_states, history, lost_blobs
from tests.artifacts.scenes import SCENES, smaller_steps, store_of

INGESTS = ("small", "large", "folder", "sparse", "without sendfile and links")


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEP", "AHEAD", "KEPT"):
        monkeypatch.setattr(copying, name, getattr(copying, name))
    smaller_steps()


def trace_of(name: str, root: Path) -> list[Done]:
    """Return the calls of a scene."""
    root.mkdir(exist_ok=True)
    SCENES[name].prepare(root)
    with machine(without=SCENES[name].without) as stands:
        SCENES[name].play(root)
    # The fallback for sendfile writes a quarter of a megabyte at a time: some stand for all.
    return _thinned(stands.trace)


def _thinned(trace: list[Done]) -> list[Done]:
    writes = [done for done in trace if done.call == "write"]
    dropped = {id(done) for done in writes[2:-2]} if len(writes) > 6 else set()
    return [done for done in trace if id(done) not in dropped]


@pytest.mark.parametrize("name", INGESTS)
def test_no_power_cut_leaves_a_partial_blob_or_loses_a_stored_one(
    name: str, tmp_path: Path
) -> None:
    """Of all subsets of unsynced effects, at every moment, none breaks the promise."""
    events = history(trace_of(name, tmp_path))
    assert list(bad_states(events, store_of(tmp_path).root)) == []
    assert list(lost_blobs(events, store_of(tmp_path).root)) == []


@pytest.mark.parametrize("name", INGESTS)
def test_every_single_sync_is_needed(name: str, tmp_path: Path) -> None:
    """Leaving out any one fsync of the recorded run is noticed, so none is there for show."""
    events = history(trace_of(name, tmp_path))
    blobs = store_of(tmp_path).root
    syncs = [event for event in events if isinstance(event, Sync)]
    assert len(syncs) >= 3
    for sync in syncs:
        without = [event for event in events if event is not sync]
        noticed = any(bad_states(without, blobs)) or any(lost_blobs(without, blobs))
        assert noticed, sync


def test_a_prepared_store_costs_a_file_two_syncs(tmp_path: Path) -> None:
    """The folders of a new store are durable already: only the bytes and their name are synced."""
    store = store_of(tmp_path)
    store.prepare()
    store.put_bytes(b"the first of this process, which looks at the folders")
    (tmp_path / "source").write_bytes(b"weights" * 100)
    with machine() as stands:
        ingest(tmp_path / "source", store)
    events = history(stands.trace)
    assert len([event for event in events if isinstance(event, Sync)]) == 2
    assert list(lost_blobs(events, store.root)) == []


@pytest.mark.parametrize("call", ["fsync", "fsync_folder"])
def test_code_that_does_not_sync_is_noticed(call: str, tmp_path: Path) -> None:
    """The real code with one kind of sync taken out fails the same check."""
    SCENES["large"].prepare(tmp_path)
    with machine() as stands, pytest.MonkeyPatch.context() as patch:
        patch.setattr(syscalls, call, lambda _: None)
        SCENES["large"].play(tmp_path)
    events = history(stands.trace)
    blobs = store_of(tmp_path).root
    assert list(bad_states(events, blobs)) or list(lost_blobs(events, blobs))


def test_a_dead_publisher_is_made_good(tmp_path: Path) -> None:
    """A name that somebody gave and died before syncing is durable after the next ingest."""
    SCENES["large"].prepare(tmp_path)
    with machine(Fault("fsync_folder", 0, "EIO")) as died, pytest.raises(Unavailable):
        SCENES["large"].play(tmp_path)
    with machine() as second:
        ingest(tmp_path / "source", store_of(tmp_path))
    first = history(died.trace)
    blobs = store_of(tmp_path).root
    assert list(lost_blobs(first, blobs))
    assert list(lost_blobs(history(died.trace + second.trace), blobs)) == []
