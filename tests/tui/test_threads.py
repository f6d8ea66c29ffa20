"""The thread that draws never asks the registry."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from modelshelf.tui.store import Store
from tests.tui.conftest import MakeApp, press, settle, write

PARTS = ("models", "versions", "promotions", "inbox", "audit")


class Heard:
    """Stands before a part of the registry and notes which thread calls."""

    def __init__(self, part: object, name: str, calls: list[tuple[str, int]]) -> None:
        """Stand before ``part``."""
        self._part, self._name, self._calls = part, name, calls

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the part has
        """Note the thread and pass the call on."""
        self._calls.append((f"{self._name}.{name}", threading.get_ident()))
        return getattr(self._part, name)


async def test_the_store_refuses_the_thread_that_draws(make_app: MakeApp) -> None:
    """A screen that forgets itself fails at once, not only on a slow disk."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        with pytest.raises(RuntimeError, match="draws the screen"):
            app.store.registry()


async def test_every_screen_asks_from_another_thread(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through all screens and a promotion, every call of the registry comes from a worker."""
    calls: list[tuple[str, int]] = []
    real = Store.registry

    def listening(store: Store) -> Any:  # noqa: ANN401 - a registry, listened to
        registry = real(store)
        for name in PARTS:
            part = getattr(registry, name)
            if not isinstance(part, Heard):
                setattr(registry, name, Heard(part, name, calls))
        return registry

    monkeypatch.setattr(Store, "registry", listening)
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(
            pilot, *["j"] * 4, "enter", "space", "space", "c", "escape", "b", "escape", "slash"
        )
        await write(pilot, "fraud")
        await press(pilot, "escape", "enter", "p", "r")
        await write(pilot, "why not")
        await press(pilot, "ctrl+s")
        await write(pilot, "risk/churn")
        await press(pilot, "ctrl+s", "7", "j", "r", "3", "r", "s", "i", "x", "escape", "m")
        await press(pilot, "escape", "2", "r")
        mine = threading.get_ident()
        asked = {name for name, _ in calls}
        assert [name for name, thread in calls if thread == mine] == []
    wanted = {
        "models.list",
        "versions.search",
        "versions.by_ids",
        "promotions.promote",
        "audit.entries",
    }
    assert wanted | {"inbox.lines", "inbox.counts"} <= asked
