"""Time travel: the whole app as it was at a moment, read-only, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from modelshelf.domain.errors import Invalid
from modelshelf.tui import travelling
from modelshelf.tui.actions import MODES
from modelshelf.tui.reasons import PAST
from modelshelf.tui.screens.audit import AuditScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.travel import TravelScreen
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until, write
from tests.tui.scene import NOW, Scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from modelshelf.tui.app import ModelshelfApp

SIZE = (120, 40)


def entry_of(scene: Scene, event: str, actor: str | None = None) -> int:
    """Return the newest entry of a kind."""
    with scene.open() as registry:
        return registry.audit.entries(event=event, actor=actor, limit=1)[0].seq


def better(scene: Scene) -> int:
    """Return the entry with which version 6 of risk/churn took production from version 5."""
    with scene.open() as registry:
        given = registry.audit.entries(event="stage.assigned", limit=50)
    return next(entry.seq for entry in given if entry.body["reason"] == "better on both")


@asynccontextmanager
async def at_audit(
    make_app: MakeApp,
    size: tuple[int, int] = SIZE,
    **given: Any,  # noqa: ANN401 - as make_app,  # noqa: ANN401 - as make_app
) -> AsyncIterator[tuple[ModelshelfApp, Pilot[None], AuditScreen]]:
    """Open the app on the audit log."""
    app = make_app(**given)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7")
        assert isinstance(app.screen, AuditScreen)
        yield app, pilot, app.screen


async def to_entry(app: ModelshelfApp, pilot: Pilot[None], seq: int) -> None:
    """Go to the moment right after an entry, with t."""
    screen = app.at_mode("audit")
    assert isinstance(screen, AuditScreen)
    screen.go_to_entry(seq)
    await settle(pilot)
    await press(pilot, "t")
    await until(
        pilot, lambda: app.facts is not None and app.facts.moment.startswith(f"entry {seq},")
    )


async def to_mode(app: ModelshelfApp, pilot: Pilot[None], key: str) -> None:
    """Go to a part of the app, and wait until it says that it shows the past."""
    mode = MODES[int(key) - 1]
    await press(pilot, key)
    await until(pilot, lambda: app.current_mode == mode and "As it was: entry" in text_of(app))


# --- what is typed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-05-03", datetime(2026, 5, 3, tzinfo=UTC)),
        (" 2026-05-03  09:12 ", datetime(2026, 5, 3, 9, 12, tzinfo=UTC)),
        ("2026-05-03T09:12+02:00", datetime(2026, 5, 3, 7, 12, tzinfo=UTC)),
        ("2026-05-03t09:12Z", datetime(2026, 5, 3, 9, 12, tzinfo=UTC)),
        ("41", 41),
        ("#41", 41),
        ("Entry 41", 41),
        ("yesterday", NOW - timedelta(days=1)),
        ("today", NOW.replace(hour=0, minute=0)),
        ("3 days ago", NOW - timedelta(days=3)),
        ("1 day", NOW - timedelta(days=1)),
        ("90min", NOW - timedelta(minutes=90)),
        ("2 weeks ago", NOW - timedelta(weeks=2)),
    ],
)
def test_a_moment_is_read(text: str, when: datetime | int) -> None:
    """Dates, times with and without a zone, entries, and how long ago."""
    assert travelling.read_when(text, NOW) == when


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "0001-01-01T00:00+23:00", "999999 years ago", "3 ages ago", "-4",
     "1" * 5_000, "٣", "\x1b[31m", "2026-05-03 09:12 [/]"],
)  # fmt: skip
def test_what_is_no_moment_is_said(text: str) -> None:
    """Whatever else is typed is a sentence, with examples."""
    with pytest.raises(Invalid, match="neither a time nor the number"):
        travelling.read_when(text, NOW)


@given(st.text(max_size=40))
def test_no_text_is_a_mishap(text: str) -> None:
    """Any text is a moment or an error that can be said."""
    try:
        found = travelling.read_when(text, NOW)
    except Invalid:
        return
    assert isinstance(found, int) or found.tzinfo is not None


# --- the question --------------------------------------------------------------------------------


async def test_the_preview_says_which_entry_and_who_served(make_app: MakeApp, scene: Scene) -> None:
    """While it is typed: the moment, the entry, and who held production then and now."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "T")
        assert shows(app, TravelScreen)
        assert "UTC unless a zone is written" in text_of(app)
        await write(pilot, "2026-05-08 12:00+03:00")
        await until(pilot, lambda: "2026-05-08 09:00 UTC" in text_of(app))
        app.screen.query_one(Input).value = f"#{better(scene) - 1}"
        await until(pilot, lambda: "production then" in text_of(app))
        shown = text_of(app)
        assert "gave production of risk/churn to v5" in shown
        assert "v5   now v6 80 %, v7 20 %" in shown
        assert "not there yet   now v2" in shown
        await press(pilot, "escape")
        assert shows(app, AuditScreen)
        assert app.facts is not None
        assert not app.facts.past


async def test_arrows_go_from_entry_to_entry(make_app: MakeApp, scene: Scene) -> None:
    """Down begins at the newest entry and goes to older ones, up comes back; no further than it."""
    with scene.open() as registry:
        head = registry.audit.head()[0]
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "T")
        box = app.screen.query_one(Input)
        for key, seq in (("down", head), ("down", head - 1), ("up", head), ("up", head)):
            await press(pilot, key)
            await until(pilot, lambda: _glanced(app) == seq)  # noqa: B023 - awaited at once
            assert box.value == str(seq)
        assert "the newest there is" in text_of(app)


def _glanced(app: ModelshelfApp) -> int:
    """Return the entry that the preview is about."""
    assert isinstance(app.screen, TravelScreen)
    glance = app.screen._glance
    return 0 if glance is None else glance.entry.seq


async def test_mistakes_are_sentences_below_the_line(make_app: MakeApp) -> None:
    """Neither nonsense nor a moment before the registry leads anywhere; what is typed stays."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "T")
        await write(pilot, "[/]")
        await until(pilot, lambda: "neither a time nor the number" in text_of(app))
        await press(pilot, "enter")
        assert shows(app, TravelScreen)
        app.screen.query_one(Input).value = "1999-01-01"
        await until(pilot, lambda: "did not exist" in text_of(app))
        app.screen.query_one(Input).value = "40000"
        await until(pilot, lambda: "There is no entry 40000" in text_of(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "There is no entry 40000" in text_of(app))
        assert shows(app, TravelScreen)
        app.screen.query_one(Input).value = "x\x1b]0;t\x07\u202e[red]"
        await until(pilot, lambda: "neither" in text_of(app))
        assert "[red]" in text_of(app)


async def test_enter_goes_and_t_comes_back(make_app: MakeApp) -> None:
    """The models are those of then, the banner says so, and T shows the present again."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "nlp/reviews-tiny" in text_of(app)
        await press(pilot, "T")
        await write(pilot, "3 days ago")
        await press(pilot, "enter")
        await until(pilot, lambda: shows(app, ModelsScreen) and "As it was: entry" in text_of(app))
        await settle(pilot)
        assert "nlp/reviews-tiny" not in text_of(app)
        await press(pilot, "T")
        assert "As it was" not in text_of(app)
        assert "nlp/reviews-tiny" in text_of(app)


# --- in the past ---------------------------------------------------------------------------------


async def test_the_log_ends_at_the_moment(make_app: MakeApp, scene: Scene) -> None:
    """The log is shown up to the entry; back at present the cursor is on the same entry."""
    seq = entry_of(scene, "stage.rolled_back")
    async with at_audit(make_app) as (app, pilot, screen):
        await to_entry(app, pilot, seq)
        await settle(pilot)
        assert f"audit {seq} entries" in text_of(app)
        assert screen.entries.current is not None
        assert screen.entries.current.seq == seq
        assert screen.entries.cursor == 0
        await press(pilot, "T")
        assert screen.entries.current.seq == seq
        assert screen.entries.cursor > 0
        assert "newer" not in text_of(app)


async def test_the_models_show_the_holder_of_then(make_app: MakeApp, scene: Scene) -> None:
    """Before the last promotions version 5 held production; the next entries change that."""
    seq = better(scene)
    async with at_audit(make_app) as (app, pilot, screen):
        await to_entry(app, pilot, seq - 1)
        await to_mode(app, pilot, "2")
        app.go_to_model("risk/churn")
        await until(pilot, lambda: _production(app) == "v5")
        await press(pilot, "7", "right_square_bracket")
        await until(pilot, lambda: app.facts.moment.startswith(f"entry {seq},"))  # type: ignore[union-attr]
        await settle(pilot)
        assert screen.entries.current is not None
        assert screen.entries.current.seq == seq
        await to_mode(app, pilot, "2")
        await until(pilot, lambda: _production(app) == "v6")


def _production(app: ModelshelfApp) -> str:
    """Return which version stands in the lines of the models screen with the mark of production."""
    screen = app.screen
    assert isinstance(screen, ModelsScreen)
    rows = screen.versions.rows
    return " ".join(f"v{v.number}" for _, v in rows.known() if "production" in v.stages)


async def test_steps_go_through_time(make_app: MakeApp, scene: Scene) -> None:
    """[ and ] go entry by entry, however fast they are pressed, and stop at both ends."""
    with scene.open() as registry:
        head = registry.audit.head()[0]
    async with at_audit(make_app) as (app, pilot, screen):
        await press(pilot, "left_square_bracket")
        assert "This is now" in text_of(app)
        await to_entry(app, pilot, 4)
        await settle(pilot)
        for _ in range(3):
            app.simulate_key("left_square_bracket")
        await until(pilot, lambda: app.facts.moment.startswith("entry 1,"))  # type: ignore[union-attr]
        await settle(pilot)
        await press(pilot, "left_square_bracket")
        assert "nothing before the first entry" in text_of(app)
        await press(pilot, "T")
        await to_entry(app, pilot, head)
        await settle(pilot)
        await press(pilot, "right_square_bracket")
        assert "This is the newest entry" in text_of(app)
        assert screen.entries.cursor == 0


@pytest.mark.parametrize("size", [SIZE, (80, 24)], ids=["wide", "narrow"])
async def test_every_screen_works_in_the_past(
    make_app: MakeApp, scene: Scene, size: tuple[int, int]
) -> None:
    """All parts of the app say that it is the past, and none of them stumbles."""
    seq = entry_of(scene, "stage.rolled_back")
    async with at_audit(make_app, size) as (app, pilot, _screen):
        await to_entry(app, pilot, seq)
        for key in map(str, range(1, len(MODES) + 1)):
            await to_mode(app, pilot, key)
            await press(pilot, "j", "enter", "r")
            assert not dangerous(app)
            app.at_mode(app.current_mode)
        assert app.mishaps == []


async def test_what_changes_is_off_in_the_past(make_app: MakeApp, scene: Scene) -> None:
    """Promoting, rolling back and undoing are greyed, and say why."""
    seq = entry_of(scene, "stage.rolled_back")
    async with at_audit(make_app) as (app, pilot, _screen):
        await to_entry(app, pilot, seq)
        await to_mode(app, pilot, "2")
        for key in ("p", "b", "u"):
            await press(pilot, key)
            assert shows(app, ModelsScreen), key
            assert PAST in text_of(app), key
            app.screen.say()  # type: ignore[attr-defined]


async def test_the_inbox_is_no_history(make_app: MakeApp, scene: Scene) -> None:
    """What was dropped is only known at present, and the screen says so."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await to_entry(app, pilot, entry_of(scene, "stage.rolled_back"))
        await to_mode(app, pilot, "3")
        assert "T comes back to now" in text_of(app)
        assert "past" in text_of(app)


async def test_lineage_and_comparison_are_those_of_then(make_app: MakeApp, scene: Scene) -> None:
    """A version that came later is not there yet, which is a sentence."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await to_entry(app, pilot, entry_of(scene, "stage.rolled_back"))
        app.go_to_lineage("nlp/reviews-tiny:v1")
        await until(pilot, lambda: "nlp/reviews-tiny" in text_of(app))
        await settle(pilot)
        assert "here is no model" in text_of(app)
        app.go_to_lineage("risk/churn:v5")
        await until(pilot, lambda: "lineage risk/churn:v5" in text_of(app))
        app.go_to_compare(("risk/churn:v5", "nlp/reviews-tiny:v1"))
        await until(pilot, lambda: "here is no model" in text_of(app))


async def test_changes_of_now_do_not_move_the_past(make_app: MakeApp, scene: Scene) -> None:
    """Somebody acts meanwhile: the past stays as it is, the present shows it afterwards."""
    seq = entry_of(scene, "stage.rolled_back")
    async with at_audit(make_app, poll_seconds=0.02) as (app, pilot, screen):
        await to_entry(app, pilot, seq)
        before = app._poller._seen
        with scene.open("ci") as registry:
            registry.versions.yank("risk/churn:v1", reason="from outside")
        await until(pilot, lambda: app._poller._seen != before)
        await settle(pilot)
        assert screen.entries.rows.total == seq
        await press(pilot, "T")
        await press(pilot, "g")
        assert "from outside" in text_of(app)


def test_the_preview_knows_models_that_were_renamed(scene: Scene) -> None:
    """A model is told by its present name, also where it had another or was not there."""
    before = entry_of(scene, "stage.rolled_back")
    with scene.open() as registry:
        registry.models.rename("risk/fraud", "risk/cheats")
        stage, found = travelling.held(registry, before)
        assert stage == "production"
        told = {one.model: [h.reference for h in one.then] for one in found}
        assert told["risk/cheats"] == ["risk/fraud:v2"]
        early = travelling.held(registry, 2)[1]
        assert {one.model for one in early if one.known} <= {"risk/churn"}
