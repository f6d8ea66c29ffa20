"""Archives: rules that leave no room for two readings, and a search for pickles in any member."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
import zlib

import pytest

from tests.formats.builders import details, look, rules, tarred, zipped

SYSTEM = b"cos\nsystem\n(S'true'\ntR."
HONEST = {"readme.txt": b"hello", "model/a.bin": bytes(range(256))}


@pytest.mark.parametrize(
    ("name", "data", "container"),
    [
        ("a.zip", zipped(HONEST), "zip"),
        ("a.zip", zipped(HONEST, zipfile.ZIP_DEFLATED), "zip"),
        ("a.zip", zipped({}), "zip"),
        ("a.tar", tarred(HONEST), "tar"),
        ("a.tar.gz", tarred(HONEST, "w:gz"), "tar packed by gzip"),
        ("a.tar.xz", tarred(HONEST, "w:xz"), "tar packed by xz"),
        ("a.tar.bz2", tarred(HONEST, "w:bz2"), "tar packed by bz2"),
    ],
)
def test_an_archive_is_listed(name: str, data: bytes, container: str) -> None:
    """It is called an archive, with a warning that its members were not read."""
    found = look(name, data)
    assert (found.format, found.metadata["container"], found.mismatch) == ("archive", container, "")
    assert (found.verdict, rules(found)) == ("warning", {"archive.unread"})


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_a_pickle_in_an_archive_is_found(mode: str) -> None:
    """By its bytes, whatever it is called and however it is packed."""
    members = HONEST | {"notes.txt": SYSTEM, "long/" + "x" * 150: SYSTEM}
    data = zipped(members, zipfile.ZIP_DEFLATED) if mode == "zip" else tarred(members, mode)
    found = look("a", data)
    assert details(found, "pickle.global.dangerous") == ["os.system"] * 2


def test_code_in_an_archive_is_pointed_out() -> None:
    """A script among the members is worth a look."""
    assert "archive.code" in rules(look("a.zip", zipped({"setup.py": b"x"})))


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz"])
def test_models_in_an_archive_are_listed_by_name(mode: str) -> None:
    """None is looked into, and it is said that only the names were seen."""
    names = ("m/MLmodel", "m/model.pkl", "a/deep/b.ONNX", "adapter_config.json", "x.txt", ".pt")
    members = dict.fromkeys(names, b"plain words")
    members["m/model.pkl"] = pickle.dumps([1])
    data = zipped(members) if mode == "zip" else tarred(members, mode)
    found = look("a", data)
    listed = "m (mlflow), m/model.pkl (pickle), a/deep/b.ONNX (onnx), . (peft)"
    assert found.metadata["models"] == listed
    assert found.metadata["member_count"] == "6"
    assert details(found, "archive.models") == [f"by their names it holds models: {listed}"]
    assert "models" not in look("a.zip", zipped({"a.txt": b"x"})).metadata


def test_a_compressed_file_of_something_else_is_an_archive() -> None:
    """It says which compression, and that nothing inside is known."""
    found = look("data.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    assert (found.format, found.verdict, rules(found)) == ("archive", "warning", {"archive.unread"})


def test_lz4_cannot_be_looked_into() -> None:
    """The standard library cannot unpack it, so the scan is not finished."""
    found = look("model.joblib", b"\x04\x22\x4d\x18" + bytes(50))
    assert found.verdict == "incomplete"


def patched(data: bytes, at: int, value: bytes) -> bytes:
    """Return bytes with some of them replaced."""
    at = at if at >= 0 else len(data) + at
    return data[:at] + value + data[at + len(value) :]


def renamed(data: bytes, old: bytes, new: bytes, which: int) -> bytes:
    """Return a zip with one of the two places of a name changed."""
    parts = data.split(old)
    return old.join(parts[: which + 1]) + new + old.join(parts[which + 1 :])


PLAIN = zipped({"aa": b"first", "bb": b"second"})
PACKED = zipped({"aa": bytes(1_000)}, zipfile.ZIP_DEFLATED)
DIRECTORY = PLAIN.index(b"PK\x01\x02")
BROKEN_ZIPS = {
    "bytes in front": b"#!/bin/sh\n" + PLAIN,
    "bytes in front, corrected": None,
    "bytes behind": PLAIN + b"x",
    "no directory": PLAIN[:DIRECTORY],
    "cut directory": PLAIN[:-30],
    "two names": renamed(PLAIN, b"aa", b"xx", 0),
    "the same name twice": PLAIN.replace(b"bb", b"aa"),
    "two sizes": patched(PLAIN, 18, struct.pack("<II", 4, 4)),
    "overlap": patched(PLAIN, DIRECTORY + 46 + 2 + 42, struct.pack("<I", 0)),
    "more members than counted": patched(PLAIN, -14, struct.pack("<HH", 1, 1)),
    "encrypted": patched(patched(PLAIN, 6, b"\x01"), DIRECTORY + 8, b"\x01"),
    "a link": patched(PLAIN, DIRECTORY + 38, struct.pack("<I", 0xA1FF0000)),
    "a part of several": patched(PLAIN, -18, b"\x01\x00"),
    "a wrong CRC-32": patched(PLAIN, 32, b"X"),
    "unpacks to more": patched(PACKED, 14, b"\x00" * 8),
    "a name that climbs": zipped({"../../x": b"a"}),
    "an absolute name": zipped({"/x": b"a"}),
    "a name with a backslash": zipped({"aa": b"x"}).replace(b"aa", b"\\a"),
    "a name of a drive": zipped({"aaa": b"x"}).replace(b"aaa", b"C:x"),
}


@pytest.mark.parametrize("case", BROKEN_ZIPS)
def test_a_broken_zip_is_dangerous(case: str) -> None:
    """Two programs that read the same zip must see the same members."""
    data = BROKEN_ZIPS[case] or corrected()
    found = look("a.zip", data)
    assert found.verdict == "dangerous", found


def corrected() -> bytes:
    """Return a zip behind other bytes whose offsets have been corrected to fit."""
    target = io.BytesIO()
    target.write(b"MZ" + bytes(100))
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("a", "b")
    return b"PK\x03\x04" + target.getvalue()[4:]


def test_a_gap_between_members_is_pointed_out() -> None:
    """Bytes that belong to no member can be another file's."""
    first = PLAIN.index(b"PK\x03\x04", 4)
    data = PLAIN[:first] + b"hidden" + PLAIN[first:]
    shifted = bytearray(data)
    struct.pack_into("<I", shifted, DIRECTORY + 6 + 46 + 2 + 42, first + 6)
    struct.pack_into("<I", shifted, len(shifted) - 6, DIRECTORY + 6)
    found = look("a.zip", bytes(shifted))
    assert (found.verdict, "zip.gap" in rules(found)) == ("warning", True)


def test_a_bomb_is_dangerous() -> None:
    """Many megabytes of nothing in a small file."""
    data = zipped({"a": bytes(68_000_000)}, zipfile.ZIP_DEFLATED)
    found = look("a.zip", data)
    assert (found.verdict, rules(found)) == ("dangerous", {"zip.bomb"})


def test_a_member_that_lies_about_its_size_is_dangerous() -> None:
    """What unpacks to more than it declares is noticed while it is read."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(SYSTEM + bytes(5_000)) + packed.flush()
    data = bytearray(zipped({"a.pkl": b"x" * len(body)}))
    data = bytearray(bytes(data).replace(b"x" * len(body), body))
    directory = data.index(b"PK\x01\x02")
    for at in (8, directory + 10):
        struct.pack_into("<H", data, at, zipfile.ZIP_DEFLATED)
    for at in (14, directory + 16):
        struct.pack_into("<III", data, at, zlib.crc32(SYSTEM), len(body), len(SYSTEM))
    found = look("a.zip", bytes(data))
    assert (found.verdict, "zip.malformed" in rules(found)) == ("dangerous", True)


def test_too_many_members_are_too_much() -> None:
    """Ten thousand members are looked at, and no more."""
    found = look("a.zip", zipped({f"{n}": b"" for n in range(10_001)}))
    assert (found.verdict, rules(found)) == ("incomplete", {"archive.limit"})


def test_an_unusual_packing_is_incomplete() -> None:
    """A method that is not read cannot hide a pickle from the verdict."""
    found = look("a.zip", zipped({"a": b"x" * 100}, zipfile.ZIP_BZIP2))
    assert (found.verdict, "zip.limit" in rules(found)) == ("incomplete", True)


BROKEN_TARS = {
    "a link": tarred({"a": b""}, kind=tarfile.SYMTYPE),
    "a hard link": tarred({"a": b""}, kind=tarfile.LNKTYPE),
    "a device": tarred({"a": b""}, kind=tarfile.CHRTYPE),
    "a name that climbs": tarred({"../a": b""}),
    "an absolute name": tarred({"/a": b""}),
    "a wrong checksum": patched(tarred({"a": b"x"}), 0, b"b"),
    "cut": tarred({"a": bytes(5_000)})[:1_000],
    "cut in a stream": gzip.compress(tarred({"a": bytes(5_000)})[:1_000]),
    "a cut stream": tarred(HONEST, "w:gz")[:-20],
    "garbage behind a member": tarred({"a": b"x"})[:1_024] + b"garbage" * 200,
}


@pytest.mark.parametrize("case", BROKEN_TARS)
def test_a_broken_tar_is_dangerous(case: str) -> None:
    """Links, devices, climbing names and half archives are refused."""
    found = look("a.tar", BROKEN_TARS[case])
    assert (found.format, found.verdict) == ("archive", "dangerous"), found


def test_a_tar_with_one_name_for_all_members_is_dangerous() -> None:
    """A global note that renames members would be read in two ways."""
    target = io.BytesIO()
    headers = {"path": "evil"}
    with tarfile.open(mode="w", fileobj=target, pax_headers=headers) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    assert look("a.tar", target.getvalue()).verdict == "dangerous"


def test_a_pickle_packed_inside_a_tar_is_read_unpacked() -> None:
    """A compressed pickle is honest under its name, and a harmful one is found by its bytes."""
    honest = look("m.tar", tarred({"a.pkl": gzip.compress(b"\x80\x04].")}))
    assert honest.verdict == "warning"
    harm = gzip.compress(b"cos\nsystem\n(S'x'\ntR.")
    assert "pickle.global.dangerous" in rules(look("m.tar", tarred({"weights.dat": harm})))
