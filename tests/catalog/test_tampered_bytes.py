"""Whatever another tool does to the stored bytes, verifying names the blob and who needs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.domain.errors import Corrupt, ModelshelfError
from modelshelf.registry import Registry
from tests.catalog.by_hand import named

VERSIONS = ("risk/churn:v1", "text/encoder-small:v1")


def blob(shelf: Registry, reference: str, name: str = "model.safetensors") -> tuple[Path, str]:
    """Return the path and digest of a version's stored file, made writable."""
    (digest,) = [f.digest for f in shelf.versions.detail(reference).files if f.path == name]
    path = shelf._context.blobs.path(digest)
    path.chmod(0o644)
    return path, digest


@pytest.mark.parametrize("reference", VERSIONS)
def test_a_changed_byte_is_named_by_a_deep_look(own_shelf: Registry, reference: str) -> None:
    """One flipped bit of one file is found by reading, and only by reading."""
    path, digest = blob(own_shelf, reference)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert own_shelf.audit.verify().whole
    found = own_shelf.audit.verify(deep=True)
    assert named(found) == {f"blob {digest}"}
    assert reference in found.problems[0].what


@pytest.mark.parametrize("deep", [True, False])
@pytest.mark.parametrize("harm", ["cut", "grown", "gone", "a folder", "a link"])
@pytest.mark.parametrize("reference", VERSIONS)
def test_a_blob_that_is_not_what_it_was_is_named(
    own_shelf: Registry,
    reference: str,
    harm: str,
    deep: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Cut, grown, removed or replaced by something else: found without reading a byte."""
    path, digest = blob(own_shelf, reference)
    data = path.read_bytes()
    if harm == "cut":
        os.truncate(path, len(data) - 1)
    elif harm == "grown":
        path.write_bytes(data + b"\0")
    else:
        path.unlink()
    if harm == "a folder":
        path.mkdir()
    elif harm == "a link":
        path.symlink_to(own_shelf.path / "catalog.db")
    found = own_shelf.audit.verify(deep=deep)
    assert named(found) == {f"blob {digest}"}
    assert reference in found.problems[0].what


@pytest.mark.parametrize("deep", [True, False])
def test_a_lost_manifest_is_named(own_shelf: Registry, deep: bool) -> None:  # noqa: FBT001
    """The list of a folder's files is a blob like the others."""
    digest = own_shelf.versions.get("text/encoder-small:v1").digest
    own_shelf._context.blobs.path(digest).unlink()
    assert named(own_shelf.audit.verify(deep=deep)) == {f"blob {digest}"}


def test_damaged_bytes_are_not_handed_out_and_take_over_nothing(own_shelf: Registry) -> None:
    """A checkout and a rollback verify the bytes they are about; the stage stays where it is."""
    own_shelf.promotions.promote("risk/churn:2", "production", reason="again")
    path, _digest = blob(own_shelf, "risk/churn:v1")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    target = own_shelf.path.parent / "out.safetensors"
    with pytest.raises(Corrupt):
        own_shelf.versions.checkout("risk/churn:1", target)
    assert not target.exists()
    head = own_shelf.audit.head()
    with pytest.raises(Corrupt):
        own_shelf.promotions.rollback("risk/churn", "production", reason="errors up")
    assert own_shelf.audit.head() == head
    with pytest.raises(ModelshelfError):
        own_shelf.upkeep.backup(own_shelf.path.parent / "backup")
