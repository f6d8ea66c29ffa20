"""The content decides what a file is; its name only gives it away when it lies."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import pytest

from modelshelf.formats import Source, inspect, inspectors
from tests.formats.builders import (
    FIXTURES,
    PMML,
    SAMPLES,
    fixture,
    look,
    rules,
    source,
    tarred,
    torch_legacy,
    torch_zip,
    zipped,
)

FORMATS = {
    "safetensors": fixture("layers.safetensors"),
    "onnx": fixture("graph.onnx"),
    "pickle": fixture("pipeline.4.pkl"),
    "joblib": fixture("forest.zlib.joblib"),
    "torch": torch_zip(),
    "npy": fixture("floats.npy"),
    "npz": fixture("two.npz"),
    "pmml": PMML.encode(),
    "gguf": fixture("tiny.gguf"),
    "keras": fixture("dense.keras"),
    "archive": zipped({"a": b"b"}),
    "unknown": b"plain text\n",
}
EXTENSIONS = {
    "safetensors": ".safetensors",
    "onnx": ".onnx",
    "pickle": ".pkl",
    "joblib": ".joblib",
    "torch": ".pt",
    "npy": ".npy",
    "npz": ".npz",
    "pmml": ".pmml",
    "gguf": ".gguf",
    "keras": ".keras",
    "archive": ".zip",
    "unknown": ".txt",
}
# A pickle may be called by the name of any of these, and a zip is a zip.
ALLIED = ({"pickle", "joblib", "torch"}, {"archive", "torch", "npz", "keras"})


@pytest.mark.parametrize("actual", FORMATS)
@pytest.mark.parametrize("promised", EXTENSIONS)
def test_the_bytes_decide_and_the_name_may_lie(actual: str, promised: str) -> None:
    """Every format under the name of every other one is still recognised."""
    found = look(f"model{EXTENSIONS[promised]}", FORMATS[actual])
    if actual == "unknown":  # text under the name of a model is a broken model
        assert found.format in {"unknown", promised, "pickle"}
        return
    assert found.format in ({actual, "joblib"} if actual == "pickle" else {actual})
    allied = any({actual, promised} <= group for group in ALLIED)
    assert bool(found.mismatch) == (actual != promised) or allied


def test_the_sentence_names_both_sides() -> None:
    """It says what the name promises and what the bytes are."""
    found = look("model.onnx", pickle.dumps([1]))
    assert found.mismatch == "Named .onnx, but the bytes are a pickle."
    assert look("model.onnx", gzip.compress(b"x" * 500)).mismatch.endswith("an archive.")


def test_older_and_wrapped_formats_are_recognised() -> None:
    """The old format of PyTorch, and tars."""
    assert look("x", torch_legacy()).format == "torch"
    assert look("x", tarred({"a": b"b"})).format == "archive"


def test_a_broken_file_keeps_the_format_of_its_name() -> None:
    """Nothing else recognises it, so it is a malformed one of what it claims to be."""
    for extension in (".safetensors", ".onnx", ".npy", ".pmml", ".gguf"):
        found = look(f"model{extension}", bytes(range(40)))
        assert (found.format, found.verdict) == (extension[1:], "dangerous")


@pytest.mark.parametrize(
    ("name", "data", "verdict", "rule"),
    [
        ("notes.md", b"# Notes \xe2\x80\x94 about it", "clean", None),
        ("labels.txt", "größe\n".encode() * 20_000, "clean", None),
        ("data.bin", bytes(range(256)), "warning", "unknown.format"),
        ("nothing", b"", "clean", "unknown.empty"),
        ("train.py", b"import os\n", "warning", "unknown.code"),
        ("run", b"#!/bin/sh\n", "warning", "unknown.code"),
        ("lib.so.1", b"\x7fELF" + bytes(60), "warning", "unknown.code"),
        ("half.txt", b"x" * 65_535 + "é".encode(), "clean", None),
        ("esc.bin", b"a\x00b", "warning", "unknown.format"),
    ],
)
def test_what_nothing_recognises(name: str, data: bytes, verdict: str, rule: str | None) -> None:
    """Text passes; programs and unknown bytes are pointed out."""
    found = look(name, data)
    assert (found.format, found.verdict) == ("unknown", verdict)
    assert rules(found) == ({rule} if rule else set())


def test_texts_from_inside_are_cut_and_can_be_stored() -> None:
    """Half characters become escapes, and nothing is longer than 2,000 characters."""
    long = "x" * 5_000
    found = look("m.pkl", pickle.dumps({"_sklearn_version": "\ud800" + long[:900]}))
    assert all(value.encode() for value in found.metadata.values())
    text = PMML.replace('modelName="risk"', f'modelName="{long}"')
    assert len(look("m.pmml", text.encode()).metadata["model_names"]) == 2_000


def test_countless_findings_are_cut_with_the_worst_first() -> None:
    """Two hundred are listed, and the dangerous ones are among them."""
    names = b"".join(b"cm%d\nf\n0" % n for n in range(500))
    found = look("m.pkl", names + b"cos\nsystem\n0N.")
    assert len(found.findings) == 201
    assert found.findings[0].detail == "os.system"
    assert found.findings[-1].rule == "inspection.more"


def test_every_inspector_has_its_own_place() -> None:
    """Names are single words, and files and folders are told apart."""
    for inspector in inspectors():
        assert inspector.name.isidentifier()
        assert inspector.kind in {"file", "folder"}


SAMPLE_FILES = sorted(
    path
    for extension in ("onnx", "pmml", "safetensors", "pkl", "joblib")
    for path in SAMPLES.rglob(f"*.{extension}")
)


@pytest.mark.parametrize("path", SAMPLE_FILES, ids=lambda path: "/".join(path.parts[-4:]))
def test_the_sample_models_are_recognised(path: Path) -> None:
    """Each model of the demo registry is what its name says, and nothing in it is suspicious."""
    found = inspect(Source.from_path(path))
    assert found.mismatch == ""
    assert rules(found) <= {"pickle.can_execute"}
    assert found.verdict == ("warning" if path.suffix in {".pkl", ".joblib"} else "clean")
    assert found.framework or path.suffix == ".pkl"


def test_there_are_sample_models_and_fixtures() -> None:
    """The tests above have something to look at."""
    assert len(SAMPLE_FILES) >= 15
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()) < 200_000
    assert source("x", b"").size == 0
