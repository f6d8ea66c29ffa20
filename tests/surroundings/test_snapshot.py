"""Snapshots: the same bytes for the same code, and nothing that leaves the folder."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelshelf.domain.errors import Corrupt, Invalid, Unavailable
from modelshelf.surroundings import snapshot
from modelshelf.surroundings.snapshot import pack, unpack
from tests.surroundings.work_trees import contents, put

_NAMES = st.text("abcüÄ .-_x", min_size=1, max_size=120).filter(lambda n: n.strip(" .") == n)


def tar(*members: tuple[str, bytes, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar of members, each a name, a type and its data."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=kind) as archive:
        for name, what, data in members:
            header = tarfile.TarInfo(name)
            header.type, header.size, header.linkname = what, len(data), "/etc/passwd"
            archive.addfile(header, io.BytesIO(data))
    return target.getvalue()


def test_a_snapshot_comes_back_as_it_was(tmp_path: Path) -> None:
    """Files with long, deep and foreign names, empty ones and programs."""
    code = tmp_path / "code"
    put(code / "train.py", "1\n").chmod(0o700)
    put(code / "ünï" / "x y.py", "2\n")
    put(code / ("d" * 90) / ("n" * 200), b"")
    put(code / "bytes.bin", bytes(range(256)) * 40)
    unpack(pack(code), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(code)
    modes = [stat.S_IMODE((tmp_path / "out" / n).stat().st_mode) for n in ("train.py", "bytes.bin")]
    assert [bool(mode & stat.S_IXUSR) for mode in modes] == [True, False]


@given(st.dictionaries(_NAMES, st.binary(max_size=1500), max_size=6))
@settings(max_examples=40)
def test_any_files_come_back(files: dict[str, bytes]) -> None:
    """Whatever the names and the bytes, packing and unpacking gives them again."""
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder, "code")
        code.mkdir()
        lower = {name.casefold(): name for name in files}
        for name in lower.values():
            (code / name).write_bytes(files[name])
        unpack(pack(code), Path(folder, "out"))
        assert contents(Path(folder, "out")) == contents(code)


def test_the_same_code_has_the_same_bytes(tmp_path: Path) -> None:
    """Neither times nor the order of writing nor the place count."""
    for folder, names in ((tmp_path / "a", "xyz"), (tmp_path / "b", "zxy")):
        for name in names:
            os.utime(put(folder / "in" / f"{name}.py", name), (1, ord(name)))
    (tmp_path / "b" / "empty").mkdir()
    assert pack(tmp_path / "a") == pack(tmp_path / "b")


def test_what_is_not_code_stays_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, secrets, caches, registries, environments and large files are left out."""
    monkeypatch.setattr(snapshot, "FILE_MOST", 1_000)
    code = tmp_path / "code"
    put(code / "train.py", "1\n")
    for name in (".git/config", ".env", "tls.key", "__pycache__/a.pyc", "large.bin"):
        put(code / name, "hidden" * 200)
    for name in ("env/pyvenv.cfg", "env/lib/x.py", "shelf/catalog.db", "shelf/blobs/aa"):
        put(code / name, "hidden")
    (code / "link.py").symlink_to("/etc/passwd")
    (code / "folder").symlink_to("/etc")
    os.mkfifo(code / "pipe")
    notes: list[str] = []
    unpack(pack(code, note=notes.append), tmp_path / "out")
    assert list(contents(tmp_path / "out")) == ["train.py"]
    told = "\n".join(notes)
    for name in (".env", "tls.key", "large.bin", "link.py", "folder", "pipe"):
        assert name in told


def test_a_folder_that_is_no_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many files or bytes are not packed, and the sentence says what to do."""
    for n in range(4):
        put(tmp_path / f"{n}.py", "x" * 500)
    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "FILES_MOST", 3)
        with pytest.raises(Invalid, match="more than 3 files"):
            pack(tmp_path)
    monkeypatch.setattr(snapshot, "SNAPSHOT_MOST", 1_999)
    with pytest.raises(Invalid, match=r"2\.0 kB"):
        pack(tmp_path)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """A missing folder cannot be packed."""
    with pytest.raises(Unavailable, match="cannot be read"):
        pack(tmp_path / "gone")


def test_nothing_is_unpacked_over_what_is_there(tmp_path: Path) -> None:
    """Only an empty folder takes a snapshot."""
    put(tmp_path / "out" / "mine.py", "mine")
    with pytest.raises(Invalid, match="not empty"):
        unpack(tar(("a.py", tarfile.REGTYPE, b"x")), tmp_path / "out")
    with pytest.raises(Unavailable, match="cannot be unpacked"):
        unpack(tar(("a.py", tarfile.REGTYPE, b"x")), tmp_path / "out" / "mine.py")


_FILE, _FOLDER = tarfile.REGTYPE, tarfile.DIRTYPE
HOSTILE = {
    "absolute": tar(("/etc/cron.d/x", _FILE, b"x")),
    "climbing": tar(("../x", _FILE, b"x")),
    "climbing inside": tar(("a/../../x", _FILE, b"x")),
    "dot": tar(("./x", _FILE, b"x")),
    "climbing folder": tar(("..", _FOLDER, b"")),
    "symbolic link": tar(("a", tarfile.SYMTYPE, b"")),
    "hard link": tar(("a", tarfile.LNKTYPE, b"")),
    "device": tar(("a", tarfile.CHRTYPE, b"")),
    "pipe": tar(("a", tarfile.FIFOTYPE, b"")),
    "twice": tar(("a", _FILE, b"x"), ("a", _FILE, b"y")),
    "twice but for case": tar(("a", _FILE, b"x"), ("A", _FILE, b"y")),
    "file as folder": tar(("a", _FILE, b"x"), ("a/b", _FILE, b"y")),
    "repository": tar((".git/hooks/post-checkout", _FILE, b"x")),
    "other case of it": tar(("sub/.GIT/config", _FILE, b"x")),
    "backslash": tar(("a\\..\\..\\x", _FILE, b"x")),
    "drive": tar(("c:x", _FILE, b"x")),
    "control character": tar(("a\x1b[2Jb", _FILE, b"x")),
    "too deep": tar(("a/" * 100 + "x", _FILE, b"x")),
    "sparse": tar(("a", tarfile.GNUTYPE_SPARSE, b""), kind=tarfile.GNU_FORMAT),
    "gnu": tar(("a", _FILE, b"x"), kind=tarfile.GNU_FORMAT),
    "no name": tar(("", _FILE, b"x")),
    "cut": tar(("a", _FILE, b"x" * 2000))[:1600],
    "no end": tar(("a", _FILE, b"x"))[:1024],
    "something after the end": tar(("a", _FILE, b"x")) + b"x",
    "no tar": b"PK\x03\x04" * 300,
    "nothing": b"",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_snapshot_writes_nothing(tmp_path: Path, data: bytes) -> None:
    """Every one is refused with a sentence, before a single file is written."""
    good = tar(("first.py", _FILE, b"x"))[:1024]
    for each in (data, good + data if data else good):
        with pytest.raises(Corrupt):
            unpack(each, tmp_path / "out")
    assert contents(tmp_path) == {}


def _edited(at: int, field: bytes) -> bytes:
    """Return a tar whose first header has another field, with a checksum that fits."""
    data = bytearray(tar(("a", _FILE, b"x")))
    data[at : at + len(field)] = field
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        _edited(124, b"\xff" * 12),
        _edited(124, b"-0000000010\0"),
        _edited(124, b"77777777777\0"),
        _edited(124, b"            "),
        _edited(156, b"x"),
        _edited(156, b"g"),
        _edited(0, b"\xff\xfe"),
        _edited(257, b"ustar  \0"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, data: bytes) -> None:
    """Lengths that are negative, immense or missing, and notes that are none."""
    with pytest.raises(Corrupt):
        unpack(data, tmp_path / "out")


def test_a_note_may_only_give_a_name(tmp_path: Path) -> None:
    """A pax header that would set the length or the owner of a file is refused."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        header = tarfile.TarInfo("a.py")
        header.pax_headers = {"GNU.sparse.major": "1", "path": "../a"}
        archive.addfile(header)
    with pytest.raises(Corrupt):
        unpack(target.getvalue(), tmp_path / "out")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes or more files than a snapshot holds are not unpacked."""
    monkeypatch.setattr(snapshot, "FILES_MOST", 2)
    data = tar(*((f"{n}", _FILE, b"") for n in range(5)))
    with pytest.raises(Corrupt, match="more than 4"):
        unpack(data, tmp_path / "out")
    monkeypatch.setattr(snapshot, "SNAPSHOT_MOST", 1_000)
    with pytest.raises(Corrupt, match="too large"):
        unpack(data, tmp_path / "out")


@given(st.integers(0, 2047), st.integers(0, 255))
@settings(max_examples=150)
def test_one_changed_byte_never_breaks_out(at: int, value: int) -> None:
    """A damaged snapshot is unpacked inside its folder, or refused with a sentence."""
    data = bytearray(tar(("a/b.py", _FILE, b"x" * 600)))
    data[at] = value
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "in", "out")
        try:
            unpack(bytes(data), out)
        except Corrupt:
            assert not out.exists()
        assert [
            p for p in Path(folder).rglob("*") if not p.is_relative_to(Path(folder, "in"))
        ] == []
