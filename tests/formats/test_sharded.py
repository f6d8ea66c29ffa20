"""Weights in several files: the index, its parts, and which of several files are the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from modelshelf.formats import Source, inspect
from modelshelf.formats.shards import main_weights, one_set, other_parts
from tests.formats.builders import details, folder, look, rules, safetensors, source, tensor
from tests.formats.weighing import missing_of, needs_of, placed, raw

INDEX = "model.safetensors.index.json"
ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def index(places: object, **metadata: object) -> bytes:
    """Return an index."""
    return json.dumps({"metadata": metadata, "weight_map": places}).encode()


def part(name: str, data: bytes) -> bytes:
    """Return a safetensors file with one tensor of bytes."""
    return safetensors({name: tensor(0, len(data), [len(data)], "U8")}, data)


def sharded(changes: Mapping[str, bytes] | None = None) -> Source:
    """Return a folder of an index and its two parts."""
    files = {INDEX: index({"a": ONE, "b": TWO}, total_size=7)}
    files |= {ONE: part("a", b"AAA"), TWO: part("b", b"BBBB")}
    return folder("f", files | dict(changes or {}))


def test_an_index_and_its_parts_are_one_model() -> None:
    """Counted together, with plain names, and nothing is missing."""
    given = sharded()
    found = inspect(given)
    assert (found.format, found.tensors, found.parameters) == ("safetensors", 2, 7)
    assert (found.verdict, found.mismatch) == ("clean", "")
    places = placed(given)
    assert {name: raw(given, each) for name, each in places.items()} == {"a": b"AAA", "b": b"BBBB"}
    assert needs_of(given) == (ONE, TWO)
    assert missing_of(given) == ()


def test_a_missing_part_is_named() -> None:
    """By the finding, and to who asks what to wait for."""
    files = {INDEX: index({"a": f"w/{ONE}", "b": "./other.bin"})}
    given = folder("f", {f"deep/{name}": data for name, data in files.items()})
    wanted = (f"deep/w/{ONE}", "deep/other.bin")
    assert missing_of(given) == tuple(sorted(wanted))
    found = inspect(given)
    assert (found.verdict, rules(found)) == ("warning", {"folder.missing"})
    assert details(found, "folder.missing") == [f"2 missing: deep/other.bin, deep/w/{ONE}"]


def test_a_tensor_that_is_promised_and_absent_is_named() -> None:
    """Its file is there and does not hold it; others it holds are only noted."""
    given = sharded({INDEX: index({"a": ONE, "ghost": ONE})})
    found = inspect(given)
    assert found.verdict == "warning"
    (detail,) = details(found, "index.tensor_missing")
    assert detail == "1 tensors are promised and not there: ghost"
    given = sharded({INDEX: index({"a": ONE}), ONE: part("a", b"A")})
    assert rules(inspect(given)) == set()
    given = sharded({INDEX: index({"b": TWO, "c": ONE}), ONE: part("c", b"A"), TWO: part("b", b"")})
    assert rules(inspect(given)) == set()


def test_an_index_alone_is_an_index() -> None:
    """What it says of itself, and what belongs to it."""
    data = index({"a": ONE, "b": TWO, "c": TWO}, total_size=12, total_parameters=3)
    found = look(INDEX, data)
    assert (found.format, found.tensors, found.verdict, found.mismatch) == ("index", 3, "clean", "")
    assert found.metadata == {"total_size": "12", "total_parameters": "3", "files": "2"}
    assert needs_of(source(INDEX, data)) == (ONE, TWO)


@pytest.mark.parametrize(
    "name", ["../x.bin", "/etc/passwd", "a/../../x", "C:x", "a\\b", "", "x\0y"]
)
def test_a_part_outside_is_dangerous_and_never_asked_for(name: str) -> None:
    """A loader that joins paths would read it."""
    data = index({"a": name})
    assert rules(look(INDEX, data)) == {"index.path"}
    assert look(INDEX, data).verdict == "dangerous"
    assert needs_of(source(INDEX, data)) == ()
    assert "index.path" in rules(inspect(folder("f", {INDEX: data})))


BROKEN = {
    "no object": index([]),
    "numbers": index({"a": 1}),
    "cut": index({"a": ONE})[:-3],
    "a key twice": b'{"weight_map": {}, "weight_map": {}}',
    "deep": b'{"weight_map":' + b"[" * 100_000,
    "not UTF-8": b'{"weight_map": {"\xff": "a"}}',
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_index_is_dangerous(case: str) -> None:
    """It needs nothing, and the parts beside it are looked into all the same."""
    found = look(INDEX, BROKEN[case])
    assert (found.format, rules(found)) == ("index", {"index.malformed"})
    assert needs_of(source(INDEX, BROKEN[case])) == ()
    inside = inspect(sharded({INDEX: BROKEN[case]}))
    assert (inside.verdict, inside.tensors) == ("dangerous", 2)


def test_a_broken_part_is_no_trouble_of_the_index() -> None:
    """Its own inspection says what is wrong with it."""
    found = inspect(sharded({ONE: b"\x01" * 30}))
    assert "index.malformed" not in rules(found)
    assert "safetensors.malformed" in rules(found)


def test_names_of_parts() -> None:
    """The number has five digits, and every other part has the same name around it."""
    assert other_parts("a-00002-of-00002.gguf", 10) == ("a-00001-of-00002.gguf",)
    assert other_parts("a-2-of-2.gguf", 10) == ()
    assert other_parts("a-00001-of-00011.gguf", 10) == ()
    assert one_set(["d/a-00001-of-00002.x", "d/a-00002-of-00002.x"])
    assert one_set(["a.x"])
    assert not one_set(["a.x", "b.x"])
    assert not one_set([])


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["model.safetensors", "model.fp16.safetensors"], ["model.safetensors"]),
        (["model.safetensors", ONE, TWO], ["model.safetensors"]),
        ([ONE, TWO, "consolidated.safetensors"], [ONE, TWO]),
        (
            ["a.safetensors", "a.fp16.safetensors", "b.safetensors"],
            ["a.safetensors", "b.safetensors"],
        ),
        (["unet/model.safetensors", "vae/model.safetensors"], None),
        (["pytorch_model.bin", "training_args.bin"], ["pytorch_model.bin"]),
        (["q4.gguf", "q8.gguf"], ["q8.gguf"]),
        ([], []),
    ],
)
def test_the_same_weights_are_taken_once(names: list[str], chosen: list[str] | None) -> None:
    """Of precisions and copies the one that libraries load first."""
    kinds = {"safetensors": "safetensors", "bin": "torch", "gguf": "gguf"}
    formats = {name: kinds[name.rpartition(".")[2]] for name in names}
    sizes = {name: number for number, name in enumerate(names)}
    expected = names if chosen is None else chosen
    assert sorted(main_weights(formats, sizes)) == sorted(expected)


def test_safetensors_are_taken_rather_than_pickles() -> None:
    """As the libraries do."""
    formats = {"model.safetensors": "safetensors", "pytorch_model.bin": "torch", "m.onnx": "onnx"}
    assert main_weights(formats, dict.fromkeys(formats, 1)) == ("model.safetensors",)
