"""What the tests of the artifact store share: an empty store, and files to put into it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from modelshelf.artifacts import BlobStore, syscalls


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """Return a new artifact store."""
    made = BlobStore(tmp_path / "registry" / "blobs")
    made.prepare()
    return made


@pytest.fixture
def no_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy byte by byte also where the file system could share blocks."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not here")

    monkeypatch.setattr(syscalls, "clone", refuse)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a file of a few bytes."""
    path = tmp_path / "model.pkl"
    path.write_bytes(b"weights\x00\xff")
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file that is large enough for the copying thread."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(os.urandom(3 * 1024 * 1024 + 7))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder artifact with nested files, a duplicate and an empty file."""
    root = tmp_path / "bert"
    (root / "tokenizer" / "extra").mkdir(parents=True)
    (root / "config.json").write_text("{}")
    (root / "weights.bin").write_bytes(os.urandom(5000))
    (root / "tokenizer" / "vocab.txt").write_text("a\nb\n")
    (root / "tokenizer" / "extra" / "copy.json").write_text("{}")
    (root / "tokenizer" / "empty").write_bytes(b"")
    return root
