"""Which data files are opened: heard while somebody listens, at no time in the way."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from modelshelf.capture import opening
from tests.surroundings.work_trees import put


@contextmanager
def listening() -> Iterator[opening.Heard]:
    """Listen for a block."""
    heard = opening.listen()
    try:
        yield heard
    finally:
        opening.leave(heard)


def test_every_way_of_python_to_open_a_file_is_heard(tmp_path: Path) -> None:
    """`open`, `os.open`, pathlib, bytes and NumPy, each file once, in order."""
    names = ("a.csv", "b.TSV", "c.jsonl", "d.parquet", "e.csv.gz")
    files = [put(tmp_path / name, "x") for name in names]
    np.save(tmp_path / "f.npy", np.zeros(2))
    with listening() as heard:
        for _ in range(2):
            files[0].read_text("utf-8")
            os.close(os.open(files[1], os.O_RDONLY))
            open(os.fsencode(files[2]), "rb").close()  # noqa: PTH123 - bytes
            for file in files[3:]:
                file.open("rb").close()
            np.load(tmp_path / "f.npy")
    assert heard.read == (*map(str, files), str(tmp_path / "f.npy"))


def test_other_files_are_not_heard(tmp_path: Path) -> None:
    """Code, what is written, what was written before it is read, and what packages read."""
    put(tmp_path / "code.py", "x").read_text("utf-8")
    data = put(tmp_path / "site-packages" / "sklearn" / "iris.csv", "x")
    with listening() as heard:
        (tmp_path / "code.py").read_text("utf-8")
        data.read_text("utf-8")
        put(tmp_path / "made.csv", "x").read_text("utf-8")
        os.close(os.open(tmp_path / "two.csv", os.O_RDWR | os.O_CREAT))
        with opening.unheard():
            put(tmp_path / "own.csv", "x")
            (tmp_path / "own.csv").read_text("utf-8")
    (tmp_path / "made.csv").read_text("utf-8")
    assert heard.read == ()


def test_listeners_inside_one_another_hear_each_for_itself(tmp_path: Path) -> None:
    """Who begins later or ends earlier hears less; other threads are heard too."""
    one, two, three = (put(tmp_path / f"{n}.csv", "x") for n in range(3))
    with listening() as outer:
        one.read_text("utf-8")
        with listening() as inner:
            thread = threading.Thread(target=lambda: two.read_text("utf-8"))
            thread.start()
            thread.join()
        three.read_text("utf-8")
    assert outer.read == (str(one), str(two), str(three))
    assert inner.read == (str(two),)


def test_one_hook_serves_the_whole_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often somebody listens, no second hook is added."""
    with listening():
        pass
    added: list[object] = []
    monkeypatch.setattr(sys, "addaudithook", added.append)
    for _ in range(3):
        with listening():
            pass
    assert added == []


@pytest.mark.parametrize("path", [3, None, b"\xff.csv", "\ud800.csv", "x\0.csv", object()])
def test_odd_paths_break_nothing(path: object) -> None:
    """An error in the hook would be one of whoever opens the file."""
    with listening():
        opening._hook("open", (path, "r", 0))
        opening._hook("open", (path,))
        opening._hook("open", ())


def test_there_is_an_end_to_what_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that opens a million files does not fill the memory."""
    monkeypatch.setattr(opening, "OPENED_MOST", 3)
    with listening() as heard:
        for n in range(9):
            opening._hook("open", (str(tmp_path / f"{n}.csv"), "r", 0))
    assert len(heard.read) == 3
