"""A child that looks can use only so much and reach nothing, and its end is a finding."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from modelshelf.formats import Source
from modelshelf.formats.worker.setup import Setup
from modelshelf.formats.worker.shared import Worker
from tests.formats.builders import details, fixture, rules, source
from tests.formats.worker_misdeeds import ENDING, REFUSED

MISDEEDS = ("tests.formats.worker_misdeeds",)
SMALL = Setup(memory=96 << 20, seconds=1, patience=20, inspectors=MISDEEDS)
_CONFINED = """
import errno, json, os, socket, sys
from modelshelf.formats.worker.confine import confine
from modelshelf.formats.worker.setup import Setup

file = open(sys.argv[1], "r+b", buffering=0)
missing = confine(Setup(memory=64 << 20))

def tried(deed):
    try:
        deed()
    except MemoryError:
        return "MemoryError"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    return "done"

def connected():
    with socket.socket() as end:
        end.connect(("127.0.0.1", 9))

def forked():
    if not os.fork():
        os._exit(0)

print(json.dumps({
    "missing": missing,
    "no opened paths": tried(lambda: open("/etc/hostname")),
    "no network": tried(connected),
    "no written files": tried(lambda: file.write(b"x")),
    "few open files": tried(lambda: [os.dup(0) for _ in range(40)]),
    "a limit on memory": tried(lambda: bytearray(128 << 20)),
    "no child processes": tried(forked),
}), file=sys.stderr)
"""
_ALLOWED = {
    "no opened paths": {"EACCES"},
    "no network": {"ENETUNREACH"},
    "no written files": {"EFBIG"},
    "few open files": {"EMFILE"},
    "a limit on memory": {"MemoryError"},
    "no child processes": {"EAGAIN"},
}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """Give a worker with little room and inspectors that misbehave."""
    made = Worker(SMALL)
    yield made
    made.close()


def misdeed(name: str) -> Source:
    """Return the file that makes the misbehaving inspector do it."""
    return source(name + ENDING, b"something")


def check_alive(worker: Worker) -> None:
    """Look into an honest file with the same worker."""
    found = worker.inspect(source("floats.npy", fixture("floats.npy")))
    assert (found.format, found.verdict) == ("npy", "clean")


@pytest.mark.parametrize("deed", sorted(REFUSED))
def test_nothing_outside_is_reached(deed: str, worker: Worker) -> None:
    """Opening, connecting, starting and importing are refused, and that it was tried is told."""
    found = worker.inspect(misdeed(deed))
    assert found.verdict == "incomplete"
    assert any(REFUSED[deed] in told for told in details(found, "scan.refused")), found.findings
    check_alive(worker)


@pytest.mark.parametrize(
    ("deed", "rule"),
    [
        ("allocate", "scan.memory"),
        ("spin", "scan.time"),
        ("die", "scan.crashed"),
        ("abort", "scan.crashed"),
        ("quit", "scan.crashed"),
    ],
)
def test_the_end_of_a_child_is_a_finding(deed: str, rule: str, worker: Worker) -> None:
    """Too much memory or time, or a crash: the family is known, and the next file is looked at."""
    found = worker.inspect(misdeed(deed))
    assert (found.format, found.verdict) == ("misdeed", "incomplete")
    assert rules(found) == {rule}
    assert found.scanner
    check_alive(worker)


def test_a_child_that_does_nothing_is_not_waited_for_forever() -> None:
    """Time passes also for one that uses no processor."""
    worker = Worker(Setup(seconds=1, patience=0.2, inspectors=MISDEEDS))
    assert rules(worker.inspect(misdeed("sleep"))) == {"scan.time"}
    check_alive(worker)
    worker.close()


def test_files_are_few_at_once(worker: Worker) -> None:
    """Opening one file a hundred times costs one descriptor; a hundred files are too many."""
    siblings = [(f"{number}.bin", 1, source("b", b"b").only.open) for number in range(100)]
    beside = Source.from_files("folder", "folder", siblings)
    hoard = Source("hoard" + ENDING, "file", misdeed("hoard").files, siblings=beside.files)
    found = worker.inspect(hoard)
    assert rules(found) == {"misdeed.unreadable"}
    check_alive(worker)


def test_an_answer_that_is_too_long_is_none(worker: Worker) -> None:
    """A hundred thousand names of a thousand letters do not fit into a message."""
    assert worker.tensors(misdeed("talk")) == ()
    check_alive(worker)


def test_what_an_inspector_claims_is_checked(worker: Worker) -> None:
    """Tensors lie inside their file, and names inside their folder."""
    assert worker.tensors(misdeed("lie")) == ()
    assert worker.needs(misdeed("lie")) == ("beside.bin",)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have fewer limits")
def test_the_system_refuses_as_well(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without any audit hook, what the system can take away is gone."""
    file = tmp_path_factory.mktemp("confined") / "file"
    file.write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-I", "-c", _CONFINED, str(file)],
        capture_output=True,
        check=True,
        timeout=60,
    )
    told = json.loads(done.stderr)
    for words, allowed in _ALLOWED.items():
        assert words in told["missing"] or told[words] in allowed, told
    assert {"no core dumps", "no written files", "few open files"}.isdisjoint(told["missing"])
