"""Files of other people's trees are versions where they lie, and are known by their bytes only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from modelshelf.domain.errors import Corrupt
from modelshelf.registry import Registry, open_registry
from tests.furnished import model_file, model_folder, weights
from tests.registry.drops import Shelf


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Make somebody else's tree with a file and a folder in it."""
    tree = tmp_path / "theirs" / "churn"
    tree.mkdir(parents=True)
    (tree / "m.safetensors").write_bytes(weights(1))
    shutil.copytree(model_folder(tmp_path, 2), tree / "folder")
    return tree


@pytest.fixture
def shelf(tmp_path: Path, theirs: Path) -> Shelf:
    """Make a registry that adopts that tree."""
    rule = f'[[drop_folders]]\npath = "{theirs.parent.as_posix()}"\nkeep = "adopt"\n'
    made = Shelf(tmp_path / "shelf", rule)
    made.inbox = theirs.parent
    return made


def stored(registry: Registry) -> int:
    """Return how many blobs there are in the store."""
    return len(list(registry._context.blobs.digests()))


def test_a_tree_is_registered_where_it_lies(shelf: Shelf, theirs: Path) -> None:
    """Nothing is copied or moved but a folder's manifest, and everything can be used."""
    before = sorted(theirs.rglob("*"))
    assert len(shelf.settle().taken) == 2
    assert sorted(theirs.rglob("*")) == before
    registry = shelf.registry
    assert stored(registry) == 1
    details = [registry.versions.detail(f"churn:v{n}") for n in (1, 2)]
    assert {d.place for d in details} == {str(theirs / "m.safetensors"), str(theirs / "folder")}
    assert registry.audit.verify(deep=True).whole
    assert not shelf.sweep().taken


def test_its_bytes_can_be_checked_out_promoted_and_scanned(shelf: Shelf, tmp_path: Path) -> None:
    """What needs bytes reads them in place, and compares."""
    shelf.settle()
    versions = shelf.registry.versions
    file = next(v for v in versions.list("churn") if v.kind == "file")
    out = versions.checkout(file.reference, tmp_path / "out.safetensors")
    assert out.read_bytes() == weights(1)
    shelf.registry.promotions.promote(file.reference, "staging", reason="r")
    assert shelf.registry.scans.run([file.reference]).scanned == 1


def test_a_changed_file_is_never_handed_out(shelf: Shelf, theirs: Path, tmp_path: Path) -> None:
    """The old version is damaged, says where, and the new bytes are a version of their own."""
    shelf.settle()
    versions = shelf.registry.versions
    file = next(v.reference for v in versions.list("churn") if v.kind == "file")
    (theirs / "m.safetensors").write_bytes(weights(9))
    with pytest.raises(Corrupt, match="adopted in place"):
        versions.checkout(file, tmp_path / "out")
    assert not shelf.registry.audit.verify(deep=True).whole
    assert shelf.settle().taken[0].reference == "churn:v3"


@pytest.mark.parametrize("what", ["m.safetensors", "folder"])
def test_a_move_is_found_again_by_content(
    shelf: Shelf, theirs: Path, tmp_path: Path, what: str
) -> None:
    """After a rename the same version is there again, as an entry of the log, also as of then."""
    shelf.settle()
    moved = theirs / "deeper" / f"new-{what}"
    moved.parent.mkdir()
    (theirs / what).rename(moved)
    registry = shelf.registry
    assert not registry.audit.verify().whole
    found = shelf.settle().same[0]
    assert registry.versions.detail(found.reference).place == str(moved)
    (entry,) = registry.audit.entries(limit=1)
    assert entry.event == "content.relocated"
    assert registry.at(entry.seq - 1).versions.detail(found.reference).place == str(theirs / what)
    assert registry.audit.verify(deep=True).whole
    assert registry.versions.checkout(found.reference, tmp_path / "out").exists()


def test_a_second_place_changes_nothing(shelf: Shelf, theirs: Path) -> None:
    """A copy beside the original is the same version, which stays where it is."""
    shelf.settle()
    shutil.copy(theirs / "m.safetensors", theirs / "copy.safetensors")
    found = shelf.settle().same[0]
    assert shelf.registry.versions.detail(found.reference).place == str(theirs / "m.safetensors")


def test_collecting_never_touches_what_is_in_place(shelf: Shelf, theirs: Path) -> None:
    """Bytes of a yanked version are given up in the catalog, and the owner keeps the file."""
    shelf.settle()
    versions, upkeep = shelf.registry.versions, shelf.registry.upkeep
    file = next(v.reference for v in versions.list("churn") if v.kind == "file")
    versions.yank(file, reason="r")
    assert upkeep.gc(upkeep.gc_plan(0)).versions == (file,)
    assert (theirs / "m.safetensors").read_bytes() == weights(1)
    assert "freed" in shelf.registry.scans.run([file]).unreadable[0]


def test_a_backup_has_the_bytes(shelf: Shelf, theirs: Path, tmp_path: Path) -> None:
    """A copy of the registry is whole without the tree it adopted from."""
    shelf.settle()
    shelf.registry.upkeep.backup(tmp_path / "copy")
    shutil.rmtree(theirs)
    with open_registry(tmp_path / "copy", actor="ana") as copy:
        assert copy.audit.verify(deep=True).whole


def test_a_registry_moves_with_what_lies_inside_it(tmp_path: Path) -> None:
    """A place inside the registry is kept relative to it."""
    shelf = Shelf(tmp_path / "shelf", '[[drop_folders]]\npath = "inbox"\nkeep = "adopt"\n')
    shelf.drop("churn/m.safetensors")
    shelf.settle()
    shelf.registry.close()
    shelf.root.rename(tmp_path / "elsewhere")
    with open_registry(tmp_path / "elsewhere", actor="ana") as opened:
        assert opened.versions.detail("churn:v1").place == "inbox/churn/m.safetensors"
        assert opened.audit.verify(deep=True).whole


def test_somebody_may_register_in_place(registry: Registry, tmp_path: Path) -> None:
    """The same is there for scripts."""
    file = model_file(tmp_path, 3)
    made = registry.versions.register("m", file, in_place=True).version
    assert stored(registry) == 0
    assert registry.versions.detail(made.reference).place == str(file)
    assert registry.versions.detail(made.reference).inspection.format == "safetensors"
