"""Large copies that were interrupted: gone on with where they stopped, or begun anew."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from modelshelf.artifacts import BlobStore, Cancelled, collect, copying, ingest, resuming, syscalls
from modelshelf.domain.errors import Conflict
from tests.artifacts.scenes import names_in

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux names one run of the machine"),
    pytest.mark.usefixtures("no_clone"),
]

SIZE = 6 << 20
STEP = 1 << 20


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is large be small enough for a test."""
    monkeypatch.setattr(resuming, "LARGE", 2 << 20)
    monkeypatch.setattr(copying, "STEP", STEP)
    monkeypatch.setattr(copying, "AHEAD", STEP)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a large file."""
    path = tmp_path / "model.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def interrupted(store: BlobStore, source: Path, error: type[BaseException] = Cancelled) -> Path:
    """Begin to ingest, stop half-way, and return what is left."""

    def stop(done: int, _total: int, _name: str) -> None:
        if done:
            raise error("it was asked to stop")

    with pytest.raises(error):
        ingest(source, store, progress=stop)
    (name,) = names_in(store.root / "tmp")
    return store.root / "tmp" / name


def read_from(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the offsets from which the source is copied."""
    offsets: list[int] = []
    real = syscalls.sendfile

    def sendfile(target: int, source: int, offset: int, count: int) -> int:
        offsets.append(offset)
        return real(target, source, offset, count)

    monkeypatch.setattr(syscalls, "sendfile", sendfile)
    return offsets


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt])
def test_an_interrupted_copy_is_gone_on_with(
    store: BlobStore, source: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """What is there is not copied again, and the digest is that of the whole."""
    there = interrupted(store, source, error).stat().st_size
    assert 0 < there <= SIZE
    offsets = read_from(monkeypatch)
    assert ingest(source, store).digest == digest_of(source)
    assert all(offset >= there for offset in offsets)
    assert names_in(store.root / "tmp") == []
    store.verify(digest_of(source), SIZE)


def test_a_killed_process_leaves_what_can_be_gone_on_with(
    store: BlobStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked of the one that dies."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from modelshelf.artifacts import BlobStore, copying, ingest, resuming, syscalls\n"
        f"resuming.LARGE, copying.STEP, copying.AHEAD = 1, {STEP}, {STEP}\n"
        "def clone(*_): raise OSError(95, 'not here')\n"
        "syscalls.clone = clone\n"
        "ingest(Path(sys.argv[1]), BlobStore(Path(sys.argv[2])),"
        " progress=lambda done, *_: time.sleep(60 if done else 0))\n"
    )
    command = [sys.executable, "-c", code, str(source), str(store.root)]
    with subprocess.Popen(command) as child:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not any(
            path.stat().st_size for path in (store.root / "tmp").iterdir()
        ):
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    (left,) = (store.root / "tmp").iterdir()
    there = left.stat().st_size
    offsets = read_from(monkeypatch)
    assert ingest(source, store).digest == digest_of(source)
    assert there > 0
    assert all(offset >= there for offset in offsets)


def test_another_state_of_the_file_begins_anew(store: BlobStore, source: Path) -> None:
    """Even when only its time has moved; the old copy is a leftover like any other."""
    left = interrupted(store, source)
    os.utime(source, (1, 1))
    assert ingest(source, store).digest == digest_of(source)
    assert names_in(store.root / "tmp") == [left.name]
    collect(store, lambda _digest: True, grace_seconds=0, now=time.time() + 60)
    assert names_in(store.root / "tmp") == [left.name]
    collect(store, lambda _digest: True, grace_seconds=0, now=time.time() + 3700)
    assert names_in(store.root / "tmp") == []


def test_another_run_of_the_machine_begins_anew(
    store: BlobStore, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may have taken bytes that were written."""
    interrupted(store, source)
    boot = tmp_path / "boot"
    boot.write_text("another\n")
    monkeypatch.setattr(resuming, "_BOOT", boot)
    offsets = read_from(monkeypatch)
    assert ingest(source, store).digest == digest_of(source)
    assert offsets[0] == 0


@pytest.mark.parametrize("what", ["longer", "linked", "mode", "symlink", "folder"])
def test_what_is_no_unfinished_copy_is_never_gone_on_with(
    store: BlobStore, source: Path, tmp_path: Path, what: str
) -> None:
    """The bytes stored are those of the source, and nothing else is written to."""
    left, other = interrupted(store, source), tmp_path / "other"
    other.write_bytes(b"mine")
    if what == "longer":
        os.truncate(left, SIZE + 1)
    elif what == "linked":
        os.link(left, tmp_path / "second")
    elif what == "mode":
        left.chmod(0o444)
    else:
        left.unlink()
        left.symlink_to(other) if what == "symlink" else left.mkdir()
    second = (tmp_path / "second").stat().st_size if what == "linked" else 0
    assert ingest(source, store).digest == digest_of(source)
    store.verify(digest_of(source), SIZE)
    assert other.read_bytes() == b"mine"
    assert what != "linked" or (tmp_path / "second").stat().st_size == second


def test_a_source_that_changed_leaves_nothing(store: BlobStore, source: Path) -> None:
    """What was copied of it may be of two states."""

    def write(done: int, _total: int, _name: str) -> None:
        if done:
            os.utime(source, (1, 1))

    with pytest.raises(Conflict):
        ingest(source, store, progress=write)
    assert names_in(store.root / "tmp") == []


def test_two_at_once_do_not_share_a_copy(store: BlobStore, source: Path) -> None:
    """The second one copies for itself."""
    digests: list[str] = []
    threads = [
        threading.Thread(target=lambda: digests.append(ingest(source, store).digest))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests == [digest_of(source)] * 4
    assert names_in(store.root / "tmp") == []


def test_a_file_with_holes_begins_anew(store: BlobStore, tmp_path: Path) -> None:
    """The length of such a copy does not say how far it is."""
    source = tmp_path / "sparse"
    with source.open("wb") as out:
        out.truncate(SIZE)
        out.seek(SIZE - 10)
        out.write(b"end")

    def stop(done: int, _total: int, _name: str) -> None:
        if done:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        ingest(source, store, progress=stop)
    assert names_in(store.root / "tmp") == []
    assert ingest(source, store).digest == digest_of(source)
