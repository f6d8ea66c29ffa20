"""Health: everything at a glance, a proof that is stopped, a catalog that was forged."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.catalog import past
from modelshelf.domain.audit import Problem
from modelshelf.registry.halting import Halted
from modelshelf.tui import proving
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.tasks import Task
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until
from tests.tui.healthy import (
    SIZE,
    forge,
    go_to,
    health_of,
    hook,
    hooked,
    quick_doctor,  # noqa: F401 - a fixture is known where it is imported
)
from tests.tui.scene import NOW, Scene

pytestmark = pytest.mark.usefixtures("quick_doctor")


@pytest.mark.parametrize("size", [SIZE, (80, 24), (200, 60)])
async def test_everything_at_a_glance(make_app: MakeApp, size: tuple[int, int]) -> None:
    """A line for each thing, each with a sign and a word; nothing is claimed that was not seen."""
    app = make_app(start="health")
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        shown = text_of(app)
        assert "✓ in order  hooks        none: nobody outside is told of anything" in shown
        assert "⚠ look      log          never verified" in shown
        assert "○ not seen  garbage" in shown
        assert "✓ in order  storage" in shown
        assert dangerous(app) == set()


async def test_a_whole_registry_is_verified(make_app: MakeApp, scene: Scene) -> None:
    """V reads every byte; what came of it stays with head and time, and over the next start."""
    folder = scene.folder.parent / "state"
    app = make_app(start="health", state_folder=folder)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "V")
        await until(pilot, lambda: not health_of(app).busy)
        with scene.open() as registry:
            seq, seal = registry.audit.head()
        assert f"✓ whole up to entry {seq}" in text_of(app)
        assert seal in text_of(app)
        app.save_state()
    again = make_app(start="health", state_folder=folder)
    async with again.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert f"✓ in order  log          whole up to entry {seq}, now, every byte" in text_of(
            again
        )
        assert health_of(again).part == "log"


async def test_a_forged_catalog_is_wrong(make_app: MakeApp, scene: Scene) -> None:
    """An edited row and a lost blob stand first, each with what to do about it."""
    forge(scene, "UPDATE model SET owner = 'mallory' WHERE name = 'risk/fraud'")
    blob = next(file for file in (scene.folder / "blobs").rglob("*") if file.is_file())
    blob.unlink()
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "v")
        await until(pilot, lambda: not health_of(app).busy)
        shown = text_of(app)
        assert "✗ wrong     log" in shown
        assert "things are not as written" in shown
        assert "modelshelf rebuild makes them anew" in shown
        await press(pilot, "enter", "G")
        assert "is missing" in text_of(app)
        assert "restore the file from a backup" in text_of(app)


async def test_a_verification_is_stopped_half_way(
    make_app: MakeApp, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how far it was and what was wrong until there, and nothing stays open."""
    app = make_app(start="health")
    monkeypatch.setattr(past, "_STEP", 5)
    real = Task.note

    def stopping(task: Task, done: int, whole: int, what: str = "") -> None:
        real(task, done, whole, what)
        task.stopped = task.unit == "entries" and done >= 10

    monkeypatch.setattr(Task, "note", stopping)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "v")
        await until(pilot, lambda: not health_of(app).busy)
        assert "% of the entries: nothing wrong until there" in text_of(app)
        assert "⚠ look      log" in text_of(app)
        assert not proving.kept(health_of(app).known.proof)
        with scene.acting("ana") as registry:  # no reader is left behind that would hold it up
            registry.models.describe("risk/fraud", owner="mei")


def test_a_halted_verification_has_found_something(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each phase, whoever ends it learns what was wrong until there."""
    monkeypatch.setattr(past, "_STEP", 1)
    forge(scene, "UPDATE audit SET actor = 'mallory' WHERE seq = 2")
    for phase in ("entries", "tables", "bytes"):

        def end(done: int, whole: int, what: str, phase: str = phase) -> None:
            assert 0 < done <= whole
            if what == phase and done > 1:
                raise Halted

        with scene.open() as registry, pytest.raises(Halted) as halted:
            registry.audit.verify(deep=True, progress=end)
        assert Problem("entry 2", "was changed after it was sealed") in halted.value.problems


def _there(file: Path) -> None:
    while not file.exists():
        time.sleep(0.01)


async def test_esc_and_q_while_something_is_at_work(make_app: MakeApp, scene: Scene) -> None:
    """Other long keys are off and say why, q asks once, and Esc stops it before it goes back."""
    started = Path(scene.folder, "started")
    code = f"import time, pathlib; pathlib.Path({str(started)!r}).touch(); time.sleep(30)"
    hooked(scene, hook("slow", code))
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.simulate_key("d")
        await asyncio.to_thread(_there, started)  # `settle` waits for an answer that does not come
        app.simulate_key("v")
        await pilot.pause(0.01)
        assert "delivering is at work: esc stops it." in text_of(app)
        assert "is at work" in health_of(app).unsaved()
        app.simulate_key("escape")
        await until(pilot, lambda: not health_of(app).busy)
        assert "Stopped: 0 told, 0 given up, 1 waiting" in text_of(app)
        assert health_of(app).unsaved() == ""


async def test_what_can_be_freed_is_only_shown(make_app: MakeApp, scene: Scene) -> None:
    """Versions with the reason they were yanked for, the bytes, and the command, which y copies."""
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        await until(pilot, lambda: "nothing to free" in text_of(app))
        scene.clock.moment = NOW + timedelta(days=40)
        await press(pilot, "p")
        await until(pilot, lambda: "can be freed, 1 blob" in text_of(app))
        assert "trained on its own test set" in text_of(app)
        await press(pilot, "y")
    assert app.clipboard == "modelshelf gc"
    with scene.open() as registry:
        assert registry.upkeep.gc_plan().versions == ("nlp/reviews-tiny:v2",)


async def test_storage_by_model(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest first; Enter goes to the model."""
    app, gone = make_app(start="health"), list[str]()
    monkeypatch.setattr(app, "go_to_model", gone.append)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await go_to(pilot, "storage")
        sizes = [item.thing.size for item in health_of(app).shown.items]  # type: ignore[attr-defined]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) == 4
        await press(pilot, "enter", "j", "enter")
        assert gone == ["vision/digits"]


async def test_adopted_files_that_are_gone(make_app: MakeApp, scene: Scene) -> None:
    """A folder that cannot be reached is wrong, and named first."""
    elsewhere = scene.folder.parent / "elsewhere"
    elsewhere.mkdir()
    file = elsewhere / "big.bin"
    file.write_bytes(b"much" * 1000)
    with scene.acting("ana") as registry:
        registry.versions.register("nlp/big", file, in_place=True)
    file.unlink()
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await go_to(pilot, "storage")
        assert "✗ wrong     storage" in text_of(app)
        assert "1 of 1 adopted files are not there" in text_of(app)


async def test_the_past_has_no_health(make_app: MakeApp, scene: Scene) -> None:
    """Everything here is about the present, and says so; the keys are off."""
    from modelshelf.tui.facts import facts

    app = make_app(start="health")
    with scene.open() as registry:
        async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
            await settle(pilot)
            then = registry.at(5)
            app.show_moment(then, facts(then))
            await settle(pilot)
            assert text_of(app).count("about the present: T comes back to now") >= 8
            await press(pilot, "v")
            assert "This is the past" in text_of(app)
            assert not health_of(app).busy
            app.show_now()
            await settle(pilot)
            assert "⚠ look      doctor       " in text_of(app)  # of the present, whatever it says


async def test_what_is_held_is_shown_and_led_to(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quarantine is a reason to look, and Enter goes to where something can be done."""
    monkeypatch.setattr("modelshelf.tui.facts.held", lambda _registry: 2)
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "⚠ look      quarantine   2 held" in text_of(app)
        await go_to(pilot, "quarantine")
        await press(pilot, "enter")
        await settle(pilot)
        assert shows(app, InboxScreen)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_shape = st.fixed_dictionaries(
    {
        "at": st.just("2026-05-01T10:00:00+00:00") | _json,
        "seq": st.integers() | _json,
        "seal": _json,
        "count": st.integers(-1, 3) | _json,
        "problems": st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5))) | _json,
        "deep": _json,
    }
)


@given(found=_shape | _json)
def test_what_is_remembered_is_not_trusted(found: Any) -> None:  # noqa: ANN401
    """Whatever the file holds, it is a proof that can be shown, or none."""
    proof = proving.read_kept(found)
    if proof is not None:
        listing = proving.listing(proof, NOW)
        assert listing.told
        assert proving.read_kept(dict(proving.kept(proof))) is not None
