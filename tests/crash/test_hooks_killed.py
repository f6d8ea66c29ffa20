"""A deliverer killed at any step loses nothing: each hook is told at least once, and in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from modelshelf.registry import create_registry, open_registry
from tests.crash.forking import PROJECT
from tests.furnished import model_file

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no way to be killed here")

# A hook says which entry it was told by the end of the id it is given, in one write.
_SAYS = 'echo "${{MODELSHELF_HOOK_ID##*/}}" >> told-{0}'
_POLICY = """
[[hooks]]
name = "all"
on = ["model.*"]
run = ["sh", "-c", '''{0}''']
[[hooks]]
name = "versions"
on = ["version.*"]
run = ["sh", "-c", '''{1}''']
"""
EXPECTED = {"told-all": [3, 5, 7], "told-versions": [4, 6]}
LANES = {3: 1, 4: 1, 5: 2, 6: 2, 7: 1}
ROUNDS = 5
STRIDES = 2  # processes, for a machine that has several cores


def begin(root: Path) -> Path:
    """Make a registry with two hooks and two models of which nobody was told."""
    root.mkdir()
    policy = _POLICY.format(_SAYS.format("all"), _SAYS.format("versions"))
    (root / "modelshelf.toml").write_text(policy, "utf-8")
    with create_registry(root, actor="ana") as registry:
        for number, name in enumerate(("one", "two")):
            registry.versions.register(name, model_file(root.parent / "files", number))
        registry.models.describe("one", owner="bo")
    return root


def run(*words: str | Path) -> subprocess.Popen[str]:
    """Begin a process of the tests' own."""
    path = os.pathsep.join([*filter(None, sys.path), str(PROJECT)])
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": path},
    )


def check(told: list[int], expected: list[int]) -> None:
    """Check that nothing is missing, and that models were told of in order, perhaps again."""
    assert sorted(set(told)) == expected
    for lane in (1, 2):
        in_order = [seq for seq, _again in groupby(t for t in told if LANES[t] == lane)]
        assert in_order == sorted(in_order), told


@pytest.mark.parametrize("first", range(1, STRIDES + 1))
def test_killed_at_every_step(tmp_path: Path, first: int) -> None:
    """Before and after every plan, attempt and outcome, and in the middle of each."""
    story = begin(tmp_path / "story")
    done = run("tests.crash.hooks_killed", story, str(STRIDES), str(first))
    said, trouble = done.communicate(timeout=300)
    assert done.returncode == 0, trouble
    results: list[dict[str, Any]] = json.loads(said)
    assert len(results) > 50, "these are too few steps"
    for result in results:
        for name, expected in EXPECTED.items():
            check([int(seq) for seq in result["told"][name]], expected)
    assert {r["code"] for r in results[:-1]} == {-signal.SIGKILL}
    assert results[-1]["code"] == 0
    twice = [r for r in results if len(r["told"]["told-all"]) > len(EXPECTED["told-all"])]
    assert twice, "no kill came between an attempt and its outcome"


def test_killed_while_others_write(tmp_path: Path) -> None:
    """A deliverer that is killed again and again while events come in: none is lost."""
    root = begin(tmp_path / "registry")
    told = root / "told-all"
    expected = [3, 5, *range(7, 8 + ROUNDS)]
    with open_registry(root, actor="bo") as registry:
        for number in range(ROUNDS):
            deliverer = run("modelshelf", "-R", root, "hooks", "deliver", "-q")
            registry.models.describe("one", description=f"number {number}")
            until = time.monotonic() + 5
            before = told.stat().st_size if told.exists() else 0
            while deliverer.poll() is None and time.monotonic() < until:
                if number % 3 and told.exists() and told.stat().st_size > before:
                    deliverer.kill()
                time.sleep(0.001)
            deliverer.communicate()
        registry.hooks.deliver()
        assert registry.hooks.deliver().waiting == 0
        assert registry.audit.verify().whole
    said = [int(word) for word in told.read_text().split()]
    assert sorted(set(said)) == expected
    assert [seq for seq, _again in groupby(s for s in said if s > 6)] == expected[2:]
