"""One suite for every artifact store: a new implementation brings a fixture and no tests."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from modelshelf.artifacts import Blobs, collect, ingest
from modelshelf.artifacts.checkout import checkout
from modelshelf.artifacts.progress import Watch
from modelshelf.artifacts.source import open_source
from modelshelf.domain.content import manifest_text
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = hashlib.sha256(b"never stored").hexdigest()


class BlobSuite:
    """The words of ``modelshelf.artifacts.blobs`` as tests; a subclass gives the fixture."""

    @pytest.fixture
    def blobs(self) -> Blobs:
        """Return an empty store."""
        raise NotImplementedError

    def test_gives_back_what_was_put(self, blobs: Blobs) -> None:
        """Bytes come back as they were put, under their SHA-256."""
        digest = blobs.put_bytes(b"weights")
        assert digest == hashlib.sha256(b"weights").hexdigest()
        with blobs.open(digest) as stream:
            assert stream.read() == b"weights"

    def test_knows_what_it_has(self, blobs: Blobs) -> None:
        """Presence, length and time are told of a stored blob."""
        before = time.time() - 1
        digest = blobs.put_bytes(b"weights")
        assert blobs.has(digest)
        assert blobs.size(digest) == 7
        assert before < blobs.changed(digest) < time.time() + 1

    def test_keeps_the_empty_blob(self, blobs: Blobs) -> None:
        """No bytes at all are a blob too."""
        digest = blobs.put_bytes(b"")
        blobs.verify(digest, 0)
        assert blobs.size(digest) == 0

    def test_says_what_it_does_not_have(self, blobs: Blobs) -> None:
        """A blob that was never stored is not found, whatever is asked of it."""
        assert not blobs.has(ABSENT)
        for ask in (blobs.size, blobs.changed, blobs.open, blobs.remove):
            with pytest.raises(NotFound):
                ask(ABSENT)
        with pytest.raises(NotFound):
            blobs.verify(ABSENT, 0)

    @pytest.mark.parametrize(
        "wrong",
        ["", "ab", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"],
    )
    def test_refuses_what_is_no_digest(self, blobs: Blobs, wrong: str) -> None:
        """Only 64 lower-case hexadecimal digits can name a blob."""
        for ask in (blobs.has, blobs.size, blobs.changed, blobs.open, blobs.remove):
            with pytest.raises(Invalid):
                ask(wrong)

    def test_lists_digests_sorted(self, blobs: Blobs) -> None:
        """All digests are listed, in order, each once."""
        put = [blobs.put_bytes(bytes([number])) for number in range(40)]
        assert list(blobs.digests()) == sorted(put)
        assert list(blobs.foreign()) == []
        assert list(blobs.leftovers()) == []

    def test_storing_again_is_nothing_but_a_new_time(self, blobs: Blobs) -> None:
        """The same bytes are one blob, and its time of grace starts again."""
        first = blobs.put_bytes(b"weights")
        earlier = blobs.changed(first)
        time.sleep(0.02)
        assert blobs.put_bytes(b"weights") == first
        assert list(blobs.digests()) == [first]
        assert blobs.changed(first) > earlier

    def test_verify_counts_bytes(self, blobs: Blobs) -> None:
        """Verifying reads everything and says how much."""
        seen: list[int] = []
        blobs.verify(blobs.put_bytes(b"x" * 600_000), 600_000, seen.append)
        assert sum(seen) == 600_000

    def test_verify_refuses_another_length(self, blobs: Blobs) -> None:
        """A blob that is shorter than the catalog says is damaged."""
        digest = blobs.put_bytes(b"weights")
        with pytest.raises(Corrupt) as caught:
            blobs.verify(digest, 8)
        assert (caught.value.observed, caught.value.required) == (7, 8)

    @pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_000_001])
    def test_puts_an_open_file(self, blobs: Blobs, tmp_path: Path, size: int) -> None:
        """Files of every size arrive whole, and each byte is reported once."""
        path = tmp_path / "file"
        path.write_bytes(os.urandom(size))
        watch = Watch(size)
        with open_source(path) as source, blobs.receive(size) as receiver:
            digest = receiver.put(source, watch)
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        blobs.verify(digest, size)
        assert watch.done == size

    @pytest.mark.parametrize("size", [10, 3_000_000])
    def test_refuses_a_file_that_changed_since_it_was_opened(
        self, blobs: Blobs, tmp_path: Path, size: int
    ) -> None:
        """A file that grew after it was opened is a conflict, and is not stored."""
        path = tmp_path / "file"
        path.write_bytes(os.urandom(size))
        with open_source(path) as source:
            with path.open("ab") as more:
                more.write(b"!")
            with pytest.raises(Conflict), blobs.receive(size) as receiver:
                receiver.put(source, Watch(size))
        assert list(blobs.digests()) == []
        assert list(blobs.leftovers()) == []

    def test_remove_forgets_the_blob(self, blobs: Blobs) -> None:
        """A removed blob is gone, and can be stored again."""
        digest = blobs.put_bytes(b"weights")
        blobs.remove(digest)
        assert not blobs.has(digest)
        assert blobs.put_bytes(b"weights") == digest
        assert blobs.has(digest)

    def test_folder_goes_in_and_out(self, blobs: Blobs, folder: Path, tmp_path: Path) -> None:
        """A folder comes out as it went in, and its manifest is stored under its digest."""
        content = ingest(folder, blobs)
        with blobs.open(content.digest) as manifest:
            assert manifest.read().decode() == manifest_text(content.files)
        out = checkout(content, blobs, tmp_path / "out")
        for entry in content.files:
            assert (out / entry.path).read_bytes() == (folder / entry.path).read_bytes()

    def test_collects_what_nothing_names(self, blobs: Blobs) -> None:
        """A collection removes old unnamed blobs and nothing else."""
        named, unnamed = blobs.put_bytes(b"named"), blobs.put_bytes(b"unnamed")
        done = collect(blobs, {named}, grace_seconds=60, now=time.time() + 61)
        assert done.removed == (unnamed,)
        assert done.size == 7
        assert list(blobs.digests()) == [named]
