"""Whatever the bytes are, looking ends, soon, with an inspection and never with an exception."""

from __future__ import annotations

import contextlib
import io
import pickle
import zipfile
from typing import Self

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelshelf.domain.inspection import Inspection
from modelshelf.formats import expected_size, inspect, is_whole
from modelshelf.formats.pickles.scan import _read, stream_of
from tests.formats.builders import (
    FIXTURES,
    PMML,
    fixture,
    folder,
    gguf,
    source,
    tarred,
    torch_legacy,
    torch_zip,
    zipped,
)

TELLING = ("MLmodel", "config.json", "a.onnx", "b/c.pkl")
EXTENSIONS = (
    "",
    ".onnx",
    ".safetensors",
    ".pkl",
    ".joblib",
    ".pt",
    ".npy",
    ".npz",
    ".pmml",
    ".gguf",
    ".keras",
    ".zip",
    ".tar",
    ".txt",
)
SEEDS = [
    fixture(path.name)
    for path in sorted(FIXTURES.iterdir())
    if path.is_file() and path.suffix != ".py"
] + [
    PMML.encode(),
    torch_zip(),
    torch_legacy(),
    tarred({"a": b"b", "c": pickle.dumps([1])}),
    tarred({"a": b"b"}, "w:gz"),
    zipped({"a.pkl": pickle.dumps([1])}, zipfile.ZIP_DEFLATED),
    gguf(),
]
MAGIC = (
    b"", b"PK\x03\x04", b"\x80\x04", b"\x80\x02", b"\x93NUMPY\x01\x00", b"GGUF\x03\x00\x00\x00",
    b"\x08\x09\x3a", b"<PMML ", b"\x1f\x8b\x08", b"x\x9c", b"(", b"c",
    b"{\x00\x00\x00\x00\x00\x00\x00{",
)  # fmt: skip


def names() -> st.SearchStrategy[str]:
    """Give a file name with any of the known extensions."""
    return st.sampled_from(EXTENSIONS).map(lambda extension: f"model{extension}")


def check(name: str, data: bytes) -> Inspection:
    """Look in every way there is and check what holds for all inspections."""
    given_source = source(name, data)
    found = inspect(given_source)
    expected_size(given_source)
    is_whole(given_source)
    assert found.format
    assert found.verdict in {"clean", "warning", "dangerous", "incomplete"}
    assert not any(finding.rule.endswith(".failed") for finding in found.findings), found.findings
    if any(finding.severity == "dangerous" for finding in found.findings):
        assert found.verdict == "dangerous"
    for text in (found.framework, *found.metadata, *found.metadata.values()):
        assert len(text.encode()) <= 8_000
    return found


@settings(max_examples=400, deadline=None)
@given(names(), st.sampled_from(MAGIC), st.binary(max_size=400))
def test_any_bytes_are_looked_at(name: str, magic: bytes, data: bytes) -> None:
    """Random bytes behind the beginnings of every format."""
    check(name, magic + data)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Give bytes with some of them replaced, removed, repeated or cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(("set", "insert", "delete", "repeat", "cut", "extreme")))
        if kind == "set":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=8))
        elif kind == "delete":
            del data[at : at + length]
        elif kind == "repeat":
            data[at:at] = data[at : at + length] * draw(st.integers(1, 3))
        elif kind == "cut":
            del data[at:]
        else:
            data[at : at + 8] = draw(
                st.sampled_from((b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f"))
            )
    return bytes(data)


@settings(max_examples=700, deadline=None)
@given(names(), st.sampled_from(SEEDS).flatmap(damaged))
def test_any_damage_is_looked_at(name: str, data: bytes) -> None:
    """Real files of every family, damaged at random places."""
    check(name, data)


OPCODES = st.lists(
    st.sampled_from(
        [bytes([code]) for code in b"NaelbR)t(0123}dsu.oQ\x85\x86\x87\x88\x81\x8f\x90\x92\x93\x94"]
        + [b"K\x01", b"q\x00", b"h\x00", b"\x8c\x02os", b"U\x01a", b"I5\n", b"V\\u0041\n"]
        + [b"cos\nsystem\n", b"cnumpy\ndtype\n", b"icollections\nOrderedDict\n", b"\x82\x01"]
        + [b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n", b"U\x05shape", b"U\x05dtype"]
    ),
    max_size=40,
)


@settings(max_examples=500, deadline=None)
@given(OPCODES)
def test_any_sequence_of_opcodes_is_followed(parts: list[bytes]) -> None:
    """A pickle that imports os.system is never anything but dangerous."""
    data = b"\x80\x02" + b"".join(parts) + b"."
    found = check("m.pkl", data)
    if parts and parts[0] == b"cos\nsystem\n":
        assert found.verdict == "dangerous"


class Inert:
    """What a test puts in place of everything that a pickle imports: it does nothing at all."""

    def __new__(cls, *_: object, **__: object) -> Self:
        """Take any arguments."""
        return super().__new__(cls)

    def __call__(self, *_: object, **__: object) -> Inert:
        """Give another one."""
        return Inert()

    def __setstate__(self, _: object) -> None:
        """Take any state."""


class Witness(pickle._Unpickler):
    """Python's own unpickler, which tells what it is asked to import and imports nothing."""

    def __init__(self, data: bytes) -> None:
        """Read from bytes."""
        super().__init__(io.BytesIO(data))
        self.asked: set[tuple[str, str]] = set()

    def find_class(self, module_name: str, global_name: str, /) -> type[Inert]:
        """Note the name."""
        self.asked.add((module_name, global_name))
        return Inert

    def persistent_load(self, pid: object) -> Inert:
        """Give something for any object outside."""
        del pid
        return Inert()


def asked_by_python(data: bytes) -> set[tuple[str, str]]:
    """Return the names that unpickling asks for until it ends or fails."""
    witness = Witness(data)
    with contextlib.suppress(Exception):
        witness.load()
    return witness.asked


@settings(max_examples=500, deadline=None)
@given(OPCODES)
def test_nothing_that_python_imports_is_overlooked(parts: list[bytes]) -> None:
    """Whatever the opcodes, each import of a real unpickler is in the report."""
    data = b"\x80\x04" + b"".join(parts) + b"."
    reading = _read(lambda: stream_of(source("m", data).only), None, joblib=False)
    seen = {(symbol.module, symbol.name) for symbol in reading.seen.globals}
    computed = bool(reading.seen.unresolved)
    assert asked_by_python(data) <= seen or computed


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(range(6)).flatmap(lambda p: damaged(fixture(f"pipeline.{p}.pkl"))))
def test_nothing_in_a_damaged_pickle_is_overlooked(data: bytes) -> None:
    """The same for real pickles with damage."""
    assume(b"\x96" not in data)  # Python makes room for a bytearray before it looks for the bytes
    reading = _read(lambda: stream_of(source("m", data).only), None, joblib=False)
    seen = {(symbol.module, symbol.name) for symbol in reading.seen.globals}
    assert asked_by_python(data) <= seen or bool(reading.seen.unresolved)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(("MLmodel", "config.json", "a.onnx", "b/c.pkl")), st.binary(max_size=60)
    )
)
def test_any_folder_is_looked_at(files: dict[str, bytes]) -> None:
    """Folders of nonsense under telling names."""
    found = inspect(folder("f", files))
    assert found.format
    assert not any(finding.rule.endswith(".failed") for finding in found.findings)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.sampled_from(EXTENSIONS))
def test_looking_twice_gives_the_same(data: bytes, extension: str) -> None:
    """An inspection depends on the name and the bytes and on nothing else."""
    name = f"model{extension}"
    assert check(name, data) == check(name, data)
