"""Files that somebody else still holds, swaps or names badly: the stored bytes stay."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest

from modelshelf.artifacts import BlobStore, ingest, syscalls
from modelshelf.artifacts.checkout import checkout
from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError
from tests.artifacts.scenes import check_blobs, names_in

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the names and tricks are those of POSIX")

NAMES = [
    "new\nline",
    "\x1b[2Jescape",
    "\x1b]52;c;ZXZpbA==\x07",
    "\u202egnp.exe",
    "[bold]unclosed",
    "$(reboot)",
    "-rf",
    " ",
    "...",
    "back\\slash",
    "n" * 255,
    "ü" * 127,
    "'; DROP TABLE version; --",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [10, 2_000_000])
def test_strange_names_go_in_and_out(
    store: BlobStore, tmp_path: Path, name: str, size: int
) -> None:
    """A name that is valid is kept to the byte, whatever a terminal or shell would make of it."""
    root = tmp_path / "in"
    (root / name).mkdir(parents=True)
    (root / name / name).write_bytes(os.urandom(size))
    content = ingest(root, store)
    assert [entry.path for entry in content.files] == [f"{name}/{name}"]
    out = checkout(content, store, tmp_path / "out")
    assert (out / name / name).read_bytes() == (root / name / name).read_bytes()
    alone = ingest(root / name / name, store)
    assert alone.name == name
    (tmp_path / "folder").mkdir()
    assert checkout(alone, store, tmp_path / "folder") == tmp_path / "folder" / name


@pytest.mark.parametrize("where", ["alone", "in a folder", "folder itself"])
def test_name_that_is_no_text_is_refused_readably(
    store: BlobStore, tmp_path: Path, where: str
) -> None:
    """Bytes that are no UTF-8 are refused, and the sentence can be printed."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff\x1bname"))
    if where == "alone":
        odd.write_text("x")
    else:
        odd.mkdir()
        (odd / "file").write_text("x")
    with pytest.raises(Invalid, match="UTF-8") as caught:
        ingest(tmp_path if where == "in a folder" else odd, store)
    str(caught.value).encode()
    assert "\x1b" not in str(caught.value)


def test_errors_never_carry_an_escape(store: BlobStore, tmp_path: Path) -> None:
    """A sentence about a hostile name cannot drive a terminal."""
    for name in NAMES[:3]:
        with pytest.raises(ModelshelfError) as caught:
            ingest(tmp_path / name, store)
        assert not set("\x1b\n\x07") & set(str(caught.value))


@pytest.mark.parametrize("size", [100, 3_000_000])
def test_writer_that_goes_on_cannot_reach_the_blob(
    store: BlobStore, tmp_path: Path, size: int
) -> None:
    """A producer who still has the file open appends and overwrites later; the blob stays."""
    source = tmp_path / "model"
    with source.open("wb") as writer:
        writer.write(b"a" * size)
        writer.flush()
        content = ingest(source, store)
        writer.write(b"more")
        writer.flush()
        os.pwrite(writer.fileno(), b"evil", 0)
    store.verify(content.digest, size)
    assert store.path(content.digest).read_bytes() == b"a" * size


@pytest.mark.parametrize("size", [100, 3_000_000])
def test_hard_link_of_the_source_cannot_reach_the_blob(
    store: BlobStore, tmp_path: Path, size: int
) -> None:
    """Somebody with another name for the dropped file changes it; the blob stays."""
    source, other = tmp_path / "model", tmp_path / "other name"
    source.write_bytes(b"a" * size)
    os.link(source, other)
    content = ingest(source, store)
    other.write_bytes(b"evil")
    store.verify(content.digest, size)
    assert store.path(content.digest).stat().st_nlink == 1


@pytest.mark.usefixtures("no_clone")
@pytest.mark.parametrize(
    "change", ["append", "truncate", "overwrite", "replace", "remove", "touch"]
)
def test_file_that_changes_while_it_is_read_is_a_conflict(
    store: BlobStore, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any change while it is read is noticed, also with the old time put back."""
    source = tmp_path / "model"
    source.write_bytes(os.urandom(2_000_000))
    times = (source.stat().st_atime_ns, source.stat().st_mtime_ns)
    real = syscalls.sendfile

    def meddle(target: int, opened: int, offset: int, count: int) -> int:
        moved = real(target, opened, offset, min(count, 1_000_000))
        if offset == 0:
            _change(source, change)
            if change == "overwrite":
                os.utime(source, ns=times)
        return moved

    monkeypatch.setattr(syscalls, "sendfile", meddle)
    with pytest.raises(Conflict, match="changed while"):
        ingest(source, store)
    assert list(store.digests()) == []
    assert names_in(store.root / "tmp") == []


def _change(source: Path, change: str) -> None:
    match change:
        case "append":
            with source.open("ab") as file:
                file.write(b"x")
        case "truncate":
            os.truncate(source, 500_000)
        case "overwrite":
            with source.open("r+b") as file:
                file.write(b"evil")
        case "replace":
            source.unlink()
            source.write_bytes(os.urandom(2_000_000))
        case "remove":
            source.unlink()
        case "touch":
            source.touch()


def test_file_longer_than_it_says_is_a_conflict(
    store: BlobStore, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that gives more bytes than its length, as in /proc, is not stored."""
    real = syscalls.fstat

    def shorter(descriptor: int) -> os.stat_result:
        fields = list(real(descriptor))
        fields[stat.ST_SIZE] = 3
        return os.stat_result(fields)

    monkeypatch.setattr(syscalls, "fstat", shorter)
    with pytest.raises(Conflict):
        ingest(small, store)
    assert list(store.digests()) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_file_of_proc_is_a_conflict(store: BlobStore) -> None:
    """A file that says it has no bytes and gives some is not stored as empty."""
    with pytest.raises(Conflict):
        ingest(Path("/proc/self/status"), store)


def test_pipe_swapped_in_at_the_last_moment_does_not_hang(
    store: BlobStore, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that takes the file's place between looking and opening is noticed, not waited for."""
    real = syscalls.lstat

    def swap(path: Path) -> os.stat_result:
        status = real(path)
        if path == small and stat.S_ISREG(status.st_mode) and len(looks) == 1:
            small.unlink()
            os.mkfifo(small)
        looks.append(path)
        return status

    looks: list[Path] = []
    monkeypatch.setattr(syscalls, "lstat", swap)
    begun = time.monotonic()
    with pytest.raises(Conflict, match="changed while"):
        ingest(small, store)
    assert time.monotonic() - begun < 2


def test_link_swapped_in_at_the_last_moment_is_not_followed(
    store: BlobStore, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that takes the file's place between looking and opening is refused by the system."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    real = syscalls.open_file

    def swap(path: Path, flags: int, mode: int = 0o600) -> int:
        if path == small:
            small.unlink()
            small.symlink_to(secret)
        return real(path, flags, mode)

    monkeypatch.setattr(syscalls, "open_file", swap)
    with pytest.raises(Invalid, match="symbolic link"):
        ingest(small, store)
    assert list(store.digests()) == []


def test_live_writer_never_leaves_a_wrong_blob(store: BlobStore, tmp_path: Path) -> None:
    """While a file is rewritten without pause, no blob is stored that its name does not fit."""
    source = tmp_path / "model"
    source.write_bytes(bytes([0]) * 1_500_000)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number = (number + 1) % 256
            with source.open("r+b") as file:
                file.write(bytes([number]) * 1_500_000)

    writer = threading.Thread(target=write)
    writer.start()
    conflicts = 0
    try:
        for _ in range(60):
            try:
                ingest(source, store)
            except Conflict:
                conflicts += 1
    finally:
        stop.set()
        writer.join()
    assert conflicts > 0
    check_blobs(store)
