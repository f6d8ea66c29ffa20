"""Questions from many threads at once do not bring the process to a stand."""

from __future__ import annotations

from pathlib import Path

from tests.crash.forking import run_program


def test_many_threads_may_ask_one_past(tmp_path: Path) -> None:
    """One past is replayed once and answers everybody; in a process of its own, lest all stand."""
    assert run_program("asking", tmp_path, timeout=60) == []
