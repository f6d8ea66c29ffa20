"""Hooks on the screen of health: real ones that fail, told again, tried out, and no secret."""

from __future__ import annotations

import pytest

from modelshelf.tui import hooking
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.screens.health import HealthScreen
from modelshelf.tui.screens.health_telling import ReplayScreen, TrialScreen
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until
from tests.tui.healthy import (
    FAILS,
    SIZE,
    TAKES,
    delivered,
    deliveries_of,
    forge,
    go_to,
    health_of,
    hook,
    hooked,
    quick_doctor,  # noqa: F401 - a fixture is known where it is imported
)
from tests.tui.scene import Scene

pytestmark = pytest.mark.usefixtures("quick_doctor")


async def test_no_hooks_says_how_to_add_one(make_app: MakeApp) -> None:
    """The lines for modelshelf.toml are shown, y copies them, and they are a policy."""
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert 'run = ["./deploy.sh"]' in text_of(app)
        await press(pilot, "y")
    import tomllib

    from modelshelf.domain.policy import parse_policy

    assert parse_policy(tomllib.loads(app.clipboard)).hooks[0].key == "deploy"


async def test_a_failing_hook_is_seen_when_another_process_delivers(
    make_app: MakeApp, scene: Scene
) -> None:
    """What somebody else tried shows by the poll; the answer and what to do are in the detail."""
    hooked(scene, hook("deploy", FAILS))
    app = make_app(start="health", poll_seconds=0.02)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "✓ in order  hooks        1 hook" in text_of(app)
        delivered(scene)
        await until(pilot, lambda: "given up on deploy" in text_of(app))
        assert "ended with 3: no route to host" in text_of(app)
        await press(pilot, "enter", "enter")
        assert health_of(app).known.hook == "deploy"
        shown = text_of(app)
        assert "deliveries  all  of deploy" in shown
        assert "✗ failed" in shown
        assert "Mend what it says, then R has it told again." in shown


async def test_a_new_hook_is_seen_though_nobody_commits(make_app: MakeApp, scene: Scene) -> None:
    """A policy file that is written while the app is open shows by itself."""
    app = make_app(start="health", poll_seconds=0.02)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "none: nobody outside is told" in text_of(app)
        (scene.folder / "modelshelf.toml").write_text(hook("deploy", TAKES), "utf-8")
        await until(pilot, lambda: "✓ in order  hooks        1 hook" in text_of(app))


async def test_states_are_gone_through(make_app: MakeApp, scene: Scene) -> None:
    """The key s shows one state at a time, Esc all again."""
    hooked(scene, hook("deploy", FAILS), hook("log", TAKES))
    delivered(scene)
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        assert {d.state for d in deliveries_of(app)} == {"failed"}
        await press(pilot, "y")
        assert app.clipboard == "modelshelf hooks log --state failed"
        await press(pilot, "s", "s")
        assert {d.hook for d in deliveries_of(app)} == {"log"}
        await press(pilot, "S", "S", "S")
        assert {d.hook for d in deliveries_of(app)} == {"log", "deploy"}
        await press(pilot, "S")
        assert "No delivery is like that" in text_of(app)
        await press(pilot, "escape")
        assert len(deliveries_of(app)) == 2


async def test_the_list_of_deliveries_goes_on(
    make_app: MakeApp, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not asked for at first comes when one goes there."""
    monkeypatch.setattr(hooking, "PAGE", 2)
    hooked(scene, hook("log", TAKES, on="*"))
    with scene.open() as registry:
        registry.hooks.replay(hook="log", since=1)
        many = len(registry.hooks.deliveries(limit=1_000))
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await go_to(pilot, "deliveries")
        await press(pilot, "enter")
        await until(pilot, lambda: len(deliveries_of(app)) == many)
        await press(pilot, "G")
        assert health_of(app).delivery is not None
        assert health_of(app).delivery.seq == 1  # type: ignore[union-attr]


async def test_hooks_are_told_from_the_app(make_app: MakeApp, scene: Scene) -> None:
    """The key d tells what is due, and says what came of it."""
    hooked(scene, hook("log", TAKES), hook("deploy", FAILS))
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "d")
        await until(pilot, lambda: "1 told, 1 given up, 0 waiting." in text_of(app))
        await go_to(pilot, "deliveries")
        assert {d.state for d in deliveries_of(app)} == {"delivered", "failed"}


async def test_a_delivery_is_told_again_after_a_review(make_app: MakeApp, scene: Scene) -> None:
    """R shows what goes where; nothing happens before ctrl+s, and then it waits again."""
    hooked(scene, hook("deploy", FAILS))
    delivered(scene)
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "R")
        assert "There is no delivery under the cursor" in text_of(app)
        await press(pilot, "right_square_bracket", "R")
        assert shows(app, ReplayScreen)
        assert "modelshelf hooks replay 1" in text_of(app)
        assert "no route to host" in text_of(app)
        await press(pilot, "enter", "escape")
        with scene.open() as registry:
            assert registry.hooks.deliveries()[0].state == "failed"
        await press(pilot, "R", "ctrl+s")
        await settle(pilot)
        assert shows(app, HealthScreen)
        await press(pilot, "R")
        assert "It waits to be told already." in text_of(app)
    with scene.open() as registry:
        assert registry.hooks.deliveries()[0].state == "pending"


async def test_a_hook_is_tried_out_after_a_review(make_app: MakeApp, scene: Scene) -> None:
    """One that says no leaves the review open with its words; one that takes it closes it."""
    hooked(scene, hook("deploy", FAILS), hook("log", TAKES))
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "t")
        assert shows(app, TrialScreen)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: "The hook did not take it: ended with 3" in text_of(app))
        await press(pilot, "escape", "j", "t", "ctrl+s")
        await until(pilot, lambda: shows(app, HealthScreen))
        await until(pilot, lambda: "log took the test" in text_of(app))


async def test_no_secret_is_shown(make_app: MakeApp, scene: Scene) -> None:
    """Of an address only the machine is shown: paths are secrets of many services."""
    url = '[[hooks]]\nname = "chat"\nurl = "https://chat.invalid/T0/hunter2?key=hunter3"\n'
    hooked(scene, url)
    app = make_app(start="health")
    async with app.run_test(size=(200, 60), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "https://chat.invalid" in text_of(app)
        for keys in (("enter",), ("enter",), ("escape", "t")):
            assert "hunter" not in text_of(app)
            await press(pilot, *keys)
        assert "hunter" not in text_of(app)


async def test_roles_grey_keys_and_say_why(make_app: MakeApp, scene: Scene) -> None:
    """A viewer may look at everything and send nothing; the reason names who may."""
    roles = '[roles]\nadmin = ["mei"]\ncontributor = ["ravi"]\nviewer = ["ana"]\n'
    hooked(scene, hook("deploy", FAILS))
    delivered(scene)
    (scene.folder / "modelshelf.toml").write_text(hook("deploy", FAILS) + roles, "utf-8")
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "d")
        assert "it takes the role contributor, held by" in text_of(app)
        await press(pilot, "s", "R")
        assert shows(app, HealthScreen)
        assert "it takes the role admin, held by" in text_of(app)
        assert app.screen.check_action("replay", ()) is None
        assert app.screen.check_action("verify", ()) is True


async def test_hostile_words_stay_words(make_app: MakeApp, scene: Scene) -> None:
    """What a hook answers, and what an edited row says, is never obeyed by screen or terminal."""
    said = "[/foo] [@click=app.bell()]x[/] \x1b]0;t\x07\x9b31m \u202egnp"
    hooked(scene, hook("[/foo] [b]", f"import sys; print({said!r}); sys.exit(1)"))
    delivered(scene)
    forge(
        scene, "UPDATE delivery SET said = '[/x' || char(27) || '[2J' || char(8238), event = '[/'"
    )
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for keys in (("enter",), ("enter",), ("R",), ("escape", "escape", "escape", "v")):
            assert dangerous(app) == set()
            await press(pilot, *keys)
        await until(pilot, lambda: isinstance(app.screen, HealthScreen) and not app.screen.busy)
        assert dangerous(app) == set()


async def test_changes_elsewhere_keep_the_cursor(make_app: MakeApp, scene: Scene) -> None:
    """A delivery that becomes newer than the one under the cursor does not move it."""
    hooked(scene, hook("deploy", FAILS))
    delivered(scene)
    app = make_app(start="health")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "right_square_bracket", "enter")
        before = health_of(app).delivery
        with scene.acting("ana") as registry:
            registry.promotions.promote("vision/digits:v3", "production", reason="back")
            registry.hooks.deliver()
        app.post_message(CatalogChanged())
        await until(pilot, lambda: len(deliveries_of(app)) == 2)
        assert before is not None
        assert health_of(app).delivery == before
