"""What the app asks every second while nothing happens: one number, and nothing of the tables."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from modelshelf.registry import Registry
from modelshelf.tui import polling
from modelshelf.tui.facts import Facts, facts
from modelshelf.tui.messages import CatalogChanged, CatalogOpened, FactsChanged
from modelshelf.tui.polling import ChangePoller
from modelshelf.tui.store import Store
from tests.tui.scene import Scene

_LOOKS, _FEW = 10, 5


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Facts]:
    """Return the facts that are asked for, by a clock on which a second passes at each look."""
    found: list[Facts] = []

    def listened(registry: Registry) -> Facts:
        found.append(facts(registry))
        return found[-1]

    monkeypatch.setattr(polling, "facts", listened)
    seconds = count()
    monkeypatch.setattr(polling, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))
    return found


def test_facts_are_asked_for_when_something_changed(scene: Scene, asked: list[Facts]) -> None:
    """Looks at a catalog at rest ask for no facts; a change or another policy has them asked."""
    told: list[object] = []
    store = Store(scene.open)
    poller = ChangePoller(store, told.append, seconds=1.0)
    assert _looks(poller, asked) <= _FEW
    assert [type(one) for one in told] == [CatalogOpened]
    assert _looks(poller, asked) == 0
    with scene.acting("ana", timedelta()) as registry:
        registry.models.describe("risk/churn", owner="mia")
    assert 1 <= _looks(poller, asked) <= _FEW
    assert [type(one) for one in told[1:]] == [CatalogChanged]
    policy = scene.folder / "modelshelf.toml"
    policy.write_text('[roles]\nadmin = ["mia"]\n', "utf-8")
    os.utime(policy, (1, 1))  # long ago, so that nobody is still writing it
    assert 1 <= _looks(poller, asked) <= _FEW
    assert [type(one) for one in told[2:]] == [FactsChanged]
    assert asked[-1].role != asked[0].role
    assert _looks(poller, asked) == 0
    store.close()


def test_what_nothing_tells_of_is_asked_for_by_the_way(scene: Scene, asked: list[Facts]) -> None:
    """However quiet the catalog is, the facts are never older than half a minute."""
    store = Store(scene.open)
    poller = ChangePoller(store, lambda _message: None, seconds=1.0)
    _looks(poller, asked)
    assert sum(_looks(poller, asked) for _ in range(6)) == 2
    store.close()


def _looks(poller: ChangePoller, asked: list[Facts]) -> int:
    """Return how many of some looks ask for facts."""
    before = len(asked)
    for _ in range(_LOOKS):
        poller._look()
    return len(asked) - before
