"""A copy that was cut short is told from a whole one, where the format says how long it is."""

from __future__ import annotations

import pytest

from modelshelf.formats import expected_size, is_whole
from tests.formats.builders import fixture, folder, safetensors, source, tensor, torch_zip, zipped

MEASURED = {
    "layers.safetensors": fixture("layers.safetensors"),
    "floats.npy": fixture("floats.npy"),
    "tiny.gguf": fixture("tiny.gguf"),
}
ZIPPED = {
    "two.npz": fixture("two.npz"),
    "model.pt": torch_zip(),
    "dense.keras": fixture("dense.keras"),
    "a.zip": zipped({"a": b"b"}),
}


@pytest.mark.parametrize("name", MEASURED)
def test_a_header_promises_a_length(name: str) -> None:
    """The whole file has it, a cut one does not."""
    data = MEASURED[name]
    expected = expected_size(source(name, data))
    assert expected is not None
    assert expected <= len(data)
    assert is_whole(source(name, data)) is True
    cut = source(name, data[: expected - 1])
    assert (expected_size(cut), is_whole(cut)) == (expected, False)


@pytest.mark.parametrize("name", ZIPPED)
def test_a_zip_ends_with_its_directory(name: str) -> None:
    """How long it should be is not known before the end is there."""
    data = ZIPPED[name]
    assert (expected_size(source(name, data)), is_whole(source(name, data))) == (None, True)
    assert is_whole(source(name, data[:-30])) is False
    assert is_whole(source(name, data + b"x")) is None


def test_a_file_cut_inside_its_header_has_a_lower_bound() -> None:
    """Of safetensors the length of the header comes first."""
    data = safetensors({"a": tensor(0, 4, [1])}, bytes(4))
    cut = source("m.safetensors", data[:20])
    assert (expected_size(cut), is_whole(cut)) == (len(data) - 4, False)
    assert is_whole(source("m.safetensors", data[:4])) is False


def test_a_cut_onnx_file_shows_in_its_last_field() -> None:
    """Its length is nowhere written, but a field that is too long is seen."""
    data = fixture("graph.onnx")
    assert (expected_size(source("m.onnx", data)), is_whole(source("m.onnx", data))) == (None, None)
    assert is_whole(source("m.onnx", data[:300])) is False


def test_a_file_that_is_not_what_its_name_says_is_not_called_cut() -> None:
    """Waiting for the rest of it would be in vain."""
    for name in ("m.onnx", "m.npy", "m.gguf", "m.safetensors", "m.zip", "m.pt"):
        assert is_whole(source(name, b"These are only words, of which there are enough.")) is None


def test_a_header_that_is_cut_is_noticed() -> None:
    """Also where the length is not yet known."""
    assert is_whole(source("tiny.gguf", fixture("tiny.gguf")[:100])) is False
    assert is_whole(source("floats.npy", fixture("floats.npy")[:40])) is False


def test_other_files_and_folders_do_not_say() -> None:
    """Nothing is claimed about what cannot be known."""
    for name, data in {
        "m.pkl": fixture("pipeline.4.pkl"),
        "m.pmml": b"<PMML/>",
        "objects.npy": fixture("objects.npy"),
        "broken.gguf": b"GGUF\x09\x00\x00\x00",
        "x": b"",
    }.items():
        assert (expected_size(source(name, data)), is_whole(source(name, data))) == (None, None)
    assert expected_size(folder("f", {"a": b"b"})) is None


def test_an_index_ends_with_its_brace() -> None:
    """How long it should be is not written, but a cut one lacks it."""
    data = b'{"metadata": {}, "weight_map": {"a": "m-00001-of-00001.safetensors"}}\n'
    name = "model.safetensors.index.json"
    assert (expected_size(source(name, data)), is_whole(source(name, data))) == (None, None)
    assert is_whole(source(name, data[:-5])) is False
