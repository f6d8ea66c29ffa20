"""Where the tensors of a file lie and what is there, for tests of the inspectors."""

from __future__ import annotations

from hashlib import sha256

from modelshelf.formats import Source, inspectors
from modelshelf.formats.interface import Placed, Weighing
from modelshelf.formats.looking import choose
from tests.formats.builders import source


def tensors_of(given: Source) -> list[Placed]:
    """Return the tensors of a source."""
    inspector = choose(given, inspectors())
    assert isinstance(inspector, Weighing)
    return list(inspector.tensors(given))


def placed(name: str, data: bytes) -> list[Placed]:
    """Return the tensors of a file."""
    return tensors_of(source(name, data))


def digests(name: str, data: bytes) -> dict[str, str]:
    """Return the SHA-256 of each tensor that has a place."""
    return digests_of(source(name, data))


def digests_of(given: Source) -> dict[str, str]:
    """Return the SHA-256 of each tensor that has a place, in the files of a source."""
    files = {file.path: file for file in (*given.files, *given.siblings)}
    found: dict[str, str] = {}
    for tensor in tensors_of(given):
        if tensor.start >= 0:
            with files[tensor.file].open() as opened:
                opened.seek(tensor.start)
                data = opened.read(tensor.length)
            assert len(data) == tensor.length
            found[tensor.name] = sha256(data).hexdigest()
    return found
