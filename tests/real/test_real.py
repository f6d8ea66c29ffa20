"""Real files: what we say of each, against what its own framework reads out of it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

import pytest

from modelshelf import formats
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.formats import Source, SourceFile
from modelshelf.formats.interface import Extent, Placed
from modelshelf.formats.worker.questions import answer_here
from tests.real.conftest import StatedOf
from tests.real.families import FAMILIES
from tests.real.stated import Spec, Stated, Weight

FILES = [(family, file) for family, each in FAMILIES.items() for file in each.files]

# Their files say how long they are, or how they end; of the others a part may look whole.
TELL_THEIR_END = {
    "fasttext", "gguf", "hdf5", "keras", "keras-h5", "lightgbm", "npz", "pt2", "safetensors",
    "skops", "torchscript",
}  # fmt: skip

TEXTS = {"MLmodel", "README.md"}


@pytest.fixture(scope="session", params=FILES, ids="-".join)
def stated(request: pytest.FixtureRequest, stated_of: StatedOf) -> Stated:
    """Return what its framework says of each real file."""
    return stated_of(*request.param)


@pytest.fixture(scope="session")
def source(stated: Stated) -> Source:
    """Return the real file itself."""
    return Source.from_path(stated.path)


def found_in(source: Source) -> Inspection:
    """Look, in this process."""
    found: Inspection = answer_here("inspect", source)
    return found


def placed_in(source: Source) -> tuple[Placed, ...]:
    """Return where the tensors lie."""
    found: tuple[Placed, ...] = answer_here("tensors", source)
    return found


def measured(source: Source) -> Extent:
    """Return how long a file should be by its own account."""
    found: Extent = answer_here("measure", source)
    return found


def test_it_is_described_as_its_framework_does(stated: Stated, source: Source) -> None:
    """Format, framework, version, architecture, counts and text are those that it reads."""
    found = found_in(source)
    assert {key: getattr(found, key) for key in stated.says} == stated.says
    assert {key: found.metadata.get(key) for key in stated.metadata} == stated.metadata
    assert found.mismatch == ""


def test_what_goes_in_and_out(stated: Stated, source: Source) -> None:
    """Inputs and outputs have the names, types and shapes that the framework declares."""
    found = found_in(source)
    assert stated.inputs in {None, as_said(found.inputs, stated.inputs or ())}
    assert stated.outputs in {None, as_said(found.outputs, stated.outputs or ())}


def test_tensors_lie_where_we_say(stated: Stated, source: Source) -> None:
    """Names, types and shapes are the framework's, and so are the bytes at each place."""
    found = [weighed(each, source) for each in placed_in(source)]
    assert stated.weights is None or sorted(found) == sorted(stated.weights)
    assert set(stated.holds) <= {digest for _, _, _, digest in found}


def test_it_is_accepted_and_whole(stated: Stated, source: Source) -> None:
    """An honest file is neither refused nor put into quarantine, and its end is where it should."""
    found = found_in(source)
    assert found.verdict == stated.says.get("verdict", "clean"), found.findings
    assert measured(source).whole is not False
    if found.format in TELL_THEIR_END and source.kind == "file":
        assert measured(source).whole is True


def test_a_part_of_it_is_not_taken(source: Source) -> None:
    """With a tenth of its largest file missing it is unfinished or refused."""
    part = without_end(source)
    refused = found_in(part).verdict in {"dangerous", "incomplete"}
    assert refused or measured(part).whole is False


def test_a_child_process_says_the_same(source: Source) -> None:
    """Looking in the child process with limits gives the same answers as looking here."""
    found = formats.inspect(source)
    # A second scanner is asked only there, and signs what it has seen.
    assert replace(found, scanner="") == replace(found_in(source), scanner="")
    assert formats.tensors(source) == placed_in(source)
    assert formats.is_whole(source) == measured(source).whole


def as_said(specs: tuple[TensorSpec, ...], said: tuple[Spec, ...]) -> tuple[Any, ...]:
    """Return ours to compare; what the framework does not say of a type is not compared."""
    names = [dtype for _, dtype, _ in said] + [""] * len(specs)
    return tuple(
        (each.name, each.dtype if dtype else "", each.shape)
        for each, dtype in zip(specs, names, strict=False)
    )


def weighed(placed: Placed, source: Source) -> Weight:
    """Return a tensor with the digest of the bytes at its place."""
    file = source.file(placed.file)
    assert file is not None
    if placed.start < 0:
        return placed.name, placed.dtype, placed.shape, ""
    with file.open() as opened:
        opened.seek(placed.start)
        digest = hashlib.sha256(opened.read(placed.length)).hexdigest()
    return placed.name, placed.dtype, placed.shape, digest


def without_end(source: Source) -> Source:
    """Return the same with its largest file cut short; a part of a text is a text."""
    largest = max(source.files, key=lambda file: 0 if file.path in TEXTS else file.size)
    with largest.open() as opened:
        data = opened.read(largest.size * 9 // 10)
    part = SourceFile(largest.path, len(data), lambda: io.BytesIO(data))
    return replace(source, files=tuple(part if f is largest else f for f in source.files))
