"""Writers killed several times a second: what was said to be done is done, and nothing is half."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from modelshelf.registry import Registry, open_registry
from tests.crash.forking import run_program
from tests.crash.test_writers import check_dense

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
KILLS = 24
DONE = 101


def check_said(registry: Registry, folder: Path) -> int:
    """Check everything that a writer was told is done; return how much that was."""
    said = [
        json.loads(line)
        for file in folder.glob("done-*")
        for line in file.read_text("utf-8").splitlines()
    ]
    for what, reference, seed in said:
        version = registry.versions.get(reference)
        assert version.tags["seed"] == str(seed)
        if what == "amended":
            assert version.metrics["seed"] == seed
        if what == "yanked":
            assert version.yanked == "wrong"
    return len(said)


def test_a_storm_of_kills_loses_nothing_that_was_said_to_be_done(tmp_path: Path) -> None:
    """Numbers dense, every row with its bytes, the log whole, no content twice, no failure."""
    told = run_program("storm", tmp_path / "registry", KILLS, DONE, timeout=300)
    assert told["failures"] == []
    assert told["kills"] >= KILLS
    with open_registry(tmp_path / "registry", actor="ana") as registry:
        found = registry.audit.verify(deep=True)
        assert found.problems == ()
        check_dense(registry)
        assert check_said(registry, tmp_path) >= DONE
        models = registry.models.list()
        versions = [v for m in models for v in registry.versions.list(m.name, limit=100_000)]
        assert max(Counter(v.digest for v in versions).values()) == 1
        for model in models:
            for holders in model.stages.values():
                assert sum(holder.weight for holder in holders) == 100
        # What the killed left behind is collected, and what is needed stays.
        registry.upkeep.gc(registry.upkeep.gc_plan(0))
        assert registry.audit.verify(deep=True).whole
        assert registry.upkeep.rebuild() == registry.audit.head()[0]
        assert registry.audit.verify().whole
