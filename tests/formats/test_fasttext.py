"""fastText: settings, labels and matrices are read, and its whole length is known."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.families.fasttext import FastText
from modelshelf.formats.interface import Placed
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import gathered
from tests.formats.builders import rules, source
from tests.formats.hostile import damaged, survives, survives_every_cut

START = struct.pack("<ii", 793_712_314, 12)


def args(dim: int = 2, loss: int = 3, kind: int = 3) -> bytes:
    """Return the settings of a training."""
    return struct.pack("<12id", dim, 5, 25, 1, 5, 2, loss, kind, 10, 2, 4, 100, 1e-4)


def words(*entries: tuple[str, int], size: int | None = None) -> bytes:
    """Return a dictionary; entries of kind 1 are labels."""
    labels = sum(kind for _, kind in entries)
    count = len(entries) if size is None else size
    header = struct.pack("<iiiqq", count, count - labels, labels, 99, -1)
    return header + b"".join(
        word.encode() + b"\0" + struct.pack("<qb", 3, kind) for word, kind in entries
    )


def matrix(rows: int, columns: int) -> bytes:
    """Return a plain matrix of zeros."""
    return struct.pack("<qq", rows, columns) + bytes(4 * rows * columns)


def quantized(rows: int, columns: int, *, norm: bool) -> bytes:
    """Return a quantised matrix of zeros: codes and centroids, and for the norms the same."""
    quantizer = struct.pack("<4i", columns, 1, 2, 2) + bytes(4 * 256 * columns)
    codes = struct.pack("<qqi", rows, columns, rows) + bytes(rows)
    norms = bytes(rows) + struct.pack("<4i", 1, 1, 1, 1) + bytes(4 * 256) if norm else b""
    return bytes([norm]) + codes + quantizer + norms


DICTIONARY = words(("hello", 0), ("world", 0), ("__label__a", 1), ("__label__b", 1))
WHOLE = START + args() + DICTIONARY + b"\0" + matrix(12, 2) + b"\0" + matrix(2, 2)
SMALL = START + args() + DICTIONARY + b"\1" + quantized(12, 2, norm=True) + b"\0" + matrix(2, 2)


@pytest.mark.parametrize(("name", "data"), [("m.bin", WHOLE), ("m.ftz", SMALL)])
def test_a_model_is_described(name: str, data: bytes) -> None:
    """Plain and quantised."""
    found = survives(name, data)
    assert (found.format, found.verdict, found.mismatch) == ("fasttext", "clean", "")
    assert (found.framework, found.version, found.architecture) == ("fastText", "12", "supervised")
    assert found.quantization == {"m.bin": "", "m.ftz": "product quantization"}[name]
    assert found.inputs == (TensorSpec("text", "string", ()),)
    assert found.outputs[1] == TensorSpec("probabilities", "float32", (2,))
    assert (found.parameters, found.tensors) == (28, 2)
    assert found.metadata["labels"] == "__label__a, __label__b"
    assert (found.metadata["words"], found.metadata["loss"]) == ("2", "softmax")
    assert (found.metadata["dim"], found.metadata["epoch"]) == ("2", "25")


def test_vectors_of_words_have_no_labels() -> None:
    """An unsupervised model gives a vector."""
    data = START + args(kind=1, loss=2) + words(("a", 0)) + b"\0" + matrix(1, 2) + b"\0"
    found = survives("m.bin", data + matrix(1, 2))
    assert found.architecture == "cbow"
    assert found.outputs == (TensorSpec("vector", "float32", (2,)),)
    assert "labels" not in found.metadata


def test_matrices_lie_where_they_are_said_to() -> None:
    """Codes are no elements, so a quantised matrix lies nowhere plainly."""
    assert list(FastText().tensors(source("m.bin", WHOLE))) == [
        Placed("input", "float32", (12, 2), "m.bin", len(WHOLE) - 16 - 17 - 96, 96),
        Placed("output", "float32", (2, 2), "m.bin", len(WHOLE) - 16, 16),
    ]
    assert next(each.start for each in FastText().tensors(source("m.ftz", SMALL))) == -1


@pytest.mark.parametrize("data", [WHOLE, SMALL])
def test_the_end_is_known(data: bytes) -> None:
    """Every part tells its length."""
    extent = measure(source("m.bin", data), gathered(()))
    assert (extent.expected, extent.whole) == (len(data), True)
    assert rules(survives("m.bin", data + b"x")) == {"fasttext.malformed"}
    survives_every_cut("m.bin", data, step=7)


def test_words_are_read_across_pieces() -> None:
    """More of them than are read at once."""
    many = [(f"word{number:06}", 0) for number in range(60_000)] + [("__label__x", 1)]
    data = START + args() + words(*many) + b"\0" + matrix(1, 2) + b"\0" + matrix(1, 2)
    found = survives("m.bin", data)
    assert (found.verdict, found.metadata["words"]) == ("clean", "60000")
    assert found.metadata["labels"] == "__label__x"


HOSTILE = {
    "another version": struct.pack("<ii", 793_712_314, 99) + args(),
    "negative counts": START + args() + words(size=-1),
    "counts that differ": START + args() + struct.pack("<iiiqq", 5, 1, 1, 9, -1),
    "too many words": START + args() + words(size=2**31 - 1),
    "too few words": START + args() + words(("a", 0), size=1_000_000),
    "a word without end": START + args() + words(size=1) + b"a" * 3_000_000,
    "a flag that is none": START + args() + words(("a", 0)) + b"\7",
    "a negative matrix": START + args() + words(("a", 0)) + b"\0" + struct.pack("<qq", -1, 2),
    "a huge matrix": START + args() + words(("a", 0)) + b"\0" + struct.pack("<qq", 2**62, 2**62),
    "negative codes": START + args() + words(("a", 0)) + b"\1\0" + struct.pack("<qqi", 1, 1, -5),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_lies_are_seen(case: str) -> None:
    """Nothing is made room for because a header says so."""
    found = survives("m.bin", HOSTILE[case])
    assert found.format == "fasttext"
    assert rules(found) <= {"fasttext.malformed", "fasttext.limit"}
    assert found.verdict in {"dangerous", "incomplete"}


@settings(max_examples=150, deadline=None)
@given(damaged(WHOLE) | damaged(SMALL))
def test_any_damage_is_looked_at(data: bytes) -> None:
    """Never an exception, whatever the bytes."""
    survives("m.bin", data)


def test_what_fasttext_writes(tmp_path: Path) -> None:
    """Its own answers about the same model, plain and quantised."""
    fasttext = pytest.importorskip("fasttext")
    texts = tmp_path / "t.txt"
    lines = [f"__label__{'ab'[n % 2]} word{n} good{n * 7}" for n in range(800)]
    texts.write_text("\n".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(str(texts), dim=6, minn=2, maxn=3, bucket=300, verbose=0)
    plain, small = tmp_path / "m.bin", tmp_path / "m.ftz"
    model.save_model(str(plain))
    model.quantize(qnorm=True)
    model.save_model(str(small))
    for path in (plain, small):
        loaded = fasttext.load_model(str(path))
        found = survives(path.name, path.read_bytes())
        assert found.verdict == "clean"
        assert found.metadata["labels"].split(", ") == loaded.get_labels()
        assert found.metadata["words"] == str(len(loaded.get_words()))
        assert found.metadata["dim"] == str(loaded.get_dimension())
        assert bool(found.quantization) is loaded.is_quantized()
        if not loaded.is_quantized():
            matrices = (loaded.get_input_matrix(), loaded.get_output_matrix())
            assert found.parameters == sum(each.size for each in matrices)
            (first, _) = FastText().tensors(source(path.name, path.read_bytes()))
            raw = path.read_bytes()[first.start : first.start + first.length]
            assert raw == matrices[0].tobytes()
