"""Eight processes at once: nothing is lost, nothing fails, and there is one log."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from modelshelf.registry import Registry, open_registry
from tests.crash.forking import run_program

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def check_dense(registry: Registry) -> None:
    """Check that every model's numbers are 1, 2, 3 ... and every entry's too."""
    for model in registry.models.list(limit=1_000, retired=True):
        numbers = [v.number for v in registry.versions.list(model.name, limit=100_000)]
        assert numbers == list(range(len(numbers), 0, -1))
        assert model.latest == model.versions == len(numbers)
    head = registry.audit.head()[0]
    assert [e.seq for e in registry.audit.entries(limit=head + 1)] == list(range(head, 0, -1))


def test_1600_of_1600_audited_writes_of_eight_processes(tmp_path: Path) -> None:
    """Every write is made once, in one chain, without a lock error and without a lost update."""
    waits = run_program("writers", "many", tmp_path / "registry")
    assert len(waits) == 8
    with open_registry(tmp_path / "registry", actor="ana") as registry:
        found = registry.audit.verify(deep=True)
        assert found.whole
        assert found.entries == 3 + 1_600
        check_dense(registry)
        events = Counter(e.event for e in registry.audit.entries(limit=10_000))
        assert events["version.registered"] == 1 + 400
        assert events["version.amended"] == 800
        assert events["model.described"] == 400
        shared = registry.versions.get("shared:1")
        assert len(shared.tags) == 400, "each tag is a write that nobody overwrote"
        assert {k: v for k, v in shared.metrics.items() if k.startswith("of-")} == {
            f"of-{who}": 197.0 for who in range(8)
        }
        actors = Counter(e.actor for e in registry.audit.entries(limit=10_000))
        assert {actors[f"writer-{who}"] for who in range(8)} == {200}
    assert max(waits) < 25, "nobody starves while the others write"


@pytest.mark.parametrize("mode", ["open", "create"])
def test_eight_processes_create_one_registry(tmp_path: Path, mode: str) -> None:
    """Whoever comes first makes it; the others open it, or are told that it is there."""
    rounds = run_program("writers", mode, tmp_path, 5)
    for number, answers in enumerate(rounds):
        made = [answer for answer in answers if answer[0] == "made"]
        assert len(made) == (8 if mode == "open" else 1), answers
        assert len({answer[1] for answer in made}) == 1, "one registry"
        assert sorted(answer[2] for answer in made) == list(range(1, len(made) + 1))
        assert all("already" in answer[1] for answer in answers if answer[0] == "conflict")
        with open_registry(tmp_path / f"{mode}-{number}" / "registry", actor="ana") as registry:
            assert registry.audit.verify(deep=True).whole
            check_dense(registry)
            events = Counter(e.event for e in registry.audit.entries(limit=100))
            assert events["registry.created"] == 1
            assert events["policy.recorded"] == 1, "all of them read one policy"
