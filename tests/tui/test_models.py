"""The models screen: lists, filter, marks, panes; every promise pressed as keys."""

from __future__ import annotations

import threading
from datetime import timedelta

from textual import events
from textual.widgets import Input, Static

from modelshelf.domain.errors import Conflict
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.tabs import NAMES
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.filter import Filter
from tests.tui.conftest import MakeApp, press, settle, shows, soon, text_of, until, write
from tests.tui.scene import Scene

CHURN = ("j", "j", "j", "j", "enter")
"""Down the tree to risk/churn, and into its versions."""


def models_screen(app: ModelshelfApp) -> ModelsScreen:
    """Return the screen, which must be in front."""
    assert isinstance(app.screen, ModelsScreen)
    return app.screen


async def test_what_is_chosen_in_the_tree_is_listed(make_app: MakeApp) -> None:
    """All versions at first, a namespace's further down, a model's with who owns it."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "all models · 15 versions" in text_of(app)
        await press(pilot, "j", "j", "j")
        assert "risk/ · 10 versions" in text_of(app)
        await press(pilot, "j", "enter")
        shown = text_of(app)
        assert "risk/churn · 7 versions · owner ana" in shown
        assert "P80/20" in shown
        assert "pickle ⚠" in shown
        assert "customers v4" in shown


async def test_the_filter_searches_while_typing(make_app: MakeApp) -> None:
    """Results of all models appear, Enter leads into them, Esc goes back to all at that version."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "stage:production")
        assert "4 versions found" in text_of(app)
        await press(pilot, "enter", "j")
        current = models_screen(app).versions.current
        assert current is not None
        await press(pilot, "escape")
        assert "all models · 15 versions" in text_of(app)
        assert models_screen(app).versions.current == current


async def test_a_mistake_in_the_filter_is_told_quietly(make_app: MakeApp) -> None:
    """The sentence stands under the line, the last answer stays, and mending it clears both."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "churn")
        assert "7 versions found" in text_of(app)
        models_screen(app).find("churn stag:x")
        await settle(pilot)
        assert "There is no field 'stag' to search. Did you mean stage?" in text_of(app)
        assert "risk/churn:v7" in text_of(app)
        await press(pilot, *["backspace"] * 7)
        assert "no field" not in text_of(app)


async def test_an_answer_that_comes_late_is_dropped(make_app: MakeApp) -> None:
    """Of two questions only the answer to the newer is shown, whichever comes last."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen, got = models_screen(app), list[str]()
        release = threading.Event()
        screen.ask(
            "test", lambda _registry: release.wait(5) and "old", lambda a: got.append(str(a))
        )
        screen.ask("test", lambda _registry: "new", got.append)
        await pilot.pause(0.1)
        release.set()
        await settle(pilot)
        assert got == ["new"]


async def test_more_than_eight_marks_are_not_compared(make_app: MakeApp) -> None:
    """Space marks and moves on, nine marks cannot be compared and it is said why, U clears."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "model:risk*")
        await press(pilot, "enter", *["space"] * 9, "c")
        assert "9 marked" in text_of(app)
        assert "9 are marked, and 8 can be compared." in text_of(app)
        await press(pilot, "U")
        assert "marked" not in text_of(app)


async def test_keys_pressed_ahead_never_act_on_the_model_before(make_app: MakeApp) -> None:
    """While the versions of another model are on their way, p and b mean that model, or wait."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen = models_screen(app)
        screen.models.move_to(4)
        screen.action_promote()
        assert "no version under the cursor yet" in str(screen.query_one("#said", Static).content)
        screen.action_rollback()
        await settle(pilot)
        assert "Roll back risk/churn" in text_of(app)


async def test_marks_are_compared(make_app: MakeApp) -> None:
    """The marked versions stand side by side, the best value starred; d shows what is equal too."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *CHURN, "space", "j", "space", "c")
        assert shows(app, CompareScreen)
        await until(pilot, lambda: "baseline risk/churn:v7" in text_of(app))
        shown = text_of(app)
        assert "0.9020" in shown
        assert "latency_ms ↓" in shown
        assert "-0.0120" in shown
        assert "x float32" not in shown.replace("input ", "")
        await press(pilot, "d")
        assert "everything" in text_of(app)
        assert "=" in text_of(app)
        await press(pilot, "d", "b")
        assert "baseline risk/churn:v5" in text_of(app)
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)


async def test_without_marks_the_rival_is_the_baseline(make_app: MakeApp) -> None:
    """The key c compares the version under the cursor with who holds production beside it."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *CHURN, "c")
        assert "baseline risk/churn:v6" in text_of(app)


async def test_a_narrow_terminal_shows_one_pane(make_app: MakeApp) -> None:
    """At 80 columns Enter goes from pane to pane and Esc comes back."""
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "versions" in text_of(app)
        await press(pilot, *CHURN)
        assert "7 versions" in text_of(app)
        assert "reviews-tiny" not in text_of(app)
        await press(pilot, "enter")
        assert "skl2onnx 1.20" in text_of(app)
        await press(pilot, "escape", "escape")
        assert "reviews-tiny" in text_of(app)


async def test_a_tiny_terminal_is_told_so(make_app: MakeApp) -> None:
    """Below 60 × 15 one line asks for room, and growing brings everything back."""
    app = make_app()
    async with app.run_test(size=(50, 14), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert text_of(app).strip() == "Modelshelf needs a terminal of 60 × 15 or more."
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        assert "churn " in text_of(app)


async def test_copy_says_what_was_copied(make_app: MakeApp) -> None:
    """The key y puts the reference on the clipboard and says so."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *CHURN, "y")
        assert app.clipboard == "risk/churn:v7"
        assert "copied: risk/churn:v7" in text_of(app)


async def test_the_palette_goes_to_a_model(make_app: MakeApp) -> None:
    """A part of a name is enough."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"digits")
        await pilot.pause(0.6)
        await pilot.press("enter")
        await pilot.pause(0.2)
        await settle(pilot)
        assert "vision/digits · 3 versions" in text_of(app)


async def test_changes_of_others_appear(make_app: MakeApp, scene: Scene) -> None:
    """Another handle registers a version: the list grows, the cursor stays on its version."""
    app = make_app(poll_seconds=0.05)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *CHURN, "j")
        before = models_screen(app).versions.current
        with scene.acting("ci", timedelta(minutes=5)) as other:
            scene.add(other, "risk/churn", metrics={"auc": 0.92})
        for _ in range(200):
            await pilot.pause(0.02)
            if "8 versions" in text_of(app):
                break
        await settle(pilot)
        after = models_screen(app).versions.current
        assert "8 versions" in text_of(app)
        assert before is not None
        assert after is not None
        assert (before.number, after.number) == (6, 6)
        assert models_screen(app).versions.cursor == 2


async def test_the_first_paint_does_not_wait(make_app: MakeApp, scene: Scene) -> None:
    """While the registry takes its time the screen is there, keys work, and it says so."""
    go = threading.Event()
    app = make_app()
    real = scene.open
    app.store._opener = lambda: (go.wait(10), real())[1]
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await pilot.pause(0.1)
        assert "opening ~/models …" in text_of(app)
        await pilot.press("slash")
        assert models_screen(app).query_one(Filter).is_open
        await pilot.press("escape")
        go.set()
        await settle(pilot)
        assert "risk/churn" in text_of(app)


async def test_a_registry_that_cannot_be_opened_is_told_and_tried_again(
    make_app: MakeApp, scene: Scene
) -> None:
    """The sentence with its hint is on the screen; once it can be opened, the app goes on."""
    app, failures = make_app(poll_seconds=0.05), [Conflict("the registry is busy", hint="Wait.")]
    real = scene.open

    def opener() -> object:
        if failures:
            raise failures[0]
        return real()

    app.store._opener = opener  # type: ignore[assignment]
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await soon(pilot, lambda: "The registry is busy. Wait." in text_of(app))
        failures.clear()
        await settle(pilot)
        assert "risk/churn" in text_of(app)
        assert "busy" not in text_of(app)


async def test_the_filter_says_where_it_looks_and_is_seen_over_what_it_finds(
    make_app: MakeApp,
) -> None:
    """On a narrow terminal the list comes to the front; what finds nothing tells where to look."""
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *CHURN, "enter", "slash")
        assert "in risk/churn:" in text_of(app)
        assert "7 versions" in text_of(app)
        await write(pilot, "zz/z")
        await until(pilot, lambda: "nothing found in risk/churn; enter looks" in text_of(app))
        assert "zz/z" in text_of(app)


async def test_enter_looks_everywhere_for_what_is_not_found_here(make_app: MakeApp) -> None:
    """Whoever looks in one model for another finds it, and what they typed stays."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *CHURN, "enter", "slash")
        await write(pilot, "fraud")
        await until(pilot, lambda: "nothing found in risk/churn; enter looks" in text_of(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "risk/fraud:v" in text_of(app))
        assert "all models" in text_of(app)
        assert app.screen.query_one(Filter).query_one(Input).value == "fraud"
        await press(pilot, "enter")
        assert app.screen.query_one("#versions").has_focus


async def test_what_is_typed_at_once_behind_the_key_goes_into_the_filter(make_app: MakeApp) -> None:
    """However fast somebody types: no letter of it is taken for a key of the list."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for char in ("slash", *"churn"):
            app.post_message(events.Key(char, "/" if char == "slash" else char))
        await until(pilot, lambda: "7 versions found" in text_of(app))
        assert shows(app, ModelsScreen)


async def test_left_and_right_go_to_the_tabs_beside_this_one(make_app: MakeApp) -> None:
    """In the details, where nothing is wider than the pane, left and right step through tabs."""
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        pane = app.screen.query_one(DetailPane)
        pane.focus()
        await press(pilot, "right", "right")
        assert pane.tab == NAMES[2]
        await press(pilot, "left")
        assert pane.tab == NAMES[1]
        assert pane.has_focus
