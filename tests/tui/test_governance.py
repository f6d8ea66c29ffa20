"""Gates, requests, approvals and undo from the keyboard: seen first, done by a key of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.answering import ApplyScreen, ApproveScreen, RejectScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.reviews import ReviewsScreen
from modelshelf.tui.screens.undo import UndoScreen
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, write
from tests.tui.governed import ask, confirm, govern, measured, promoting
from tests.tui.scene import Scene

WIDE, NARROW = (120, 40), (80, 24)


@pytest.fixture
def governed(scene: Scene) -> Scene:
    """Return the scene under a policy with gates and approvals."""
    govern(scene)
    return scene


def app_of(scene: Scene, make_app: MakeApp, actor: str) -> ModelshelfApp:
    """Return the app as somebody else would start it."""
    app = make_app(scene)
    app.store._opener = partial(scene.open, actor)
    return app


def flat(app: ModelshelfApp) -> str:
    """Return the screen as one line, so that a sentence may be broken anywhere."""
    return " ".join(text_of(app).replace("▌", " ").split())


async def test_a_stage_that_takes_approvals_is_asked_for(
    make_app: MakeApp, governed: Scene
) -> None:
    """The gates are judged while one looks, f runs those that must be, and ctrl+s asks."""
    app = make_app(governed)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v8")
        await press(pilot, "s")
        assert shows(app, PromoteScreen)
        assert "… smoke" in text_of(app)
        assert "✓ better" in text_of(app)
        assert "0 of 1 approvals" in text_of(app)
        await press(pilot, "ctrl+s")
        assert "until smoke has been run: press f" in flat(app)
        await press(pilot, "f")
        assert "✓ smoke" in text_of(app)
        assert "modelshelf request open risk/churn:v8 production" in flat(app)
        await press(pilot, "r")
        await write(pilot, "won the test")
        await press(pilot, "ctrl+s")
        assert shows(app, ModelsScreen)
        assert "asks for production of risk/churn" in flat(app)
    with governed.open() as registry:
        (request,) = registry.requests.list()
        assert (request.actor, request.reason) == ("ana", "won the test")


async def test_a_gate_that_fails_turns_promote_off(make_app: MakeApp, governed: Scene) -> None:
    """Nobody needs to try in order to learn why not."""
    app = make_app(governed)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v5")
        await press(pilot, "s", "f", "ctrl+s")
        assert "Promote is off: AUC must not fall by more than 0.005" in flat(app)


async def test_a_reviewer_approves_and_applies(make_app: MakeApp, governed: Scene) -> None:
    """The request is read, approved with a word, and applied; each by ctrl+s in its own review."""
    number = ask(governed)
    measured(governed)
    app = app_of(governed, make_app, "ravi")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "4 Reviews 1" in text_of(app)
        await press(pilot, "4")
        assert shows(app, ReviewsScreen)
        assert "won the test" in text_of(app)
        await press(pilot, "p")
        assert "has not got the approvals yet" in flat(app)
        await press(pilot, "a")
        assert shows(app, ApproveScreen)
        await press(pilot, "r")
        await write(pilot, "read it")
        await press(pilot, "enter", "enter")
        assert "Enter confirms nothing" in flat(app)
        await press(pilot, "ctrl+s")
        assert shows(app, ReviewsScreen)
        assert "yes ravi" in flat(app)
        await press(pilot, "p")
        assert shows(app, ApplyScreen)
        await confirm(pilot, "risk/churn")
        assert shows(app, ReviewsScreen)
        assert "production is held by v8 now" in flat(app)
    with governed.open() as registry:
        made = registry.promotions.history("risk/churn", "production")[0]
        assert (made.request, made.actor) == (number, "ravi")


async def test_a_rejection_needs_a_word(make_app: MakeApp, governed: Scene) -> None:
    """It ends the request, and the list shows what became of it."""
    ask(governed)
    app = app_of(governed, make_app, "mei")
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "x")
        assert shows(app, RejectScreen)
        await press(pilot, "ctrl+s")
        assert "A reason is required" in flat(app)
        await write(pilot, "not on a Friday")
        await press(pilot, "ctrl+s")
        assert shows(app, ReviewsScreen)
        await press(pilot, "s", "s", "s")
        assert "rejected" in text_of(app)
        await press(pilot, "enter")
        assert "not on a Friday" in flat(app)
        await press(pilot, "a")
        assert "is rejected already" in flat(app)
        await press(pilot, "escape", "escape", "escape")
        assert shows(app, ModelsScreen)


async def test_an_answer_is_about_the_request_under_the_cursor(
    make_app: MakeApp, governed: Scene
) -> None:
    """The one before is still shown for a moment after a move; the key is not about that."""
    first, second = ask(governed, "risk/churn:v8"), ask(governed, "risk/churn:v7")
    app = app_of(governed, make_app, "ravi")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        screen = app.screen
        assert isinstance(screen, ReviewsScreen)
        assert screen.shown is not None
        assert screen.shown.request.id == second
        screen.lines.move_to(1)
        screen.action_answer("approve")
        await settle(pilot)
        assert shows(app, ApproveScreen)
        assert f"Approve request {first}" in flat(app)


async def test_one_s_own_request_cannot_be_approved(make_app: MakeApp, governed: Scene) -> None:
    """Four eyes: the key is off; forced, the registry's refusal is said, and the words stay."""
    ask(governed, actor="ravi")
    app = app_of(governed, make_app, "ravi")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "a")
        assert "ravi asked for it, and production takes four eyes." in flat(app)
        screen = app.screen
        assert isinstance(screen, ReviewsScreen)
        screen.action_answer("approve")
        await settle(pilot)
        await press(pilot, "r")
        await write(pilot, "mine")
        await press(pilot, "ctrl+s")
        assert shows(app, ApproveScreen)
        assert "may not approve request" in flat(app)
        assert "mine" in text_of(app)


async def test_rules_are_set_aside_only_by_who_may(make_app: MakeApp, governed: Scene) -> None:
    """B says no to everybody else, and what was set aside stands in the log."""
    app = make_app(governed)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v8")
        await press(pilot, "s", "B")
        assert "lets nobody of your name" in flat(app)
    app = app_of(governed, make_app, "mei")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v8")
        await press(pilot, "s", "B")
        assert "what fails is set aside" in flat(app)
        assert "--bypass" in flat(app)
        await press(pilot, "r")
        await write(pilot, "the site is down")
        await confirm(pilot, "risk/churn")
        assert "production is held by v8 now" in flat(app)
    with governed.open() as registry:
        assert registry.promotions.history("risk/churn", "production")[0].bypass


async def test_u_takes_the_last_change_back(make_app: MakeApp, scene: Scene) -> None:
    """The review says what it was and what would be recorded; nothing happens before ctrl+s."""
    with scene.open() as registry:
        registry.models.tag("risk/churn", set={"tier": "gold"})
        before = registry.audit.head()[0]
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        assert shows(app, UndoScreen)
        assert "tagged risk/churn: tier=gold" in flat(app)
        await press(pilot, "u", "ctrl+s")
        assert shows(app, ModelsScreen)
        assert f"taking back entry {before}" in flat(app)
    with scene.open() as registry:
        assert "tier" not in registry.models.get("risk/churn").tags
        assert registry.audit.head()[0] == before + 1


async def test_what_cannot_be_taken_back_says_why(make_app: MakeApp, scene: Scene) -> None:
    """A registration has no inverse; the screen says so and ctrl+s does nothing."""
    with scene.acting("ana") as registry:
        scene.add(registry, "risk/churn", metrics={"auc": 0.5})
        before = registry.audit.head()
    app = make_app()
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "u", "ctrl+s")
        assert shows(app, UndoScreen)
        assert "registered risk/churn:v8" in flat(app)
    with scene.open() as registry:
        assert registry.audit.head() == before


# --- the reviews as a part of the app -------------------------------------------------------------


async def test_one_screen_says_everything_about_a_request(
    make_app: MakeApp, governed: Scene
) -> None:
    """Gates and people beside what changes and how the shares fall."""
    number = ask(governed)
    app = app_of(governed, make_app, "ravi")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        shown = text_of(app).splitlines()
        head = next(row for row in shown if "what changes" in row)
        assert f"request {number}" in text_of(app)
        assert any("because" in row for row in shown[shown.index(head) - 2 :])
        for told in ("missing   1 of reviewer", "… smoke", "v6    ░", "auc ↑", "→ f runs it"):
            assert told in text_of(app), told


async def test_the_reviews_are_found_as_they_were_left(
    make_app: MakeApp, governed: Scene, tmp_path: Path
) -> None:
    """State and request come back at the next start; what is not ours is not believed."""
    first, second = ask(governed), ask(governed, "risk/churn:v5")
    app = make_app(governed, start="reviews", state_folder=tmp_path)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "s", "j")
        app.save_state()
    again = make_app(governed, start="reviews", state_folder=tmp_path)
    async with again.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen = again.screen
        assert isinstance(screen, ReviewsScreen)
        assert screen.state == ""
        assert screen.lines.current is not None
        assert screen.lines.current.id == first
        screen.go_to_request(second)
        await settle(pilot)
        assert screen.lines.current.id == second
        screen.recall({"state": 7, "request": True})
        screen.recall({"state": "no such", "request": "[/]"})
        assert screen.state == ""


async def test_who_may_withdraw_and_answer_is_said(make_app: MakeApp, governed: Scene) -> None:
    """Keys are off for who may not, with the names of who may."""
    ask(governed)
    app = app_of(governed, make_app, "joe")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "a")
        assert "joe is none of those whose approvals count: reviewer." in flat(app)
        await press(pilot, "w")
        assert "ana asked for it: they withdraw it, or an admin." in flat(app)


async def test_a_click_on_a_state_shows_its_requests(make_app: MakeApp, governed: Scene) -> None:
    """The words of the title are for the mouse too."""
    ask(governed)
    app = make_app(governed, start="reviews")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        row = text_of(app).splitlines()[2]
        await pilot.click("#requests-rule", offset=(row.index("applied") + 1, 0))
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ReviewsScreen)
        assert screen.state == "applied"
