"""picklescan is asked about the same pickles, agrees about the bad ones, and cannot hold us up."""

from __future__ import annotations

import gzip
import pickle
import struct
import zipfile
from contextlib import AbstractContextManager

import pytest

from modelshelf.formats import second
from modelshelf.formats.pickles.scan import StreamOpener, stream_of
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.scanner import SCANNER, scanner
from modelshelf.formats.second import SecondOpinion
from tests.formats.builders import (
    FIXTURES,
    details,
    fixture,
    look,
    npy,
    rules,
    source,
    tarred,
    torch_legacy,
    torch_zip,
    zipped,
)

_OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
SYSTEM = b"cposix\nsystem\n(S'true'\ntR."
PICKLED = sorted(path.name for path in FIXTURES.iterdir() if path.suffix in {".pkl", ".joblib"})
BAD = [
    b"cos\nsystem\n(S'true'\ntR.",
    b"\x80\x02c__builtin__\neval\n(U\x041+1\ntR.",
    b"\x80\x04\x8c\x08builtins\x94\x8c\x04exec\x93(\x8c\x01xtR.",
    b"csubprocess\nPopen\n(S'true'\ntR.",
    b"crunpy\nrun_module\n(S'this'\ntR.",
    b"c_operator\nattrgetter\n(S'a'\ntR.",
    b"cpip\nmain\n(S'install'\ntR.",
    b"cwebbrowser\nopen\n(S'about:blank'\ntR.",
]


def opener(data: bytes) -> StreamOpener:
    """Return what opens bytes as a stream of pickles."""
    file = source("m.pkl", data).only

    def opened() -> AbstractContextManager[ByteStream]:
        return stream_of(file)

    return opened


@pytest.mark.parametrize("data", BAD)
def test_both_call_it_dangerous(data: bytes) -> None:
    """What is famous is found by each of the two."""
    found = look("m.pkl", data)
    assert found.verdict == "dangerous"
    assert {"pickle.global.dangerous", "picklescan.dangerous"} <= rules(found)
    assert found.scanner == scanner()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.pt", torch_zip(root=SYSTEM)),
        ("m.npy", npy(_OBJECTS, SYSTEM)),
        ("m.npz", zipped({"a.npy": npy(_OBJECTS, SYSTEM)})),
        ("m.zip", zipped({"any name": SYSTEM}, zipfile.ZIP_DEFLATED)),
        ("m.tar.gz", tarred({"any name": SYSTEM}, "w:gz")),
        ("m.joblib", gzip.compress(SYSTEM)),
    ],
)
def test_it_sees_every_pickle_that_ours_sees(name: str, data: bytes) -> None:
    """Inside of archives, of arrays and of compressed files too, which it could not open."""
    found = look(name, data)
    assert details(found, "picklescan.dangerous") == ["posix.system"]
    assert details(found, "pickle.global.dangerous")


def test_a_wrong_checksum_hides_nothing_from_it() -> None:
    """PyTorch loads such a member, so it is looked at."""
    filler = b"B" + struct.pack("<I", 9_000) + b"x" * 9_000 + b"0"
    data = zipped({"a.pkl": filler + SYSTEM}).replace(b"x" * 9_000, b"y" * 9_000)
    found = look("m.zip", data)
    assert details(found, "picklescan.dangerous") == ["posix.system"], found.findings


def test_what_only_it_calls_dangerous_is_dangerous() -> None:
    """The worst verdict wins."""
    found = look("m.pkl", b"cfunctools\npartial\n(cbuiltins\nlist\ntR.")
    assert "pickle.global.dangerous" not in rules(found)
    assert details(found, "picklescan.dangerous") == ["functools.partial"]
    assert found.verdict == "dangerous"


def test_what_ours_knows_is_not_in_question() -> None:
    """It refuses all of ``uuid`` and all that cloudpickle rebuilds; ours tells them apart."""
    harmless = look("m.pkl", b"cuuid\nUUID\n(S'" + b"a" * 32 + b"'\ntR.")
    assert (harmless.verdict, rules(harmless)) == ("warning", {"pickle.can_execute"})
    code = look("m.pkl", b"ccloudpickle.cloudpickle\n_make_empty_cell\n)R.")
    assert code.verdict == "warning"
    assert "picklescan.dangerous" not in rules(code)


@pytest.mark.parametrize("name", PICKLED)
def test_honest_files_raise_no_alarm(name: str) -> None:
    """Neither do arrays, whose bytes it reads as opcodes."""
    found = look(name, fixture(name))
    assert not any(rule.startswith("picklescan") for rule in rules(found))
    assert found.scanner == scanner()


def test_the_storages_of_an_older_torch_file_are_not_read_as_pickles() -> None:
    """Five pickles, and then bytes that look like a call."""
    found = look("m.pt", torch_legacy())
    assert not any(rule.startswith("picklescan") for rule in rules(found))


def test_files_without_pickles_are_not_shown_to_it() -> None:
    """So that its version says nothing about them."""
    assert look("floats.npy", fixture("floats.npy")).scanner == SCANNER


# The alarm may come while Hypothesis counts the collector's time, where an exception is only noted.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "asked",
    [SecondOpinion(opcodes=1_000), SecondOpinion(seconds=0.05), SecondOpinion(seconds=0.0)],
    ids=["opcodes", "time", "no time"],
)
def test_when_it_cannot_finish_that_is_told(asked: SecondOpinion) -> None:
    """A list of floats is nothing to our scan and much to it."""
    data = pickle.dumps([float(number) for number in range(300_000)])
    (finding,) = asked.on(opener(data), "m.pkl", None)
    assert (finding.rule, finding.severity) == ("picklescan.unfinished", "info")
    assert asked.signature() == scanner()
    assert [f.rule for f in asked.on(opener(SYSTEM), "m.pkl", None)] == ["picklescan.unfinished"]


def test_a_large_honest_pickle_keeps_its_verdict() -> None:
    """The child is not ended for the second opinion's sake."""
    half = b"G" + struct.pack(">d", 0.5)
    found = look("m.pkl", b"\x80\x04]\x94" + (b"(" + half * 1_000 + b"e") * 1_600 + b".")
    assert (found.verdict, found.scanner) == ("warning", scanner())
    assert rules(found) == {"pickle.can_execute", "picklescan.unfinished"}


def test_in_this_process_nobody_asks_it() -> None:
    """Only the child has loaded it; without a request there is no opinion."""
    assert second.opinion(opener(SYSTEM), "m.pkl", None) == []
    with second.asked() as asked:
        assert [f.rule for f in second.opinion(opener(SYSTEM), "m.pkl", None)] == [
            "picklescan.dangerous"
        ]
    assert asked.ran


def test_what_it_cannot_follow_is_left_to_our_own_run() -> None:
    """A name out of nowhere: it says "unknown", ours says what is wrong."""
    found = look("m.pkl", b"\x80\x04K\x01K\x02\x93.")
    assert found.verdict == "dangerous"
    assert "picklescan.dangerous" not in rules(found)
