"""Writing a version's content out: verified, in one step, and never outside the destination."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.artifacts import BlobStore, Cancelled, ingest, syscalls
from modelshelf.artifacts.checkout import checkout
from modelshelf.artifacts.paths import check_clashes, check_way_out
from modelshelf.domain.content import Content, FileEntry, file_content, folder_content
from modelshelf.domain.errors import (
    Conflict,
    Corrupt,
    Invalid,
    ModelshelfError,
    NotFound,
    Refused,
    Unavailable,
)
from tests.artifacts.faults import faults_of, machine
from tests.artifacts.memory import MemoryBlobs
from tests.artifacts.scenes import names_in


def tree(path: Path) -> dict[str, bytes]:
    """Return every file below ``path``."""
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_file_comes_out_as_it_went_in(store: BlobStore, large: Path, tmp_path: Path) -> None:
    """A file is copied to the new name, complete, as an ordinary file of this user."""
    out = checkout(ingest(large, store), store, tmp_path / "out" / "there.bin")
    assert out == tmp_path / "out" / "there.bin"
    assert out.read_bytes() == large.read_bytes()
    assert names_in(out.parent) == ["there.bin"]


def test_file_goes_into_a_folder_that_exists(store: BlobStore, small: Path, tmp_path: Path) -> None:
    """Given a folder, a single file goes into it under its own name."""
    (tmp_path / "out").mkdir()
    assert checkout(ingest(small, store), store, tmp_path / "out") == tmp_path / "out/model.pkl"


def test_folder_comes_out_as_it_went_in(store: BlobStore, folder: Path, tmp_path: Path) -> None:
    """A folder has the same files, nested and empty ones too."""
    out = checkout(ingest(folder, store), store, tmp_path / "out")
    assert tree(out) == tree(folder)


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_modes_follow_the_umask(
    store: BlobStore, large: Path, folder: Path, tmp_path: Path
) -> None:
    """Files and folders have the rights of new ones; writing to them does not reach the store."""
    before = os.umask(0o027)
    try:
        file = checkout(ingest(large, store), store, tmp_path / "file")
        content = ingest(folder, store)
        out = checkout(content, store, tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert stat.S_IMODE((out / "tokenizer").stat().st_mode) == 0o750
    assert stat.S_IMODE((out / "config.json").stat().st_mode) == 0o640
    (out / "config.json").write_text("changed")
    store.verify(content.files[0].digest, content.files[0].size)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_there_stays(
    store: BlobStore, small: Path, folder: Path, tmp_path: Path, kind: str
) -> None:
    """Without ``overwrite`` an existing file, folder or dangling link is a conflict and stays."""
    content = ingest(small if kind == "file" else folder, store)
    taken, link = tmp_path / "taken", tmp_path / "link"
    taken.write_text("mine")
    link.symlink_to("nowhere")
    for path in (taken, link):
        with pytest.raises(Conflict, match="exists already"):
            checkout(content, store, path)
    assert taken.read_text() == "mine"
    assert not link.exists()
    if kind == "folder":
        (tmp_path / "empty").mkdir()
        with pytest.raises(Conflict):
            checkout(content, store, tmp_path / "empty")


@pytest.mark.parametrize("without", [(), ("exchange",), ("link",)])
def test_overwrite_replaces_all_of_it(
    store: BlobStore,
    folder: Path,
    tmp_path: Path,
    without: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A folder is replaced as a whole, with or without an exchange of names; nothing is left."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not here")

    for name in without:
        monkeypatch.setattr(syscalls, name, refuse)
    out = tmp_path / "place" / "out"
    (out / "old").mkdir(parents=True)
    (out / "old" / "file").write_text("old")
    checkout(ingest(folder, store), store, out, overwrite=True)
    assert tree(out) == tree(folder)
    assert names_in(out.parent) == ["out"]


def test_overwrite_replaces_a_file_and_a_link(
    store: BlobStore, small: Path, folder: Path, tmp_path: Path
) -> None:
    """A link is replaced itself; what it names stays."""
    kept, link = tmp_path / "kept", tmp_path / "link"
    kept.write_text("kept")
    link.symlink_to(kept)
    checkout(ingest(small, store), store, link, overwrite=True)
    assert not link.is_symlink()
    assert link.read_bytes() == small.read_bytes()
    assert kept.read_text() == "kept"
    checkout(ingest(folder, store), store, link, overwrite=True)
    assert tree(link) == tree(folder)


def test_file_never_replaces_a_folder(store: BlobStore, small: Path, tmp_path: Path) -> None:
    """A folder under the file's own name is a conflict even with ``overwrite``."""
    (tmp_path / "out" / "model.pkl").mkdir(parents=True)
    with pytest.raises(Conflict, match="is a folder"):
        checkout(ingest(small, store), store, tmp_path / "out", overwrite=True)


def test_precious_folders_are_never_replaced(
    store: BlobStore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store, home, the working folder and what holds them cannot be overwritten."""
    content = ingest(folder, store)
    home, work = tmp_path / "home" / "ana", tmp_path / "work"
    home.mkdir(parents=True)
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(work)
    for place in (store.root, store.root.parent, home, home.parent, work):
        with pytest.raises(Refused):
            checkout(content, store, place, overwrite=True)
    with pytest.raises(Refused, match="lies in the artifact store"):
        checkout(content, store, store.root / "sha256" / "out")
    assert store.foreign() == []


@pytest.mark.parametrize("size", [100, 3_000_000])
@pytest.mark.parametrize("damage", ["flip", "cut", "grow"])
def test_damaged_blob_never_comes_out(
    store: BlobStore, tmp_path: Path, size: int, damage: str
) -> None:
    """A blob with wrong bytes is named, and the destination stays as it was."""
    source = tmp_path / "model"
    source.write_bytes(os.urandom(size))
    content = ingest(source, store)
    blob = store.path(content.digest)
    blob.chmod(0o600)
    data = blob.read_bytes()
    blob.write_bytes(
        {"flip": b"\0" * 50 + data[50:], "cut": data[:-1], "grow": data + b"x"}[damage]
    )
    (tmp_path / "out").mkdir()
    with pytest.raises(Corrupt, match=content.digest[:12]):
        checkout(content, store, tmp_path / "out" / "model")
    assert names_in(tmp_path / "out") == []


def test_missing_blob_is_named(store: BlobStore, folder: Path, tmp_path: Path) -> None:
    """A folder of which one blob is gone does not come out at all."""
    content = ingest(folder, store)
    store.remove(content.files[-1].digest)
    (tmp_path / "out").mkdir()
    with pytest.raises(NotFound, match=content.files[-1].digest[:12]):
        checkout(content, store, tmp_path / "out" / "bert")
    assert names_in(tmp_path / "out") == []


HOSTILE = [
    "../evil",
    "a/../../evil",
    "/etc/evil",
    "..",
    ".",
    "",
    "a//b",
    "a/",
    "./a",
    "nul\0byte",
    "n" * 256,
    "bad\udcff",
    "/".join("d" * 65),
]


@pytest.mark.parametrize("path", HOSTILE)
def test_names_from_a_stranger_cannot_leave_the_destination(tmp_path: Path, path: str) -> None:
    """A manifest with a name that would escape is refused before anything is written."""
    blobs = MemoryBlobs()
    digest = blobs.put_bytes(b"evil")
    (tmp_path / "out").mkdir()
    files = (FileEntry("fine", 4, digest), FileEntry(path, 4, digest))
    folder = Content("folder", "x", "0" * 64, 8, files)
    for content in (folder, file_content(path, 4, digest)):
        with pytest.raises(Invalid):
            checkout(content, blobs, tmp_path / "out" / "x")
    with pytest.raises(Invalid):
        checkout(file_content("a/b", 4, digest), blobs, tmp_path / "out")
    assert names_in(tmp_path / "out") == []


@pytest.mark.parametrize("paths", [("A", "a"), ("x", "x/y"), ("x", "x")])
def test_clashing_names_do_not_come_out(tmp_path: Path, paths: tuple[str, str]) -> None:
    """Two entries of a manifest for one place are refused, and nothing stays."""
    blobs = MemoryBlobs()
    digest = blobs.put_bytes(b"x")
    content = folder_content("x", tuple(FileEntry(path, 1, digest) for path in paths))
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelshelfError):
        checkout(content, blobs, tmp_path / "out" / "x")
    assert names_in(tmp_path / "out") == []


@pytest.mark.parametrize(
    "path",
    [
        "CON",
        "aux.txt",
        "com1",
        "LPT¹.bin",
        "c:evil",
        "a\\b",
        "a:stream",
        "end.",
        "end ",
        "a?",
        "\x1f",
    ],
)
def test_windows_names(path: str) -> None:
    """Devices, drives, streams and backslashes are refused where they mean something."""
    with pytest.raises(Invalid):
        check_way_out(path, windows=True)
    assert check_way_out(path, windows=False) == path


@given(st.text(max_size=30))
def test_accepted_names_stay_below(path: str) -> None:
    """Whatever is accepted, lexically it lies below the folder it is joined to."""
    for windows in (True, False):
        try:
            check_way_out(path, windows=windows)
        except Invalid:
            continue
        joined = os.path.normpath(f"/base/{path}")
        assert joined.startswith("/base/")


@given(st.lists(st.text("aA/ée\u0301", min_size=1, max_size=4), max_size=6, unique=True))
def test_order_does_not_hide_a_clash(paths: list[str]) -> None:
    """Whether names clash does not depend on their order."""

    def clashes(names: list[str]) -> bool:
        try:
            check_clashes(names)
        except Invalid:
            return True
        return False

    assert clashes(paths) == clashes(paths[::-1])


def test_space_is_asked_for_first(
    store: BlobStore, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room nothing is written, not even a parent folder."""
    content = ingest(small, store)
    monkeypatch.setattr(syscalls, "free", lambda _: 3)
    with pytest.raises(Unavailable, match="needs 9 B, the disk has 3 B"):
        checkout(content, store, tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()


def test_checkout_can_be_cancelled_and_reports(
    store: BlobStore, large: Path, tmp_path: Path
) -> None:
    """Progress ends with all bytes; a cancelled checkout leaves nothing."""
    content = ingest(large, store)
    seen: list[int] = []
    (tmp_path / "out").mkdir()
    checkout(content, store, tmp_path / "out", progress=lambda done, _, __: seen.append(done))
    assert seen[-1] == content.size
    with pytest.raises(Cancelled):
        checkout(content, store, tmp_path / "out" / "again", cancelled=lambda: True)
    assert names_in(tmp_path / "out") == [large.name]


@pytest.mark.parametrize("overwrite", [False, True])
def test_any_fault_leaves_the_old_or_the_new(
    store: BlobStore, folder: Path, tmp_path: Path, *, overwrite: bool
) -> None:
    """Whichever call fails, the destination is the old or the new, and nothing is beside it."""
    content = ingest(folder, store)
    place = tmp_path / "place"

    def prepare() -> dict[str, bytes]:
        place.mkdir()
        if overwrite:
            (place / "out").mkdir()
            (place / "out" / "old").write_text("old")
        return tree(place)

    def clear() -> None:
        syscalls.remove_tree(place)

    new = {f"out/{name}": data for name, data in tree(folder).items()}
    prepare()
    with machine() as stands:
        checkout(content, store, place / "out", overwrite=overwrite)
    clear()
    for fault in faults_of(stands.counts(), "EIO", "ENOSPC", "short"):
        old = prepare()
        with machine(fault):
            try:
                checkout(content, store, place / "out", overwrite=overwrite)
            except ModelshelfError:
                allowed = [old, new]
            else:
                allowed = [new]
        if fault.call not in ("remove_tree", "lstat"):  # then the rest could not be cleared away
            assert tree(place) in allowed, fault
        clear()
