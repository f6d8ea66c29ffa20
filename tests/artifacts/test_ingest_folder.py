"""Taking in a folder: its manifest, its order, and everything in it that cannot be stored."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelshelf.artifacts import BlobStore, Cancelled, ingest, syscalls
from modelshelf.artifacts import folder as folders
from modelshelf.artifacts.folder import IGNORED
from modelshelf.domain.content import manifest_text
from modelshelf.domain.errors import Conflict, Invalid, Unavailable
from tests.artifacts.memory import MemoryBlobs
from tests.artifacts.scenes import check_blobs, names_in, snapshot


def test_folder_is_its_sorted_files(store: BlobStore, folder: Path) -> None:
    """The content lists every file by relative path, and sums their sizes."""
    content = ingest(folder, store)
    assert content.kind == "folder"
    assert content.name == "bert"
    assert [entry.path for entry in content.files] == [
        "config.json",
        "tokenizer/empty",
        "tokenizer/extra/copy.json",
        "tokenizer/vocab.txt",
        "weights.bin",
    ]
    assert content.size == 5008
    for entry in content.files:
        assert hashlib.sha256((folder / entry.path).read_bytes()).hexdigest() == entry.digest
        store.verify(entry.digest, entry.size)


def test_manifest_is_stored(store: BlobStore, folder: Path) -> None:
    """The digest of the content names the stored manifest, whose resources are the files."""
    content = ingest(folder, store)
    text = store.path(content.digest).read_text()
    assert text == manifest_text(content.files)
    assert [entry["name"] for entry in json.loads(text)["resources"]] == [
        entry.path for entry in content.files
    ]


def test_same_bytes_in_a_folder_are_one_blob(store: BlobStore, folder: Path) -> None:
    """Two equal files of a folder share a blob."""
    content = ingest(folder, store)
    assert len(list(store.digests())) == 5  # three distinct files, the empty one, the manifest
    assert content.files[0].digest == content.files[2].digest


def test_folder_is_only_read(store: BlobStore, folder: Path) -> None:
    """Nothing in the source folder changes."""
    before = snapshot(folder)
    ingest(folder, store)
    assert snapshot(folder) == before


def test_chosen_files_alone_are_stored(store: BlobStore, folder: Path) -> None:
    """Under a name of their own; nothing else in the folder is looked at."""
    (folder / "link").symlink_to(folder / "config.json")
    content = ingest(folder, store, only=("weights.bin", "tokenizer/vocab.txt"), name="chosen")
    assert (content.kind, content.name) == ("folder", "chosen")
    assert [entry.path for entry in content.files] == ["tokenizer/vocab.txt", "weights.bin"]
    with pytest.raises(Invalid, match="link"):
        ingest(folder, store, only=("link",))


def test_what_belongs_to_tools_is_left_out(store: BlobStore, folder: Path) -> None:
    """The documented names are left out wherever they stand; other hidden files are kept."""
    clean = ingest(folder, store)
    for name in IGNORED:
        (folder / name).mkdir()
        (folder / name / "inside").write_text("x")
        (folder / "tokenizer" / name).write_text("x")
    assert ingest(folder, store).digest == clean.digest
    (folder / ".gitattributes").write_text("x")
    assert ".gitattributes" in [entry.path for entry in ingest(folder, store).files]


def _link(path: Path) -> None:
    path.symlink_to("config.json")


def _link_to_folder(path: Path) -> None:
    path.symlink_to("tokenizer")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _outside(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)  # a whole path would be too long for a socket


@pytest.mark.skipif(os.name == "nt", reason="these are things of POSIX")
@pytest.mark.parametrize("make", [_link, _link_to_folder, _dangling, _outside, _pipe, _socket])
@pytest.mark.parametrize("where", ["odd", "tokenizer/odd"])
def test_what_is_no_file_is_refused_by_name(
    store: BlobStore, folder: Path, make: object, where: str
) -> None:
    """A link, pipe or socket anywhere in a folder is named, never followed, never waited for."""
    assert callable(make)
    make(folder / where)
    with pytest.raises(Invalid, match=where):
        ingest(folder, store)
    assert list(store.digests()) == []


@pytest.mark.skipif(os.name == "nt", reason="these are things of POSIX")
@pytest.mark.parametrize("make", [_link, _link_to_folder, _dangling, _pipe, _socket])
def test_what_is_no_file_is_refused_alone(store: BlobStore, folder: Path, make: object) -> None:
    """The same things are refused when they are given by themselves."""
    assert callable(make)
    make(folder / "odd")
    with pytest.raises(Invalid, match="odd"):
        ingest(folder / "odd", store)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device")
def test_device_is_refused(store: BlobStore) -> None:
    """A device that never ends is refused before it is read."""
    with pytest.raises(Invalid, match="a device"):
        ingest(Path("/dev/zero"), store)


@pytest.mark.parametrize("with_ignored", [False, True])
def test_empty_folder_is_refused(store: BlobStore, tmp_path: Path, *, with_ignored: bool) -> None:
    """A folder without a file that counts is no artifact."""
    (tmp_path / "empty" / "below").mkdir(parents=True)
    if with_ignored:
        (tmp_path / "empty" / ".DS_Store").write_text("x")
    with pytest.raises(Invalid, match="holds no files"):
        ingest(tmp_path / "empty", store)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Model.bin", "model.bin"),
        ("caf\u00e9", "cafe\u0301"),
        ("A/x", "a/y"),
        ("straße", "STRASSE"),
        ("data", "DATA/inside"),
    ],
)
def test_clashing_names_are_refused(store: BlobStore, tmp_path: Path, one: str, other: str) -> None:
    """Names that are one name on macOS or Windows are refused, with both in the sentence."""
    root = tmp_path / "clash"
    for name in (one, other):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    if len([path for path in root.rglob("*") if path.is_file()]) < 2:
        pytest.skip("this file system does not tell the names apart")
    with pytest.raises(Invalid, match="the same name"):
        ingest(root, store)


def test_folders_deeper_than_the_limit_are_refused(store: BlobStore, tmp_path: Path) -> None:
    """Sixty-four levels are taken, one more is not."""
    root = tmp_path / "deep"
    lowest = root.joinpath(*["d"] * 63)
    lowest.mkdir(parents=True)
    (lowest / "file").write_text("x")
    assert len(ingest(root, store).files) == 1
    (lowest / "d").mkdir()
    with pytest.raises(Invalid, match="64 folders deep"):
        ingest(root, store)


def test_too_many_files_are_refused(
    store: BlobStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file more than the most is refused before anything is read."""
    monkeypatch.setattr(folders, "FILES_MOST", 5)
    ingest(folder, store)
    (folder / "one more").write_text("x")
    with pytest.raises(Invalid, match="more than 5 files"):
        ingest(folder, store)


def test_folder_larger_than_allowed_is_refused(store: BlobStore, folder: Path) -> None:
    """The limit counts all files together."""
    with pytest.raises(Invalid, match="too large"):
        ingest(folder, store, max_bytes=5007)
    assert list(store.digests()) == []


@pytest.mark.parametrize("what", ["added", "removed", "touched"])
def test_folder_that_changes_while_it_is_read_is_a_conflict(
    store: BlobStore, folder: Path, what: str
) -> None:
    """A file that comes, goes or changes during the ingest is noticed at the end."""

    def change(done: int, total: int, name: str) -> None:
        del done, total
        if name == "weights.bin":
            if what == "added":
                (folder / "late").write_text("x")
            elif what == "removed":
                (folder / "config.json").unlink(missing_ok=True)
            else:
                (folder / "config.json").write_text("[]")

    with pytest.raises(Conflict, match="changed while"):
        ingest(folder, store, progress=change)
    check_blobs(store)


def test_folder_can_be_cancelled(store: BlobStore, folder: Path) -> None:
    """Between two files the caller is asked; no half file is left."""
    asked = iter([False, False])
    with pytest.raises(Cancelled):
        ingest(folder, store, cancelled=lambda: next(asked, True))
    assert names_in(store.root / "tmp") == []
    check_blobs(store)


def test_unreadable_part_is_named(
    store: BlobStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not be opened is named."""
    real = syscalls.open_member

    def refuse(place: syscalls.Place, name: str) -> int:
        if name == "vocab.txt":
            raise PermissionError(errno.EACCES, "no")
        return real(place, name)

    monkeypatch.setattr(syscalls, "open_member", refuse)
    with pytest.raises(Unavailable, match=r"tokenizer/vocab\.txt"):
        ingest(folder, store)


def test_works_without_descriptors_of_folders(
    store: BlobStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system cannot open relative to a folder (Windows), paths do."""
    usual = ingest(folder, store)
    monkeypatch.setattr(syscalls, "_BY_DESCRIPTOR", False)
    assert ingest(folder, store) == usual


_parts = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=8,
).filter(lambda part: part not in (".", "..") and part not in IGNORED)
_paths = st.lists(_parts, min_size=1, max_size=3).map("/".join)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.dictionaries(_paths, st.binary(max_size=40), min_size=1, max_size=6), data=st.data()
)
def test_order_of_creation_does_not_matter(
    tmp_path: Path, files: dict[str, bytes], data: st.DataObject
) -> None:
    """Whatever the names and the order of making them, the manifest is the same and sorted."""
    order = data.draw(st.permutations(sorted(files)))
    digests = []
    for names in (sorted(files), order):
        root = Path(tempfile.mkdtemp(dir=tmp_path)) / "model"
        root.mkdir()
        for name in names:
            try:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(files[name])
            except OSError:  # one name is a folder of another
                return
        try:
            content = ingest(root, MemoryBlobs())
        except Invalid as error:
            assert "the same name" in str(error)  # noqa: PT017 - a clash is the other right answer
            return
        assert [entry.path for entry in content.files] == sorted(files)
        assert content.size == sum(map(len, files.values()))
        digests.append(content.digest)
    assert digests[0] == digests[1]
