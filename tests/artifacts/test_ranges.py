"""Digests of ranges: those of the stored bytes, from one read, whatever ranges are asked for."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.artifacts import BlobStore, Cancelled, RangeDigests, copying, ingest, syscalls
from modelshelf.artifacts.ranges import Range, RangeHasher
from modelshelf.domain.errors import Unavailable
from tests.artifacts.scenes import names_in

MANY = [(0, 8), (8, 1), (9, 0), (100, 900), (1000, 24), (1100, 3_000_000)]
HOSTILE = [(-1, 5), (0, -3), (5, 0), (2**70, 1), (0, 2**70), (3, 4), (3, 4)]


def expected(data: bytes, start: int, length: int) -> str:
    """Return what the digest of a range must be; nothing for one that is none."""
    if start < 0 or length <= 0 or start + length > len(data):
        return ""
    return hashlib.sha256(data[start : start + length]).hexdigest()


def check_all(found: RangeDigests, path: str, data: bytes, ranges: Iterable[Range]) -> None:
    """Assert that each range has its digest."""
    for start, length in ranges:
        assert found.digest(path, start, length) == expected(data, start, length), (start, length)


class Counting(io.BytesIO):
    """A stream that counts the bytes that are read from it."""

    count = 0

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer."""
        got = super().readinto(buffer)
        self.count += got
        return got


@given(
    data=st.binary(max_size=300),
    ranges=st.lists(st.tuples(st.integers(-5, 320), st.integers(-5, 320))),
    cuts=st.lists(st.integers(1, 70), min_size=1),
)
def test_every_range_has_the_digest_of_its_slice(
    data: bytes, ranges: list[Range], cuts: list[int]
) -> None:
    """Whatever passes in whatever blocks, what is found in one pass or read again is right."""
    found = RangeDigests({"a": ranges})
    hasher = found.of("a", len(data))
    at = number = 0
    while hasher is not None and at < len(data):
        step = cuts[number % len(cuts)]
        hasher.update(memoryview(data)[at : at + step])
        at, number = at + step, number + 1
    for start, length in ranges:
        assert found.digest("a", start, length) in {"", expected(data, start, length)}
    budget = 2 * len(data)
    inside = {r for r in ranges if expected(data, *r)}
    stream = Counting(data)
    found.complete("a", len(data), ranges, lambda: stream)
    assert stream.count <= budget
    if sum(length for _, length in inside) <= budget:
        check_all(found, "a", data, ranges)


@given(lengths=st.lists(st.integers(0, 40), max_size=30), gap=st.integers(0, 3))
def test_ranges_beside_each_other_need_no_second_read(lengths: list[int], gap: int) -> None:
    """What does not overlap is found in one pass, in whatever order it is asked for."""
    starts = [sum(lengths[:n]) + gap * n for n in range(len(lengths))]
    ranges = list(zip(starts, lengths, strict=True))
    data = os.urandom(sum(lengths) + gap * len(lengths))
    found = RangeDigests({"a": reversed(ranges)})
    hasher = found.of("a", len(data))
    if hasher is not None:
        hasher.update(memoryview(data))
    check_all(found, "a", data, ranges)


@pytest.mark.parametrize("size", [0, 1, 1024, copying.SMALL, copying.SMALL + 1, 5 << 20])
def test_a_file_of_any_size(store: BlobStore, tmp_path: Path, size: int) -> None:
    """Small files and large ones: the content is as without ranges, the digests are right."""
    source = tmp_path / "model.bin"
    data = os.urandom(size)
    source.write_bytes(data)
    ranges = [*MANY, *HOSTILE, (size - 1, 1), (size, 1)]
    found = RangeDigests({"model.bin": ranges, "another": [(0, 1)]})
    content = ingest(source, store, ranges=found)
    assert content == ingest(source, store)
    found.complete("model.bin", size, ranges, lambda: store.open(content.digest))
    check_all(found, "model.bin", data, ranges)
    assert found.digest("another", 0, 1) == ""


def test_files_of_a_folder(store: BlobStore, folder: Path) -> None:
    """Each file has its own ranges, by its path."""
    (folder / "large.bin").write_bytes(os.urandom(2 << 20))
    wanted = {"weights.bin": [(0, 100), (100, 4900)], "large.bin": [(5, 1 << 20)], "gone": [(0, 1)]}
    found = RangeDigests(wanted)
    ingest(folder, store, ranges=found)
    for path in ("weights.bin", "large.bin"):
        check_all(found, path, (folder / path).read_bytes(), wanted[path])


@pytest.mark.usefixtures("no_clone")
def test_the_source_is_read_once_and_the_blob_never(
    store: BlobStore, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ranges cost no second read of the source, and what is stored is not opened again."""
    sent = 0
    send = syscalls.sendfile

    def count(target: int, source: int, offset: int, length: int) -> int:
        nonlocal sent
        moved = send(target, source, offset, length)
        sent += moved
        return moved

    def never(*_: object) -> BinaryIO:
        pytest.fail("the blob was opened")

    size = large.stat().st_size
    ranges = [(at, 65_536) for at in range(0, size - 65_536, 65_536)]
    monkeypatch.setattr(syscalls, "sendfile", count)
    monkeypatch.setattr(store, "open", never)
    found = RangeDigests({large.name: ranges})
    content = ingest(large, store, ranges=found)
    found.complete(large.name, size, ranges, lambda: store.open(content.digest))
    assert sent == size
    check_all(found, large.name, large.read_bytes(), ranges)


def test_a_blob_that_is_stored_already_still_has_its_ranges(store: BlobStore, large: Path) -> None:
    """The second time nothing is stored, and the digests are there all the same."""
    ingest(large, store)
    found = RangeDigests({large.name: MANY})
    ingest(large, store, ranges=found)
    check_all(found, large.name, large.read_bytes(), MANY)


def test_overlaps_are_read_again_within_bounds() -> None:
    """A file that names its bytes a thousand times over is read at most twice more."""
    data = os.urandom(10_000)
    ranges = [(n, 9_000) for n in range(1_000)]
    found = RangeDigests({"a": ranges})
    hasher = found.of("a", len(data))
    assert hasher is not None
    hasher.update(memoryview(data))
    stream = Counting(data)
    found.complete("a", len(data), ranges, lambda: stream)
    assert stream.count <= 2 * len(data)
    assert {found.digest("a", *each) for each in ranges} >= {"", expected(data, *ranges[0])}


def test_a_stream_that_ends_early_has_no_digest() -> None:
    """What cannot be read whole has none, rather than that of less."""
    found = RangeDigests()
    found.complete("a", 100, [(0, 10), (50, 50)], lambda: io.BytesIO(b"x" * 60))
    assert found.digest("a", 0, 10) == expected(b"x" * 60, 0, 10)
    assert found.digest("a", 50, 50) == ""


@pytest.mark.usefixtures("no_clone")
def test_a_failure_of_the_second_hash_is_told(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a thread that is gone: the error is raised and nothing stays behind."""
    for name, value in (("STEP", 1 << 18), ("AHEAD", 1 << 18), ("KEPT", 1 << 18)):
        monkeypatch.setattr(copying, name, value)
    source = tmp_path / "model.bin"
    source.write_bytes(os.urandom(8 << 20))

    def fail(_hasher: RangeHasher, _block: memoryview) -> None:
        raise OSError(errno.EIO, "lost")

    monkeypatch.setattr(RangeHasher, "update", fail)
    with pytest.raises(Unavailable):
        ingest(source, store, ranges=RangeDigests({"model.bin": [(0, 10)]}))
    check_nothing_left(store)


def test_cancelling_ends_both_hashes(store: BlobStore, tmp_path: Path) -> None:
    """When the caller says stop, no thread goes on."""
    source = tmp_path / "model.bin"
    source.write_bytes(os.urandom(9 << 20))
    asked = iter([False, True, True, True])
    found = RangeDigests({"model.bin": [(n << 10, 1 << 10) for n in range(9 << 10)]})
    with pytest.raises(Cancelled):
        ingest(source, store, ranges=found, cancelled=lambda: next(asked, True))
    check_nothing_left(store)


def check_nothing_left(store: BlobStore) -> None:
    """Assert that an ingest that failed left neither bytes nor threads."""
    assert names_in(store.root / "tmp") == []
    assert list(store.digests()) == []
    assert not [t for t in threading.enumerate() if t.name.startswith("modelshelf-")]
