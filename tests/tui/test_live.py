"""What another process changes is seen in every part of the app without a key pressed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from modelshelf.domain.provenance import Dataset
from modelshelf.tui import run
from modelshelf.tui.actions import MODES
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.polling import ChangePoller
from modelshelf.tui.store import Store
from modelshelf.tui.widgets.filter import Filter
from tests.furnished import model_file
from tests.tui import drops
from tests.tui.conftest import MakeApp, press, settle, text_of, until, write
from tests.tui.governed import POLICY
from tests.tui.healthy import (
    TAKES,
    go_to,
    hook,
    quick_doctor,  # noqa: F401 - a fixture is known where it is imported
)
from tests.tui.scene import Scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE = (120, 40)
pytestmark = pytest.mark.usefixtures("quick_doctor")
_COMPARED = ("risk/churn:v6", "risk/churn:v7", "risk/churn:v5")
_LOOKS = 3
_LONGEST = 1.0  # seconds: what a person who looks on takes for at once


@dataclass(frozen=True, slots=True)
class Live:
    """A part of the app, somebody who is in the middle of something there, and a change.

    Attributes:
        go: Leads to a thing that is not the first, and types or marks what can be.
        kept: Returns what must stay: the thing under the cursor, what is typed, what is marked.
        change: Changes something that is shown there, from outside of the app.
        told: What is on the screen afterwards, and was not before.
    """

    go: Callable[[ModelshelfApp, Pilot[None]], Awaitable[None]]
    kept: Callable[[Any], tuple[object, ...]]
    change: Callable[[Scene], object]
    told: str


def typed(app: ModelshelfApp) -> str:
    """Return what is typed into the filter of the screen."""
    return app.screen.query_one(Filter).query_one(Input).value


def modelshelf(scene: Scene, *words: str) -> None:
    """Change something in a process of its own."""
    command = [sys.executable, "-m", "modelshelf", "-R", str(scene.folder), *words]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


# --- one part after the other ---------------------------------------------------------------------


async def at_dashboard(_app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Go to the second model that serves."""
    await press(pilot, "j")


def own_another(scene: Scene) -> None:
    """Give a model to somebody."""
    with scene.open("ravi") as registry:
        registry.models.describe("vision/digits", owner="zoe")


async def at_models(_app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Search, mark the second version that is found, and stay on the one below it."""
    await press(pilot, "slash")
    await write(pilot, "churn")
    await press(pilot, "enter", "j", "space")


def register_another(scene: Scene) -> None:
    """Register a version from another process."""
    file = model_file(scene.folder.parent, 41)
    modelshelf(scene, "register", "risk/churn", str(file), "--metric", "auc=0.93")


async def at_inbox(_app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Search, and go to the second line that is found."""
    await press(pilot, "slash")
    await write(pilot, "risk")
    await press(pilot, "enter", "j")


def drop_another(scene: Scene) -> None:
    """Say what became of another file."""
    drops.put(scene, drops.line("risk/late.onnx", "waiting", reason="it must lie still for 2 s"))


async def at_second(_app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Go to the second thing of a list."""
    await press(pilot, "j")


def ask_for(reference: str) -> Callable[[Scene], None]:
    """Return what asks for production."""

    def ask(scene: Scene) -> None:
        with scene.open("ci") as registry:
            registry.requests.open(reference, "production", reason="won the test")

    return ask


async def at_lineage(app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Mark a version, and go from there to what it came from."""
    app.go_to_lineage("risk/churn:v7")
    await settle(pilot)
    await press(pilot, "space", "h")


def trained_on_another(scene: Scene) -> None:
    """Let a version come from another data set too."""
    with scene.open("ci") as registry:
        known = registry.versions.detail("risk/churn:v7").datasets
        registry.versions.amend("risk/churn:v7", datasets=[*known, Dataset("clicks", version="v9")])


async def at_compare(app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Go to the third version, and down to a metric."""
    app.go_to_compare(_COMPARED)
    await settle(pilot)
    await press(pilot, "l", "l", "j")


def measured_anew(scene: Scene) -> None:
    """Add a metric to a version that is compared."""
    with scene.open("ci") as registry:
        registry.versions.amend("risk/churn:v7", metrics={"auc": 0.7251})


async def at_audit(_app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Search, and go to the second entry that is found."""
    await press(pilot, "slash")
    await write(pilot, "risk/churn")
    await press(pilot, "enter", "j")


def yank_another(scene: Scene) -> None:
    """Yank a version from another process."""
    modelshelf(scene, "yank", "risk/churn:v1", "--reason", "its-data-leaked")


async def at_health(_app: ModelshelfApp, pilot: Pilot[None]) -> None:
    """Go to the second delivery."""
    await go_to(pilot, "deliveries")
    await press(pilot, "enter", "j")


def tell_the_hooks(scene: Scene) -> None:
    """Let something happen that a hook is told."""
    with scene.open("ci") as registry:
        registry.promotions.promote("risk/fraud:v2", "staging", reason="back again")
        registry.hooks.deliver()


LIVE: dict[str, Live] = {
    "dashboard": Live(
        at_dashboard, lambda app: (app.focused.id, app.screen.row.key), own_another,
        "changed owner of vision/digits",
    ),
    "models": Live(
        at_models,
        lambda app: (
            app.screen.versions.current.reference, typed(app), {*app.screen.versions.marked}
        ),
        register_another, "0.9300",
    ),
    "inbox": Live(
        at_inbox, lambda app: (app.screen.lines.current.path, typed(app)), drop_another,
        "risk/late.onnx",
    ),
    "reviews": Live(
        at_second, lambda app: (app.screen.lines.current.id,), ask_for("vision/digits:v1"),
        "vision/digits:v1",
    ),
    "lineage": Live(
        at_lineage, lambda app: (app.screen.picture.cursor, app.screen._marked.id),
        trained_on_another, "clicks v9",
    ),
    "compare": Live(
        at_compare, lambda app: (app.screen.chosen, app.screen.table.current.row.key),
        measured_anew, "0.7251",
    ),
    "audit": Live(
        at_audit, lambda app: (app.screen.entries.current.seq, typed(app)), yank_another,
        "its-data-leaked",
    ),
    "health": Live(
        at_health, lambda app: (app.screen.part, app.screen.pane, app.screen.delivery.id),
        tell_the_hooks, "3 told, 0 waiting",
    ),
}  # fmt: skip


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """Return a scene in which every part of the app has something to show."""
    told = hook("board", TAKES)
    (scene.folder / "modelshelf.toml").write_text(POLICY + told, "utf-8")
    drops.fill_inbox(scene)
    with scene.acting("ana", timedelta(hours=3)) as registry:
        registry.promotions.promote("vision/digits:v2", "staging", reason="smaller")
        registry.promotions.promote("risk/fraud:v3", "staging", reason="once more")
        registry.hooks.deliver()
    for reference in ("risk/churn:v5", "risk/churn:v4"):
        ask_for(reference)(scene)
    return scene


async def look_once(pilot: Pilot[None], app: ModelshelfApp, told: str) -> None:
    """Let the app look at the catalog once, as it does of itself, and wait for what it finds."""
    app._poller.look_now()
    await until(pilot, lambda: told in text_of(app))


@pytest.mark.parametrize("mode", MODES)
async def test_a_change_of_another_process_is_seen(
    make_app: MakeApp, busy: Scene, mode: str
) -> None:
    """One look brings it to the screen; cursor, marks and what is typed stay."""
    live, app = LIVE[mode], make_app(start=mode)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await live.go(app, pilot)
        kept = live.kept(app)
        assert live.told not in text_of(app)
        await asyncio.to_thread(live.change, busy)
        await look_once(pilot, app, live.told)
        assert live.kept(app) == kept


async def test_a_hidden_part_shows_the_change_when_it_is_visited(
    make_app: MakeApp, busy: Scene
) -> None:
    """Nothing is asked for what nobody sees, and nothing old is shown to whoever comes back."""
    app = make_app(start=MODES[0])
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for mode in MODES:
            app.at_mode(mode)
            await settle(pilot)
            if mode in ("lineage", "compare"):  # somebody says what they show
                await LIVE[mode].go(app, pilot)
        for mode in MODES:
            hidden = app._frames[mode]
            assert app.screen is not hidden
            await asyncio.to_thread(LIVE[mode].change, busy)
            app._poller.look_now()
            await until(pilot, lambda hidden=hidden: hidden._stale)  # type: ignore[misc]
            app.at_mode(mode)
            await settle(pilot)
            assert LIVE[mode].told in text_of(app), mode


# --- how often ------------------------------------------------------------------------------------


def test_the_app_looks_once_a_second_at_least(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is begun at a terminal, where nobody says how often."""
    begun: list[ModelshelfApp] = []
    monkeypatch.setattr(run, "_usable_terminal", lambda: True)
    monkeypatch.setattr(ModelshelfApp, "run", lambda app, **_given: begun.append(app))
    assert run.run(scene.folder, watch=False) == 0
    assert [app._poller._seconds <= _LONGEST for app in begun] == [True]


def test_between_two_looks_it_waits_no_longer(scene: Scene) -> None:
    """What the poller is told is what it waits for, and every wait is followed by a look."""
    did: list[object] = []

    class Looking(ChangePoller):
        def _look(self) -> None:
            did.append("look")
            super()._look()

    class Woken(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            did.append(timeout)
            poller._stopped = did.count(timeout) == _LOOKS
            return True

    store = Store(scene.open)
    poller = Looking(store, lambda _message: None, seconds=_LONGEST)
    poller._woken = Woken()
    poller._run()
    store.close()
    assert did == ["look", _LONGEST] * _LOOKS
