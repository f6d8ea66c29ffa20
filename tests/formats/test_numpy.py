"""NumPy files: headers are read by a parser of our own, arrays of objects are scanned."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from modelshelf.formats import inspectors
from modelshelf.formats import looking as formats_looking
from modelshelf.formats.literal import parse_literal
from modelshelf.formats.trouble import Malformed
from tests.formats.builders import details, fixture, look, npy, rules, source, zipped
from tests.formats.weighing import Meter, placed, raw

SYSTEM = b"cos\nsystem\n(S'true'\ntR."
PLAIN = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"


def test_an_array_is_described() -> None:
    """Type and shape stand in the header."""
    found = look("a.npy", fixture("floats.npy"))
    assert (found.format, found.parameters, found.tensors, found.verdict) == ("npy", 12, 1, "clean")
    assert found.metadata == {"dtype": "float32", "shape": "[3, 4]"}
    assert (found.framework, found.version) == ("NumPy", "1.0")


def test_an_array_of_fields_is_measured() -> None:
    """Fields with shapes of their own add up to the size of an element."""
    assert look("a.npy", fixture("fields.npy")).verdict == "clean"


def test_an_array_of_objects_is_a_pickle() -> None:
    """It can run code when it is loaded, and what is inside is scanned."""
    found = look("a.npy", fixture("objects.npy"))
    assert (found.verdict, rules(found)) == ("warning", {"pickle.can_execute"})
    found = look("a.npy", npy(OBJECTS, SYSTEM))
    assert details(found, "pickle.global.dangerous") == ["os.system"]


def test_an_archive_of_arrays_is_described() -> None:
    """Every member is an array with a name."""
    found = look("a.npz", fixture("two.npz"))
    assert (found.format, found.tensors, found.parameters, found.verdict) == ("npz", 2, 13, "clean")
    assert found.metadata["counts"] == "int64 [4]"


def test_objects_in_an_archive_are_scanned() -> None:
    """Packed or not, an array of objects is a pickle."""
    assert look("a.npz", fixture("objects.npz")).verdict == "warning"
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = zipped({"a.npy": npy(PLAIN, bytes(8)), "b.npy": npy(OBJECTS, SYSTEM)}, method)
        found = look("a.npz", data)
        assert details(found, "pickle.global.dangerous") == ["os.system"]


def test_an_archive_with_other_members_is_no_array_archive() -> None:
    """It is called what it is, and its pickles are scanned."""
    found = look("a.npz", zipped({"a.npy": npy(PLAIN, bytes(8)), "b": SYSTEM}))
    assert (found.format, found.mismatch) == (
        "archive",
        "Named .npz, but the bytes are an archive.",
    )
    assert found.verdict == "dangerous"


def header(descr: str = "'<f4'", shape: str = "(2,)", rest: str = "") -> str:
    """Return the text of a header."""
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, {rest}}}"


BROKEN = {
    "cut data": npy(PLAIN, bytes(7)),
    "a tail": npy(PLAIN, bytes(9)),
    "cut header": npy(PLAIN)[:30],
    "version 4": b"\x93NUMPY\x04\x00" + npy(PLAIN, bytes(8))[8:],
    "a call": npy("__import__('os').system('true')"),
    "a key twice": npy(header(rest="'shape': (1,)"), bytes(8)),
    "another key": npy(header(rest="'code': 1"), bytes(8)),
    "a missing key": npy("{'descr': '<f4', 'shape': (2,)}", bytes(8)),
    "negative shape": npy(header(shape="(-2,)"), bytes(8)),
    "shape of truth": npy(header(shape="(True,)"), bytes(4)),
    "an order of no kind": npy("{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}", bytes(8)),
    "a size of many digits": npy(header(descr=f"'<f{'9' * 5_000}'"), bytes(8)),
    "endless shape": npy(header(shape="(9999999999, 9999999999)"), bytes(8)),
    "deep": npy("(" * 5_000 + ")" * 5_000),
    "long header": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + bytes(100),
    "unknown type": npy(header(descr="'<q8'"), bytes(16)),
    "broken field": npy(header(descr="[('a',)]"), bytes(8)),
    "a pickle that is cut": npy(OBJECTS, pickle.dumps([1])[:-1]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_array_is_dangerous(case: str) -> None:
    """A header that does not fit its data, or is no plain literal, is malformed."""
    found = look("a.npy", BROKEN[case])
    assert (found.format, found.verdict) == ("npy", "dangerous")


def test_literals_are_read_and_nothing_else() -> None:
    """Texts, whole numbers, tuples, lists and dictionaries of them."""
    text = "{'a': [('x', '<f4', (2,)), ()], \"b\": -1, 'c': (None), 'd': True, }"
    assert parse_literal(text) == {"a": [("x", "<f4", (2,)), ()], "b": -1, "c": None, "d": True}
    for bad in ("", "1 2", "(1 2)", "[1,,2]", "{1: 2}", "f()", "1.5", "'a", "{'a' 1}", "(1", "1+1"):
        with pytest.raises(Malformed):
            parse_literal(bad)


def test_an_array_lies_behind_its_header() -> None:
    """It is called after its file."""
    given = source("weights.npy", npy(PLAIN, b"ABCDEFGH"))
    found = placed(given)["weights"]
    assert (found.dtype, found.shape, raw(given, found)) == ("float32", (2,), b"ABCDEFGH")


@pytest.mark.parametrize(
    ("descr", "order", "shape", "dtype", "plain"),
    [
        ("'>f4'", "False", "(2, 2)", "float32", False),
        ("'=f4'", "False", "(2, 2)", "float32", False),
        ("'<f4'", "True", "(2, 2)", "float32", False),
        ("'<f4'", "True", "(4, 1)", "float32", True),
        ("'|u1'", "False", "(16,)", "uint8", True),
        ("'<M8[D]'", "False", "(2,)", "datetime64[D]", True),
        ("[('a', '<f4'), ('b', '>f4')]", "False", "(2,)", "[('a', '<f4'), ('b', '>f4')]", False),
        ("[('a', '<f4'), ('b', '<f4')]", "False", "(2,)", "[('a', '<f4'), ('b', '<f4')]", True),
    ],
)
def test_only_plain_elements_have_a_place(
    descr: str, order: str, shape: str, dtype: str, *, plain: bool
) -> None:
    """Other byte orders and columns first lie nowhere; their type and shape are told."""
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"
    (found,) = placed(source("a.npy", npy(text, bytes(16)))).values()
    assert (found.dtype, found.start >= 0, found.length) == (dtype, plain, 16)


def test_objects_are_no_tensors() -> None:
    """They are a pickle."""
    assert placed(source("a.npy", npy(OBJECTS, pickle.dumps([1])))) == {}


def test_members_that_are_stored_have_a_place() -> None:
    """Packed ones have a type and a shape only."""
    members = {"a.npy": npy(PLAIN, b"ABCDEFGH"), "deep/b.npy": npy(PLAIN, b"IJKLMNOP")}
    given = source("a.npz", zipped(members))
    found = placed(given)
    assert [raw(given, found[name]) for name in ("a", "deep/b")] == [b"ABCDEFGH", b"IJKLMNOP"]
    packed = placed(source("a.npz", zipped(members, zipfile.ZIP_DEFLATED)))
    assert [(each.name, each.start, each.length) for each in packed.values()] == [
        ("a", -1, 8),
        ("deep/b", -1, 8),
    ]


def test_two_gigabytes_of_elements_are_not_read(tmp_path: Path) -> None:
    """What is read is the header."""
    size = 2 << 30
    header_bytes = npy(header(shape=f"({size // 4},)"))
    path = tmp_path / "a.npy"
    path.write_bytes(header_bytes)
    with path.open("r+b") as file:
        file.truncate(len(header_bytes) + size)
    meter = Meter()
    given = meter.source("a.npy", path)
    found = formats_looking.look(given, inspectors())
    assert (found.parameters, found.verdict) == (size // 4, "clean")
    assert placed(given)["a"].length == size
    assert meter.read < 2_000_000


def test_files_of_the_library_itself_are_read_alike() -> None:
    """Names, types, shapes and bytes agree with NumPy's."""
    numpy: Any = pytest.importorskip("numpy")
    arrays = {
        "a": numpy.arange(6, dtype="float64").reshape(2, 3),
        "b": numpy.array(1, dtype="int8"),
        "c": numpy.zeros((0, 2), dtype="complex64"),
    }
    target = io.BytesIO()
    numpy.savez(target, **arrays)
    given = source("a.npz", target.getvalue())
    found = placed(given)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (str(array.dtype), array.shape)
        assert raw(given, found[name]) == array.tobytes()
