"""The dashboard: what serves, what waits, what happened; one cursor, and everything opens."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.registry import create_registry
from modelshelf.tui import overview
from modelshelf.tui.screens.dashboard import DashboardScreen
from modelshelf.tui.screens.health import HealthScreen
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.reviews import ReviewsScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.sections import SECTIONS, heights
from tests.tui import drops, governed
from tests.tui.conftest import (
    MakeApp,
    dangerous,
    press,
    settle,
    shows,
    soon,
    text_of,
    until,
    write,
)
from tests.tui.scene import NOW, Scene, empty_scene

SIZE = (120, 40)


def under_cursor(app: object) -> tuple[str, str]:
    """Return the section and the row that have the cursor."""
    screen = app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, DashboardScreen)
    assert screen.row is not None
    return str(screen.focused.id), screen.row.key  # type: ignore[union-attr]


async def test_what_serves_stands_first(make_app: MakeApp) -> None:
    """Every holder with its share, main metric, since when; then the models that serve nobody."""
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        shown = text_of(app)
        lines = shown.splitlines()
        begun = overview.clock_time(NOW - timedelta(hours=2), NOW)
        assert "serving now · production · 3 of 4 models" in lines[2]
        assert [" ".join(re.split("[│├┬]", text)[0].split()) for text in lines[3:8]] == [
            "▌vision/digits v3 acc 0.9820 31 d ci",
            "risk/fraud v2 pr 0.7330 8 d ravi",
            "risk/churn v6 80 % auc 0.9110 2 d ana",
            f"v7 20 % auc 0.9140 2 h A/B since {begun}",
            "nlp/reviews-tiny – nobody serves",
        ]
        assert "gave production of risk/churn to v6 80 %, v7 20 %" in shown
        assert "nobody asks for anything" in shown
        assert "15 in 4 models" in shown
        assert "stored" in shown
        assert under_cursor(app)[0] == "serving"


async def test_the_cursor_walks_through_all_sections_and_back(make_app: MakeApp) -> None:
    """J goes on over the end of a list, k comes back, and Tab goes to the next section."""
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        walked: list[tuple[str, str]] = []
        for _ in range(60):
            here = under_cursor(app)
            if walked and walked[-1] == here:
                break
            walked.append(here)
            await press(pilot, "j")
        assert list(dict.fromkeys(name for name, _ in walked)) == [
            name for name in SECTIONS if name not in ("waits", "untouched")
        ]
        await press(pilot, *["k"] * len(walked))
        assert under_cursor(app) == walked[0]
        await press(pilot, "tab")
        assert under_cursor(app)[0] == "folders"
        await press(pilot, "shift+tab")
        assert under_cursor(app) == walked[0]


async def test_enter_opens_what_is_under_the_cursor(make_app: MakeApp, scene: Scene) -> None:
    """A version opens on the models screen, a folder in the inbox, a hook on the health screen."""
    drops.put(scene, drops.line("risk/churn/x.onnx", "refused", reason="no"))
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "j", "j", "j", "enter")
        assert shows(app, ModelsScreen)
        assert app.screen.chosen.reference == "risk/churn:v7"  # type: ignore[attr-defined]
        await press(pilot, "1", "tab")
        assert "1 refused" in text_of(app)
        await press(pilot, "enter")
        assert shows(app, InboxScreen)
        assert app.screen.state == "refused"  # type: ignore[attr-defined]
        await press(pilot, "1", "tab", "enter")
        assert shows(app, HealthScreen)
        await press(pilot, "1", "slash")
        assert shows(app, ModelsScreen)
        assert "filter" in type(app.focused).__module__


async def test_a_second_click_opens_as_enter_does(make_app: MakeApp) -> None:
    """The first click moves the one cursor, the second on the same row opens it."""
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await pilot.click("#serving", offset=(4, 3))
        await settle(pilot)
        assert shows(app, DashboardScreen)
        assert app.screen.row.model == "risk/churn"  # type: ignore[attr-defined]
        await pilot.click("#serving", offset=(4, 3), times=2)
        await settle(pilot)
        assert shows(app, ModelsScreen)


async def test_a_request_waits_for_whom_it_can_be_answered_by(
    make_app: MakeApp, scene: Scene
) -> None:
    """Gates and missing approvals are told; who asked sees that it waits for others."""
    governed.govern(scene)
    governed.ask(scene)
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        shown = text_of(app)
        assert "waits for you · nothing, 1 for others" in shown
        assert "○ v8 → production  risk/churn" in shown
        assert "1 approval missing" in shown
        await press(pilot, "tab", "enter")
        assert shows(app, ReviewsScreen)


async def test_promote_and_roll_back_are_reviews(make_app: MakeApp, scene: Scene) -> None:
    """P and b open the review of the row's model; on anything else the keys say why not."""
    with scene.open() as registry:
        before = registry.audit.head()
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "j", "j", "j", "p")
        assert shows(app, PromoteScreen)
        assert "risk/churn:v7" in text_of(app)
        await press(pilot, "escape", "b")
        assert shows(app, RollbackScreen)
        await press(pilot, "escape", "j", "p")
        assert shows(app, PromoteScreen)
        assert "nlp/reviews-tiny:v2" in text_of(app)
        await press(pilot, "escape", "j", "p")
        assert "There is no model under the cursor" in text_of(app)
    with scene.open() as registry:
        assert registry.audit.head() == before


async def test_a_narrow_screen_has_one_column(make_app: MakeApp) -> None:
    """At 80 by 24 sections stand below each other, and the cursor brings the last into sight."""
    app = make_app(start="dashboard")
    async with app.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "│" not in text_of(app)
        assert "this month" not in text_of(app)
        await press(pilot, *["tab"] * 4)
        await until(pilot, lambda: "stored" in text_of(app))
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert "┬─ waits for you" in text_of(app)
        assert "A/B since" in text_of(app)


async def test_an_empty_registry_teaches_three_ways(make_app: MakeApp, tmp_path: Path) -> None:
    """The inbox of this very registry, the command, Python; then it shows what came."""
    scene = empty_scene(tmp_path / "new")
    app = make_app(on=scene, start="dashboard")
    async with app.run_test(size=(140, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        shown = text_of(app)
        assert "cp model.onnx" in shown
        assert "register churn model.onnx" in shown
        assert '.versions.register("churn"' in shown
        with scene.acting("ci") as registry:
            scene.add(registry, "a/first", metrics={"auc": 0.9})
        await press(pilot, "r")
        assert "a/first" in text_of(app)
        assert "Three ways" not in text_of(app)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["wide", "narrow"])
async def test_where_there_is_no_registry_it_says_how_one_is_made(
    make_app: MakeApp, tmp_path: Path, size: tuple[int, int]
) -> None:
    """The command that makes it, and another way to look first; it goes on once there is one."""
    scene = Scene(tmp_path / "none yet")
    app = make_app(on=scene, start="dashboard", poll_seconds=0.05)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await soon(pilot, lambda: "There is no registry in" in text_of(app))
        shown = " ".join(text_of(app).replace("│", " ").split())
        assert "modelshelf init" in shown
        assert "modelshelf demo" in shown
        assert app.screen.query_one("#teach-rule").display
        create_registry(scene.folder, actor="ana").close()
        await until(pilot, lambda: "Three ways" in text_of(app))
        assert "There is no registry" not in text_of(app)


async def test_the_past_shows_what_served_then(make_app: MakeApp) -> None:
    """Who serves and what was registered is of then; folders and hooks say that they are not."""
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "T")
        await write(pilot, "2026-04-20")
        await press(pilot, "enter")
        await until(pilot, lambda: "kept for the present only" in text_of(app))
        await until(pilot, lambda: "13 in 3 models" in text_of(app))
        shown = text_of(app)
        assert "serving now · production · 3 of 3 models" in shown
        await press(pilot, "p")
        assert "This is the past" in text_of(app)


async def test_it_is_where_it_was_left(make_app: MakeApp, tmp_path: Path) -> None:
    """The section and the row under the cursor are found again by a later start."""
    for keys in (["j", "j"], []):
        app = make_app(start="dashboard", state_folder=tmp_path / "state")
        async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
            await settle(pilot)
            await press(pilot, *keys)
            assert app.screen.row.model == "risk/churn"  # type: ignore[attr-defined]
            app.save_state()


@pytest.mark.parametrize("state", [{"section": "x" * 99, "key": 3}, {"section": ["serving"]}, {}])
def test_a_memory_of_another_hand_is_no_trouble(state: dict[str, object]) -> None:
    """What is remembered is trusted to be JSON and nothing more."""
    screen = DashboardScreen()
    screen.recall(state)
    assert screen._sought == ("", "")


async def test_hostile_names_reach_no_terminal(make_app: MakeApp, scene: Scene) -> None:
    """Paths, reasons and what an entry says are shown, and none is markup or an order."""
    evil = "[@click=app.bell()]x[/] \x1b[31m\u202e[/b]"
    drops.put(scene, drops.line("a/x.onnx", "refused", reason=evil))
    with scene.acting("eve", timedelta(hours=1)) as registry:
        registry.models.describe("risk/churn", description="[/b][@click=app.bell()]x[/]")
        registry.promotions.promote("risk/fraud:v1", "production", reason="[/b] x")
    (scene.folder / "modelshelf.toml").write_text(
        '[[drop_folders]]\npath = "in[/b]"\n[[hooks]]\nname = "a[b]"\nrun = ["true"]\n', "utf-8"
    )
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert not dangerous(app)
        assert "[/b]" in text_of(app)


@given(st.integers(1, 80), st.lists(st.integers(1, 70), min_size=1, max_size=5))
def test_room_is_shared_and_none_is_wasted(room: int, wants: list[int]) -> None:
    """Nobody gets more than they want, all get a little, and the room is used up."""
    given_out = heights(room, wants)
    assert all(min(want, 2) <= lines <= want for lines, want in zip(given_out, wants, strict=True))
    least = sum(min(want, 2) for want in wants)
    assert sum(given_out) == max(least, min(room, sum(wants)))


@given(st.lists(st.integers(0, 1_000), max_size=40))
def test_a_curve_has_a_sign_for_each_day(counts: list[int]) -> None:
    """A day with none is a dot, the best day the highest sign, and more is never lower."""
    drawn = overview.curve(counts)
    assert len(drawn) == len(counts)
    assert all((sign == "·") == (count == 0) for sign, count in zip(drawn, counts, strict=True))
    ranked = [sign for _, sign in sorted(zip(counts, drawn, strict=True)) if sign != "·"]
    assert ranked == sorted(ranked)


def test_a_moment_is_said_as_people_nearby_say_it() -> None:
    """Today it is a time, this week a weekday, this year a day, before that a year."""
    here = NOW.astimezone()
    said = [overview.clock_time(here - timedelta(days=d), here) for d in (0, 1, 6, 7, 400)]
    assert said[0] == f"{here:%H:%M}"
    assert [len(text) for text in said[1:]] == [3, 3, 5, 4]
