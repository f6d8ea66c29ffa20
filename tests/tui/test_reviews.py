"""Promotions and rollbacks from the keyboard: reviewed, with a reason, by a key of their own."""

from __future__ import annotations

from datetime import timedelta

from textual.widgets import Input

from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, write
from tests.tui.governed import confirm, promoting, rolling_back
from tests.tui.scene import Scene

SIZE = (120, 40)


def production(scene: Scene, model: str) -> dict[str, int]:
    """Return who holds production of a model now, as another process sees it."""
    with scene.open() as registry:
        return {h.reference: h.weight for h in registry.models.get(model).stages["production"]}


def entries(scene: Scene) -> int:
    """Return how many audit entries there are."""
    with scene.open() as registry:
        return registry.audit.head()[0]


async def test_a_promotion_needs_a_reason_and_ctrl_s(make_app: MakeApp, scene: Scene) -> None:
    """The review says who holds the stage now and after; without a reason nothing happens."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        shown = text_of(app)
        assert shows(app, PromoteScreen)
        assert "now       v6 80 %, v7 20 %   after  v7   risk/churn:v6 goes to the archive" in shown
        assert "0.9110 → 0.9140" in shown
        assert "modelshelf promote risk/churn:v7 production --reason …" in shown
        await press(pilot, "ctrl+s")
        assert "A reason is required" in text_of(app)
        await write(pilot, "won the test")
        await confirm(pilot, "risk/churn")
        assert shows(app, ModelsScreen)
        assert "production is held by v7 now" in text_of(app)
    assert production(scene, "risk/churn") == {"risk/churn:v7": 100}
    with scene.open() as registry:
        newest = registry.audit.entries(limit=1)[0]
        assert (newest.actor, newest.body["reason"]) == ("ana", "won the test")


async def test_a_weight_shares_the_stage(make_app: MakeApp, scene: Scene) -> None:
    """The key w asks for the share, the review shows the split, and exactly that is made."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/fraud:v3")
        await press(pilot, "s", "w")
        await write(pilot, "25")
        assert "after  v2 75 %, v3 25 %" in text_of(app)
        assert "--weight 25" in text_of(app)
        await press(pilot, "enter")
        await write(pilot, "try it")
        await confirm(pilot, "risk/fraud")
    assert production(scene, "risk/fraud") == {"risk/fraud:v2": 75, "risk/fraud:v3": 25}


async def test_a_weight_that_leaves_nobody_is_explained(make_app: MakeApp, scene: Scene) -> None:
    """The refusal is a sentence in the screen; reason and weight stay as typed."""
    before = entries(scene)
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "nlp/reviews-tiny:v1")
        await press(pilot, "w")
        await write(pilot, "30")
        await press(pilot, "enter")
        await write(pilot, "because")
        await press(pilot, "ctrl+s")
        assert "no other version holds the stage" in text_of(app).replace("\n", " ")
        assert app.screen.query_one("#reason", Input).value == "because"
        assert app.screen.query_one("#weight", Input).value == "30"
    assert entries(scene) == before


async def test_a_yanked_version_cannot_be_promoted(make_app: MakeApp, scene: Scene) -> None:
    """The failed verdict is shown and ctrl+s says why it is off."""
    before = entries(scene)
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "nlp/reviews-tiny:v2")
        await press(pilot, "r")
        await write(pilot, "please")
        await press(pilot, "ctrl+s")
        assert "Promote is off: nlp/reviews-tiny:v2 is yanked" in text_of(app)
        assert "✗ usable" in text_of(app)
        assert shows(app, PromoteScreen)
    assert entries(scene) == before


async def test_enter_never_changes_anything(make_app: MakeApp, scene: Scene) -> None:
    """Enter everywhere on every screen, with a reason written: not one audit entry more."""
    before = entries(scene)
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for opener in ("p", "b"):
            await press(pilot, "enter", "enter", "enter", opener, "r")
            await write(pilot, "a reason")
            for _ in range(6):
                await press(pilot, "enter", "tab")
            await press(pilot, "escape", "escape", "escape", "escape")
        await press(pilot, "j", "enter", "c", "enter", "enter", "escape", "7", "enter", "enter")
    assert entries(scene) == before


async def test_leaving_a_written_reason_takes_two(make_app: MakeApp) -> None:
    """The first Esc, and q, only say what would be lost; typing on takes the warning back."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, "r")
        await write(pilot, "half a thought")
        await press(pilot, "escape")
        assert "the reason you wrote is gone" in text_of(app)
        await write(pilot, ".")
        await press(pilot, "shift+tab", "shift+tab", "q")
        assert shows(app, PromoteScreen)
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)


async def test_a_rollback_returns_to_the_chosen_assignment(make_app: MakeApp, scene: Scene) -> None:
    """Every earlier assignment is listed, the usual one under the cursor; another can be chosen."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await rolling_back(pilot, "risk/churn")
        shown = text_of(app)
        assert shows(app, RollbackScreen)
        assert "better on both" in shown
        assert "first that" in shown
        assert "now       v6 80 %, v7 20 %   after  v6" in shown
        await press(pilot, "j")
        assert "after  v5" in text_of(app)
        await press(pilot, "r")
        await write(pilot, "latency")
        await confirm(pilot, "risk/churn")
        assert "production is held by v5 again" in text_of(app)
    assert production(scene, "risk/churn") == {"risk/churn:v5": 100}


async def test_nothing_to_roll_back_is_said(make_app: MakeApp) -> None:
    """A model whose stages were never held by anybody else says so."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await rolling_back(pilot, "nlp/reviews-tiny")
        assert "No stage of nlp/reviews-tiny was ever held. Promote a version first." in text_of(
            app
        )
        await press(pilot, "r")
        await write(pilot, "x")
        await press(pilot, "ctrl+s")
        assert text_of(app).count("was ever held") == 1


async def test_a_stage_that_changed_hands_is_not_overwritten(
    make_app: MakeApp, scene: Scene
) -> None:
    """Somebody promotes while the review is open: ctrl+s refuses, and the review is renewed."""
    app = make_app()  # it does not poll within this test, so the review is stale for certain
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, "r")
        await write(pilot, "won")
        with scene.acting("ravi", timedelta()) as other:
            other.promotions.promote("risk/churn:v3", "production", reason="emergency")
        await confirm(pilot, "risk/churn")
        assert "Production changed hands while you were reading: it is held by v3 now." in text_of(
            app
        )
        assert app.screen.query_one("#reason", Input).value == "won"
    assert production(scene, "risk/churn") == {"risk/churn:v3": 100}


async def test_the_same_from_a_script_can_be_copied(make_app: MakeApp) -> None:
    """The key y copies the command, quoted for a shell."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, "r")
        await write(pilot, "it's time")
        await press(pilot, "shift+tab", "shift+tab", "y")
        assert app.clipboard == (
            "modelshelf promote risk/churn:v7 production --reason 'it'\"'\"'s time' --yes"
        )
