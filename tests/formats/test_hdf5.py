"""HDF5: the tree is walked in its old and its new way, and what leaves the file is named."""

from __future__ import annotations

import json
import pickle
import struct

import pytest

from modelshelf.domain.inspection import Inspection
from modelshelf.formats.looking import measure
from modelshelf.formats.registry import inspectors
from tests.formats.builders import details, fixture, rules, source, zipped
from tests.formats.committed import look_here, survived
from tests.formats.hdf5_bytes import (
    behind,
    contiguous,
    dataset,
    hard,
    hdf5,
    header,
    message,
    text,
    typed,
)
from tests.formats.weighing import placed, raw

FLOATS = struct.pack("<12f", *range(12))
UNTYPED = 200


def look(name: str, data: bytes) -> Inspection:
    """Look into bytes in this very process."""
    return look_here(source(name, data))


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_every_way_of_keeping_things_is_read(version: str) -> None:
    """Groups, attributes and datasets as the oldest and the newest library write them."""
    found = look("m.h5", fixture(f"{version}.h5"))
    assert (found.format, found.verdict, found.findings) == ("hdf5", "clean", ())
    assert found.metadata["text"] == "à la carte"
    assert (found.metadata["number"], found.metadata["names"]) == ("1.5", "a, bc")
    assert found.metadata["filters"] == "gzip, shuffle"
    assert (found.tensors, found.parameters) == (6, 12 + 12 + 1 + 2 + 12 + 4)


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("user_block", [0, 512, 2048])
def test_tensors_are_placed_where_they_lie(version: str, user_block: int) -> None:
    """Only plain ones have a place; other bytes in front of the file move it."""
    given = source("m.h5", bytes(user_block) + fixture(f"{version}.h5"))
    found = placed(given)
    name = "again" if "again" in found else "floats"
    assert raw(given, found[name]) == FLOATS
    assert (found[name].dtype, found[name].shape) == ("float32", (3, 4))
    assert (found["complex"].dtype, found["flags"].dtype) == ("complex64", "bool")
    for scattered in ("packed", "big", "late"):
        assert found[scattered].start == -1


@pytest.mark.parametrize(
    ("name", "rule"),
    [("link", "external_link"), ("raw", "external_data"), ("virtual", "virtual")],
)
def test_what_leaves_the_file_is_dangerous(name: str, rule: str) -> None:
    """Links, elements and virtual datasets in other files."""
    found = look("m.h5", fixture(f"{name}.h5"))
    assert (found.verdict, rules(found)) == ("dangerous", {f"hdf5.{rule}"})


def test_a_network_of_keras_is_described() -> None:
    """Version, shape and number of weights, without the state of its training."""
    found = look("m.h5", fixture("dense.h5"))
    assert (found.format, found.framework) == ("keras-h5", "Keras 3.15.1")
    assert (found.architecture, found.version) == ("Sequential", "HDF5 superblock 0")
    assert [(spec.name, spec.shape) for spec in found.inputs] == [("input_layer", (None, 4))]
    assert (found.parameters, found.tensors, found.verdict) == (19, 4, "clean")
    assert found.metadata["output_layers"] == "out"


def test_weights_of_keras_alone_are_known() -> None:
    """A file of weights has no configuration, but its variables are named as Keras does."""
    found = look("m.weights.h5", fixture("dense.weights.h5"))
    assert (found.format, found.parameters, found.tensors) == ("keras-h5", 19, 4)


def test_a_lambda_layer_is_dangerous() -> None:
    """Loading this format ignores safe_mode."""
    data = fixture("dense.h5").replace(b'"class_name": "Dense"', b'"class_name":"Lambda"')
    found = look("m.h5", data)
    assert (found.verdict, rules(found)) == ("dangerous", {"keras.code"})


def test_a_class_of_others_is_a_warning() -> None:
    """Older files name no module, so the name has to be one that Keras has."""
    found = look("m.h5", fixture("dense.h5").replace(b'"Dense"', b'"Dence"'))
    assert (found.verdict, found.needs_code) == ("warning", ("Dence",))


def test_a_broken_configuration_is_malformed() -> None:
    """JSON that says two things."""
    data = fixture("dense.h5").replace(b'"trainable"', b'"name"     ', 1)
    assert rules(look("m.h5", data)) == {"hdf5.malformed"}


@pytest.mark.parametrize("name", ["earliest.h5", "latest.h5", "raw.h5"])
def test_a_cut_file_is_noticed(name: str) -> None:
    """The superblock states the end."""
    data = fixture(name)
    whole = measure(source("m.h5", data), inspectors())
    cut = measure(source("m.h5", data[:-1]), inspectors())
    assert (whole.expected, whole.whole) == (len(data), True)
    assert (cut.expected, cut.whole) == (len(data), False)
    assert look("m.h5", data[:-1]).verdict == "dangerous"


@pytest.mark.parametrize("name", ["link.h5", "raw.h5"])
def test_any_cut_is_survived(name: str) -> None:
    """At every length something is said, and never that all is well."""
    data = fixture(name)
    for length in range(1, len(data)):
        found = look("m.h5", data[:length])
        assert survived(found)
        assert found.verdict == "dangerous" or found.format == "unknown"


def test_a_tree_that_bites_its_tail_ends() -> None:
    """Hard links may form a ring; every object is visited once."""
    found = look("m.h5", hdf5([hard("me", 48)]))
    assert (found.format, found.verdict) == ("hdf5", "clean")


def test_a_dataset_is_seen_once() -> None:
    """Two names of one dataset are one tensor."""
    links = [hard("a", 0), hard("b", 0)]
    at = behind(links)
    body = dataset(contiguous(48, 8))
    found = look("m.h5", hdf5([hard("a", at), hard("b", at)], body))
    assert (found.tensors, found.parameters) == (1, 2)


def test_a_header_that_goes_on_in_itself_is_malformed() -> None:
    """A continuation that leads back."""
    again = message(16, struct.pack("<QQ", 54, 30))
    assert rules(look("m.h5", hdf5([again]))) == {"hdf5.malformed"}


def test_elements_outside_the_file_are_malformed() -> None:
    """A dataset of 8 exabytes."""
    at = behind([hard("d", 0)])
    for layout, shape in ((contiguous(48, 8), (1 << 60,)), (contiguous(1 << 62, 8), (2,))):
        found = look("m.h5", hdf5([hard("d", at)], dataset(layout, shape)))
        assert rules(found) == {"hdf5.malformed"}


def test_packed_elements_may_be_more_than_the_file() -> None:
    """Chunks that are packed, or not written yet, take less room than their elements."""
    at = behind([hard("d", 0)])
    found = look("m.h5", hdf5([hard("d", at)], dataset(b"\x03\x02", (1 << 40,))))
    assert (found.verdict, found.parameters) == ("clean", 1 << 40)


def test_endless_depth_is_a_limit() -> None:
    """Groups in groups in groups: what was seen so far still counts."""
    at = behind([hard("g", 0), text("t", b"x")])
    step = len(header([hard("g", 0)]))
    groups = b"".join(header([hard("g", at + (n + 1) * step)]) for n in range(300))
    found = look("m.h5", hdf5([hard("g", at), text("t", b"x")], groups))
    assert (found.verdict, rules(found)) == ("incomplete", {"hdf5.limit"})


def test_too_many_messages_are_a_limit() -> None:
    """One group whose header alone would fill the memory."""
    found = look("m.h5", hdf5([hard("a", 48)] * 200_001))
    assert (found.verdict, rules(found)) == ("incomplete", {"hdf5.limit"})


def test_what_is_legal_and_not_read_is_a_warning() -> None:
    """User-defined links, layouts of the future, and messages in a shared heap."""
    at = behind([hard("d", 0)])
    shared = message(3, b"\x03\x01" + bytes(8), flags=2)
    for data in (
        hdf5([typed("u", UNTYPED, b"")]),
        hdf5([hard("d", at)], dataset(b"\x09")),
        hdf5([shared]),
    ):
        found = look("m.h5", data)
        assert (found.verdict, rules(found)) == ("warning", {"hdf5.not_read"})


def test_bytes_behind_the_end_are_pointed_out() -> None:
    """Whatever they are; a zip would be a second model in the same file."""
    tail = look("m.h5", fixture("dense.h5") + b"more")
    assert (tail.verdict, rules(tail)) == ("warning", {"hdf5.tail"})
    both = look("m.keras", fixture("dense.h5") + zipped({"config.json": b"{}"}))
    assert (both.verdict, rules(both)) == ("dangerous", {"hdf5.zip"})


def test_a_zip_with_a_signature_inside_stays_a_zip() -> None:
    """A place where a signature may stand does not hide what the file begins with."""
    config = json.dumps({"class_name": "Lambda", "config": {}}).encode()
    members = {"config.json": config, "metadata.json": b"{}"}
    empty = zipped({"x": b"", **members})
    filler = bytes(512 - empty.index(b"x") - 1) + b"\x89HDF\r\n\x1a\n"
    data = zipped({"x": filler, **members})
    assert data[512:516] == b"\x89HDF"
    assert look("m.keras", data).format == "keras"


def test_a_filter_from_elsewhere_needs_code() -> None:
    """HDF5 loads a plugin to unpack it."""
    at = behind([hard("d", 0)])
    zstd = message(11, b"\x02\x01" + struct.pack("<HHHH", 32015, 0, 0, 0))
    found = look("m.h5", hdf5([hard("d", at)], dataset(b"\x03\x02", (2,), zstd)))
    assert found.needs_code == ("HDF5 filter 32015 (zstd)",)
    assert rules(found) == {"hdf5.plugin"}


def test_a_pickle_in_an_attribute_is_scanned() -> None:
    """PyTables unpickles attributes that are pickles."""
    found = look("m.h5", hdf5([text("TITLE", b"cos\nsystem\n(S'true'\ntR.")]))
    assert details(found, "pickle.global.dangerous") == ["os.system"]
    honest = look("m.h5", hdf5([text("n", pickle.dumps(3, 0)), text("t", b"It is good.")]))
    assert honest.verdict == "clean"


def test_elements_that_are_pickles_are_a_warning() -> None:
    """PyTables marks lists of objects."""
    found = look("m.h5", hdf5([text("PSEUDOATOM", b"object")]))
    assert (found.verdict, rules(found)) == ("warning", {"hdf5.pickled"})


@pytest.mark.parametrize(
    "value",
    [b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f", b"\x00\x00\x00\x80" * 2],
)
@pytest.mark.parametrize("name", ["link.h5", "raw.h5", "virtual.h5"])
def test_extreme_numbers_are_survived(name: str, value: bytes) -> None:
    """Counts, lengths and addresses of any size at any place."""
    data = fixture(name)
    for at in range(0, min(len(data), 1500), 3):
        found = look("m.h5", data[:at] + value + data[at + 8 :])
        assert survived(found)
