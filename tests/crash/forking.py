"""Processes that start together and may be killed, forked by a program of its own.

The test runner has threads, which a fork does not survive; so a test starts one of the programs of
this folder (:func:`run_program`), which has loaded everything and forks as often as it likes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from modelshelf.registry import create_registry
from tests.furnished import model_file

PROJECT = Path(__file__).parents[2]


def run_program(module: str, *arguments: object, timeout: float = 100) -> Any:  # noqa: ANN401 - JSON
    """Run a program of this folder and return what it prints, read as JSON."""
    path = os.pathsep.join([*filter(None, sys.path), str(PROJECT)])
    done = subprocess.run(
        [sys.executable, "-m", f"tests.crash.{module}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return json.loads(done.stdout)


def warm_up() -> None:
    """Load everything that writing needs, so that a forked child begins at once."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with create_registry(root / "registry", actor="warm") as registry:
            made = registry.versions.register("warm", model_file(root, 1))
            registry.promotions.promote(made.version.reference, "staging", reason="r")
            registry.upkeep.gc(registry.upkeep.gc_plan())


class Child:
    """A forked process that does one piece of work and hands back a plain value."""

    def __init__(self, work: Callable[[], Any], gate: tuple[int, int] | None = None) -> None:
        """Fork; the work begins when the parent closes the pipe ``gate`` (read end, write end)."""
        self._answer, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _do(work, gate, write)
        os.close(write)

    def result(self) -> tuple[int, Any]:
        """Wait for the end; return the exit status (negative: the signal) and the answer."""
        with os.fdopen(self._answer, encoding="utf-8") as pipe:
            text = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return status, json.loads(text) if text else None


def _do(work: Callable[[], Any], gate: tuple[int, int] | None, write: int) -> None:
    status = 1
    try:
        if gate is not None:
            os.close(gate[1])  # else this process would hold its own gate shut
            os.read(gate[0], 1)
        answer = work()
        os.write(write, json.dumps(answer).encode())
        status = 0
    except BaseException:  # noqa: BLE001 - the parent is told, whatever it was
        os.write(write, json.dumps(traceback.format_exc()).encode())
    finally:
        os._exit(status)


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Let ``count`` processes do their work, all beginning at one moment; return the answers.

    Raises:
        AssertionError: One of them failed; with its traceback.
    """
    gate = os.pipe()
    children = [Child(partial(work, number), gate) for number in range(count)]
    for end in gate:
        os.close(end)
    answers = []
    for child in children:
        status, answer = child.result()
        assert status == 0, answer
        answers.append(answer)
    return answers
