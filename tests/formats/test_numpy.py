"""NumPy files: headers are read by a parser of our own, arrays of objects are scanned."""

from __future__ import annotations

import pickle
import zipfile

import pytest

from modelshelf.formats.literal import parse_literal
from modelshelf.formats.trouble import Malformed
from tests.formats.builders import details, fixture, look, npy, rules, zipped

SYSTEM = b"cos\nsystem\n(S'true'\ntR."
PLAIN = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"


def test_an_array_is_described() -> None:
    """Type and shape stand in the header."""
    found = look("a.npy", fixture("floats.npy"))
    assert (found.format, found.parameters, found.tensors, found.verdict) == ("npy", 12, 1, "clean")
    assert found.metadata == {"dtype": "float32", "shape": "[3, 4]"}


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
