"""Looking in a child process finds what looking here finds, whatever happens to the child."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from modelshelf import formats
from modelshelf.domain.errors import Unavailable
from modelshelf.formats import Source
from modelshelf.formats.interface import Extent
from modelshelf.formats.scanner import SCANNER, scanner
from modelshelf.formats.worker.process import Lost
from modelshelf.formats.worker.questions import answer_here
from modelshelf.formats.worker.setup import Setup
from modelshelf.formats.worker.shared import Worker, shared_worker
from tests.formats.builders import FIXTURES, fixture, folder, rules, safetensors, source, tensor

NAMES = sorted(path.name for path in FIXTURES.iterdir() if path.suffix != ".py")


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Give a worker of its own."""
    made = Worker()
    yield made
    made.close()


def child_of(worker: Worker) -> int:
    """Return the process id of its one idle child."""
    (process,) = worker._idle
    return process.identity


@pytest.mark.parametrize("name", NAMES)
def test_a_child_finds_what_this_process_finds(name: str) -> None:
    """All but who signed it, for every question and every file there is."""
    here = Source.from_path(FIXTURES / name)
    found = formats.inspect(here)
    alike = answer_here("inspect", here)
    assert {**_parts(found), "scanner": ""} == {**_parts(alike), "scanner": ""}
    assert found.scanner in formats.scanners()
    measured: Extent = answer_here("measure", here)
    assert (formats.expected_size(here), formats.is_whole(here)) == (
        measured.expected,
        measured.whole,
    )
    assert formats.tensors(here) == answer_here("tensors", here)
    assert formats.needs(here) == answer_here("needs", here)


@pytest.mark.parametrize("name", NAMES)
def test_a_survey_is_both_answers_at_once(name: str) -> None:
    """What is found and where the tensors lie, as if it had been asked one by one."""
    here = Source.from_path(FIXTURES / name)
    found = formats.survey(here)
    assert found.inspection == formats.inspect(here)
    assert found.placed == (formats.tensors(here) if found.inspection.tensors else ())


def test_a_survey_that_is_lost_is_asked_once(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that hangs the child costs its time once, and the verdict says what happened."""
    asked: list[str] = []

    def ask(question: str, *_: object) -> None:
        asked.append(question)
        raise Lost("scan.time", "looking took too long")

    monkeypatch.setattr(worker, "_ask", ask)
    found = worker.survey(source("floats.npy", fixture("floats.npy")))
    assert (found.inspection.verdict, found.placed, asked) == ("incomplete", (), ["survey"])


def _parts(found: object) -> dict[str, object]:
    """Return the fields of an inspection."""
    return {name: getattr(found, name) for name in type(found).__dataclass_fields__}  # type: ignore[attr-defined]


def test_every_inspection_is_signed() -> None:
    """A file without pickles by our scanner, one with pickles by both."""
    assert formats.inspect(source("floats.npy", fixture("floats.npy"))).scanner == SCANNER
    signed = formats.inspect(source("m.pkl", fixture("pipeline.4.pkl"))).scanner
    assert signed == scanner() == f"{SCANNER}; picklescan 1.0.5"
    assert formats.inspect(folder("f", {"a.pkl": fixture("pipeline.4.pkl")})).scanner == signed
    assert formats.scanners() == {SCANNER, signed}


def test_a_folder_may_have_more_files_than_a_child_may_open(worker: Worker) -> None:
    """Its members are lent one after the other."""
    files = {f"part-{number}.npy": fixture("floats.npy") for number in range(500)}
    found = worker.inspect(folder("parts", files))
    assert (found.verdict, found.tensors) == ("clean", 500)


def test_openings_have_their_own_positions(worker: Worker) -> None:
    """A zip is read at its end and at its members while it is open twice."""
    data = fixture("objects.npz")
    assert worker.inspect(source("objects.npz", data)).format == "npz"


def test_a_name_that_is_no_text_comes_through(worker: Worker) -> None:
    """A file name of any bytes is looked at."""
    name = os.fsdecode(b"caf\xe9.npy")
    assert worker.inspect(source(name, fixture("floats.npy"))).format == "npy"


def test_a_file_that_cannot_be_opened_is_a_finding(worker: Worker) -> None:
    """Whether the system says so or the artifact store."""

    def gone() -> BinaryIO:
        raise FileNotFoundError(2, "No such file or directory")

    def away() -> BinaryIO:
        raise Unavailable("the store does not answer")

    for opener in (gone, away):
        found = worker.inspect(Source.from_files("m.npy", "file", [("m.npy", 10, opener)]))
        assert (found.format, found.verdict) == ("unknown", "incomplete")
        assert rules(found) == {"unknown.unreadable"}
        assert worker.measure(Source.from_files("m", "file", [("m", 1, opener)])) == Extent()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(worker: Worker, tmp_path: Path) -> None:
    """What was a file when it was listed may be anything when it is opened."""
    (tmp_path / "a.npy").write_bytes(fixture("floats.npy"))
    listed = Source.from_path(tmp_path)
    (tmp_path / "a.npy").unlink()
    os.mkfifo(tmp_path / "a.npy")
    found = worker.inspect(listed)
    assert found.verdict == "incomplete"
    assert "unknown.unreadable" in rules(found)


def test_a_file_that_shrinks_is_no_trouble(worker: Worker, tmp_path: Path) -> None:
    """It is shorter than its size by now."""
    (tmp_path / "a.npy").write_bytes(fixture("floats.npy"))
    listed = Source.from_path(tmp_path / "a.npy")
    (tmp_path / "a.npy").write_bytes(b"")
    assert worker.inspect(listed).format in {"npy", "unknown"}


def test_a_killed_child_is_replaced(worker: Worker) -> None:
    """Between two requests nobody notices."""
    honest = source("floats.npy", fixture("floats.npy"))
    worker.inspect(honest)
    first = child_of(worker)
    os.kill(first, signal.SIGKILL)
    assert worker.inspect(honest).verdict == "clean"
    assert child_of(worker) != first


def test_a_child_serves_only_so_often() -> None:
    """Whatever it may have gathered goes with it."""
    worker = Worker(Setup(requests=3))
    honest = source("floats.npy", fixture("floats.npy"))
    for _ in range(2):
        assert worker.measure(honest).whole
    first = child_of(worker)
    assert worker.measure(honest).whole
    assert worker._idle == []
    assert worker.measure(honest).whole
    assert child_of(worker) != first
    worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the size of a process from /proc")
def test_a_child_does_not_grow(worker: Worker) -> None:
    """Ten thousand requests later it is as large as after five hundred."""
    data = safetensors({"a": tensor(0, 4, [1])}, bytes(4))
    file = io.BytesIO(data)
    assert file.read() == data
    small = source("a.safetensors", data)

    def size() -> int:
        pages = Path(f"/proc/{child_of(worker)}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(500):
        worker.measure(small)
    first, before = child_of(worker), size()
    for _ in range(9_500):
        worker.measure(small)
    assert child_of(worker) == first
    assert size() - before < 1_000_000


def test_many_threads_share_few_children(worker: Worker) -> None:
    """Each gets the answer to its own question."""
    wrong: list[str] = []

    def ask(name: str, format_: str) -> None:
        looked = (worker.inspect(source(name, fixture(name))) for _ in range(20))
        wrong.extend(name for found in looked if found.format != format_)

    asked = [("floats.npy", "npy"), ("tiny.gguf", "gguf"), ("pipeline.onnx", "onnx")] * 3
    threads = [threading.Thread(target=ask, args=each) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(worker._idle) <= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_a_child_of_its_own() -> None:
    """And leaves that of its parent alone."""
    honest = source("floats.npy", fixture("floats.npy"))
    assert formats.inspect(honest).verdict == "clean"
    mine = {process.identity for process in shared_worker()._idle}
    forked = os.fork()
    if not forked:
        sound = formats.inspect(honest).verdict == "clean"
        sound = sound and child_of(shared_worker()) not in mine
        shared_worker().close()
        os._exit(0 if sound else 1)
    _, status = os.waitpid(forked, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert formats.inspect(honest).verdict == "clean"
    assert mine == {process.identity for process in shared_worker()._idle}


def test_where_no_child_starts_this_process_looks() -> None:
    """It says so, and does not try for ever."""
    worker = Worker(Setup(python="/bin/false" if os.name == "posix" else ""))
    worker.warm()
    for _ in range(5):
        assert worker.inspect(source("floats.npy", fixture("floats.npy"))).format == "npy"
    assert worker._failed <= 3
    assert worker.state().startswith("files are looked into in this very process: ")
    assert Worker(Setup(python="")).state().endswith("packed together with its interpreter")


def test_a_child_can_be_started_early(worker: Worker) -> None:
    """The first file then finds it there."""
    worker.warm()
    first = child_of(worker)
    worker.warm()
    assert worker.state().startswith("files are looked into in a child process")
    assert worker.inspect(source("floats.npy", fixture("floats.npy"))).verdict == "clean"
    assert child_of(worker) == first


def test_the_shared_worker_is_one() -> None:
    """Everybody in a process asks the same one."""
    formats.warm()
    assert shared_worker() is shared_worker()
    assert "looked into" in formats.worker_state()
