"""What is looked into can lie on disk or anywhere that gives out files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.formats import Source, inspect
from tests.formats.builders import FIXTURES, fixture, folder, rules, source


def test_a_file_on_disk_is_one_file() -> None:
    """A path to a file gives its name, its size and its bytes."""
    found = Source.from_path(FIXTURES / "floats.npy")
    assert (found.kind, found.name, found.size) == ("file", "floats.npy", 176)
    assert found.head(6) == b"\x93NUMPY"


def test_a_folder_on_disk_lists_its_files_sorted(tmp_path: Path) -> None:
    """Files of inner folders have relative paths with slashes."""
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "x.txt").write_text("x")
    (tmp_path / "a.txt").write_text("a")
    found = Source.from_path(tmp_path)
    assert [file.path for file in found.files] == ["a.txt", "b/c/x.txt"]
    assert found.size == 2


def test_links_and_pipes_in_a_folder_are_named_and_not_followed(tmp_path: Path) -> None:
    """What is no regular file is left out and pointed out."""
    (tmp_path / "real.txt").write_text("real")
    (tmp_path / "link.txt").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    found = Source.from_path(tmp_path)
    assert [file.path for file in found.files] == ["real.txt"]
    assert found.irregular == ("folder", "link.txt", "pipe")
    assert "folder.irregular" in rules(inspect(found))


def test_nothing_and_pipes_are_refused_with_an_error_of_ours(tmp_path: Path) -> None:
    """A path to nothing is not found; a path to a pipe is invalid and is not opened."""
    with pytest.raises(NotFound):
        Source.from_path(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Invalid):
        Source.from_path(tmp_path / "pipe")


def test_stored_blobs_and_files_on_disk_look_the_same() -> None:
    """The same bytes give the same inspection however they are opened."""
    name = "pipeline.4.pkl"
    on_disk = inspect(Source.from_path(FIXTURES / name))
    assert on_disk == inspect(source(name, fixture(name)))


def test_a_member_of_a_folder_knows_its_siblings() -> None:
    """A file of a folder is a source of its own, which still sees the other files."""
    whole = folder("f", {"b": b"2", "a": b"1"})
    member = whole.member(whole.files[1])
    assert (member.name, member.kind, len(member.siblings)) == ("b", "file", 2)


def test_a_file_that_cannot_be_read_is_incomplete(tmp_path: Path) -> None:
    """An error of the disk is a finding and no traceback."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x09")
    found = Source.from_path(path)
    path.unlink()
    inspection = inspect(found)
    assert inspection.verdict == "incomplete"
    assert rules(inspection) == {"unknown.unreadable"}
