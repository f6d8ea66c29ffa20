"""Two artifacts are read in step through small buffers, and it can be stopped between pieces."""

from __future__ import annotations

import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from modelshelf.domain.errors import NotFound, Unavailable
from modelshelf.formats import Source
from modelshelf.formats.comparing import Side, plan, running, streams
from modelshelf.formats.interface import Placed
from tests.formats.comparing.made import PIECE, Unseekable, lying, noting, small_pieces, states

MIB = 1 << 20


def rows_of(count: int, elements: int) -> tuple[Placed, ...]:
    """Return float32 tensors one behind the other."""
    size = 4 * elements
    return tuple(
        Placed(f"h.{n}.w", "float32", (elements,), "w", n * size, size) for n in range(count)
    )


def test_no_read_is_larger_than_a_piece() -> None:
    """Whatever the size of a tensor, no more than a piece of it is asked for; all files close."""
    data = np.arange(5_000, dtype=np.float32).tobytes()
    placed = rows_of(1, 5_000)
    Unseekable.most = Unseekable.open_now = 0
    with small_pieces(threads=2):
        found = plan(
            Side("m:v1", noting("w", data), placed),
            Side("m:v2", noting("w", data[:-4] + bytes(4)), placed),
        ).run()
    assert (found.rows[0].changed, found.bytes_read) == (1, 2 * len(data))
    assert (Unseekable.most, Unseekable.open_now) == (PIECE, 0)


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    """Two files of 200 MB take the memory of the buffers and no more."""
    elements = 50_000_000
    sides = []
    for name in ("a", "b"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(4 * elements)
        triple = ("w", 4 * elements, lambda path=path: path.open("rb"))
        sides.append(
            Side(f"{name}:v1", Source.from_files("w", "file", [triple]), rows_of(1, elements))
        )
    plan(*sides)  # what is imported once does not count
    tracemalloc.start()
    try:
        found = plan(*sides).run()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not found.differs
    assert most < 64 * MIB


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_come_to_the_same(threads: int) -> None:
    """Sums are added in the order of the pieces, whoever took them."""
    chance = np.random.default_rng(1)
    values = chance.standard_normal(40_000, dtype=np.float32)
    moved = values + np.float32(1e-3) * chance.standard_normal(40_000, dtype=np.float32)
    placed = rows_of(8, 5_000)
    sides = [
        Side(
            "m",
            Source.from_files(
                "w", "file", [("w", data.nbytes, noting("w", data.tobytes()).only.open)]
            ),
            placed,
        )
        for data in (values, moved)
    ]
    with small_pieces(threads):
        found = plan(*sides).run()
    with small_pieces():
        assert plan(*sides).run() == found
    assert {row.state for row in found.rows} == {"changed"}


def test_progress_is_told_in_this_thread_and_ends_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes done only grow; the last word is all of them."""
    monkeypatch.setattr(running, "_REPORT_EVERY", 1)
    told: list[tuple[int, int, str, int]] = []
    data = np.arange(5_000, dtype=np.float32).tobytes()
    side = Side("m:v1", noting("w", data), rows_of(5, 1_000))
    with small_pieces(threads=2):
        made = plan(side, side)
        made.run(lambda done, total, name: told.append((done, total, name, threading.get_ident())))
    assert {(total, ident) for _, total, _, ident in told} == {(made.size, threading.get_ident())}
    done = [each[0] for each in told]
    assert done == sorted(done)
    assert done[-1] == made.size == 2 * len(data)
    assert told[0][2].startswith("h.")


@pytest.mark.parametrize("after", [0, 1, 3])
def test_what_was_compared_until_it_was_stopped_is_told(after: int) -> None:
    """A tensor is compared wholly or not at all; the rest is unread, and that is said."""
    asked = iter([False] * after + [True] * 100)
    data = np.arange(400, dtype=np.float32).tobytes()
    side = Side("m:v1", noting("w", data), rows_of(4, 100))
    with small_pieces():
        found = plan(side, side).run(cancelled=lambda: next(asked))
    assert list(states(found).values()) == ["same"] * after + ["unread"] * (4 - after)
    assert not found.whole
    assert f"{4 - after} tensor" in found.notes[0]
    assert "because it was stopped" in found.notes[0]


def test_stopping_when_all_is_done_takes_nothing_away() -> None:
    """Whoever stops after the last piece has the whole answer."""
    asked = iter([False, True])
    side = lying("w", "float32", (2,), bytes(8))
    assert plan(side, side).run(cancelled=lambda: next(asked)).whole


@pytest.mark.parametrize("error", [NotFound("it is gone"), OSError(5, "Input/output error")])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_that_vanishes_is_a_sentence(error: Exception, threads: int) -> None:
    """From whichever thread, the failure reaches the caller as one of ours."""

    def gone() -> BinaryIO:
        raise error

    side = lying("w", "float32", (1_000,), bytes(4_000))
    file = replace(side.source.only, open=gone)
    broken = replace(side, source=replace(side.source, files=(file,)))
    with small_pieces(threads), pytest.raises((NotFound, Unavailable), match=r"gone|Input/output"):
        plan(side, broken).run()
    assert not [t for t in threading.enumerate() if t.name == "modelshelf-compare"]


def test_whoever_breaks_off_leaves_no_thread() -> None:
    """An error in the caller's own function ends every thread."""

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    side = lying("w", "float32", (10_000,), bytes(40_000))
    with small_pieces(threads=2), pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "_REPORT_EVERY", 1)
        with pytest.raises(KeyboardInterrupt):
            plan(side, side).run(progress=broken)
    assert not [t for t in threading.enumerate() if t.name == "modelshelf-compare"]


def test_a_system_that_cannot_read_at_a_place_seeks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without preadv, as on Windows, the answer is the same."""
    monkeypatch.setattr(streams, "_AT_OFFSET", False)
    path = tmp_path / "w"
    path.write_bytes(np.arange(3_000, dtype=np.float32).tobytes())
    source = Source.from_files("w", "file", [("w", 12_000, lambda: path.open("rb"))])
    side = Side("m:v1", source, rows_of(3, 1_000))
    with small_pieces(threads=2):
        assert not plan(side, side).run().differs


def test_few_files_are_open_at_once() -> None:
    """An artifact of a hundred files keeps a few of them open."""
    Unseekable.open_now, most = 0, 0
    files = [(f"{n:03}", 4, noting("w", bytes(4)).only.open) for n in range(100)]
    placed = tuple(Placed(f"t{n}", "float32", (1,), f"{n:03}", 0, 4) for n in range(100))
    side = Side("m:v1", Source.from_files("m", "folder", files), placed)

    def watch() -> bool:
        nonlocal most
        most = max(most, Unseekable.open_now)
        return False

    assert not plan(side, side).run(cancelled=watch).differs
    assert most <= 2 * streams._OPEN_MOST
    assert Unseekable.open_now == 0


def test_numpy_is_imported_only_to_compare() -> None:
    """Neither looking into files nor planning a comparison imports it."""
    code = (
        "import sys, modelshelf.formats, modelshelf.formats.comparing, modelshelf.registry\n"
        "import modelshelf.registry.tensor_comparing\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
