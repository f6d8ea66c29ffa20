"""The inbox screen: every line that was dropped, kept up to date, found again by state and text."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from modelshelf.domain.intake import TAKING
from modelshelf.tui import sightings
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.facts import facts
from modelshelf.tui.messages import CatalogChanged, WatchReport
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.masthead import Masthead
from modelshelf.tui.widgets.rows import PAGE
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, until, write
from tests.tui.drops import fill_inbox, line, put, taking
from tests.tui.scene import Scene, empty_scene

WIDE, NARROW = (120, 40), (80, 24)
_SECOND = timedelta(seconds=1)


@pytest.fixture
def full(scene: Scene) -> Scene:
    """Return the scene with a line of every state."""
    fill_inbox(scene)
    return scene


def inbox_of(app: object) -> InboxScreen:
    """Return the screen in front, which is the inbox."""
    screen = app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, InboxScreen)
    return screen


async def test_every_state_has_a_sign_and_a_word(make_app: MakeApp, full: Scene) -> None:
    """3 opens the inbox, newest first; states are told without colour and counted in the rule."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        shown = text_of(app)
        told = ("○ waiting", "▸ taking in", "✗ refused", "⚠ quarantined", "✓ taken", "= same")
        assert [word for word in (*told, "– ignored") if word not in shown] == []
        assert "○ 2 waiting  ✗ 1 refused  ⚠ 1 quarantined  ✓ 2 taken  = 1 same" in shown
        assert "42 % of 12.3 GB" in shown
        rows = [seen.at for _, seen in inbox_of(app).lines.rows.known()]
        assert rows == sorted(rows, reverse=True)


async def test_what_is_held_is_hinted_at_on_the_models_screen(
    make_app: MakeApp, full: Scene
) -> None:
    """Somebody who never opens the inbox still learns that something waits for a decision."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "3 Inbox 1" in text_of(app)
        assert app.screen.query_one(Masthead).held == 1


async def test_all_about_a_line_is_below_it(make_app: MakeApp, full: Scene) -> None:
    """Reason, rule, findings, owner, digest, and what a person can do, as keys and commands."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        shown = text_of(app)
        for told in (
            "held as quarantine:1",
            "rule        pickle.global.dangerous",
            "dangerous pickle.global.dangerous in evil.pkl at byte 11: os.system",
            "owner       mallory",
            "a releases it · modelshelf inbox release",
        ):
            assert told in shown
        await press(pilot, "j")
        assert "Wait: it is being read." in text_of(app)


async def test_a_narrow_terminal_shows_one_pane_at_a_time(make_app: MakeApp, full: Scene) -> None:
    """Enter goes into the line, Esc comes back to the same one, then to the models."""
    app = make_app(full)
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        assert "what to do" not in text_of(app)
        await press(pilot, "enter")
        assert "what to do" in text_of(app)
        assert "○ waiting" not in text_of(app)
        await press(pilot, "escape")
        assert "○ waiting" in text_of(app)
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)


async def test_a_tiny_terminal_asks_for_room(make_app: MakeApp, full: Scene) -> None:
    """Where nothing can be read, one sentence says so."""
    app = make_app(full)
    async with app.run_test(size=(50, 12), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        assert "Modelshelf needs a terminal of 60 × 15 or more." in text_of(app)
        await pilot.resize_terminal(60, 15)
        await settle(pilot)
        assert "⚠ quarantined" in text_of(app)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_an_empty_inbox_teaches(
    make_app: MakeApp, scene: Scene, size: tuple[int, int]
) -> None:
    """Where to drop what, and what watches."""
    app = make_app(scene)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        shown = text_of(app)
        assert "cp model.onnx" in shown
        assert "called like its model" in shown
        assert "modelshelf watch" in shown
        await press(pilot, "i", "a", "y", "enter", "s", "S")
        assert app.mishaps == []


# --- filters --------------------------------------------------------------------------------------


async def test_a_key_cycles_through_the_states(make_app: MakeApp, full: Scene) -> None:
    """Every state in turn, then all again; S goes the other way."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        found = []
        for _ in sightings.STATES:
            await press(pilot, "s")
            rows = inbox_of(app).lines.rows.known()
            found.append((inbox_of(app).state, {seen.state for _, seen in rows}))
        assert found[:2] == [("waiting", {"waiting"}), ("refused", {"refused"})]
        assert found[2:6] == [
            ("quarantined", {"refused"}),
            ("taken", {"taken"}),
            ("same", {"same"}),
            ("ignored", {"ignored"}),
        ]
        assert found[6][0] == ""
        await press(pilot, "S")
        assert inbox_of(app).state == "ignored"
        await press(pilot, "escape")
        assert inbox_of(app).state == ""


async def test_lines_are_found_by_text(make_app: MakeApp, full: Scene) -> None:
    """Path, version and reason are searched while typing; what cannot be searched is told."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "slash")
        for text, found in (("digits:v3", 1), ("LLAMA", 1), ("bad name", 1), ("nowhere", 0)):
            await write(pilot, text)
            assert inbox_of(app).lines.rows.total == found, text
            assert f"{found} found" in text_of(app)
            await press(pilot, "escape", "slash")
        await press(pilot, "escape")
        inbox_of(app).query_one(Filter).open("a\x1b[2J")
        await until(pilot, lambda: "holds a character that cannot be kept" in text_of(app))


async def test_state_and_text_hold_together(make_app: MakeApp, full: Scene) -> None:
    """Both must fit."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "s", "slash")
        await write(pilot, "risk")
        assert inbox_of(app).lines.rows.total == 0
        assert "nothing found" in text_of(app)


# --- keeping up -----------------------------------------------------------------------------------


async def test_a_change_by_another_process_is_seen(make_app: MakeApp, full: Scene) -> None:
    """The change counter brings the new line, and the cursor stays on its own."""
    app = make_app(full, poll_seconds=0.05)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "j", "j")
        before = inbox_of(app).lines.current
        put(full, line("new/one.onnx", "waiting", -_SECOND, reason="it is still changing"))
        await until(pilot, lambda: "inbox/new/one.onnx" in text_of(app))
        assert inbox_of(app).lines.current == before
        assert inbox_of(app).lines.cursor == 3


async def test_the_cursor_stays_when_its_line_moves(make_app: MakeApp, full: Scene) -> None:
    """A line that becomes the newest keeps its number, and the cursor goes along."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", *"jjjj")
        seen = inbox_of(app).lines.current
        assert seen is not None
        path = seen.path.removeprefix("inbox/")
        put(full, line(path, "waiting", -_SECOND, reason="it is still changing"))
        app.post_message(CatalogChanged())
        await settle(pilot)
        now = inbox_of(app).lines.current
        assert now is not None
        assert (inbox_of(app).lines.cursor, now.id) == (0, seen.id)
        assert "it is still changing" in text_of(app)


async def test_a_report_of_the_watcher_brings_the_list_up_to_date(
    make_app: MakeApp, full: Scene
) -> None:
    """A sweep is over before anybody looks at the change counter."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        put(full, line("new/one.onnx", "waiting", -_SECOND))
        app.post_message(WatchReport("watching · 1 waiting"))
        await settle(pilot)
        assert "inbox/new/one.onnx" in text_of(app)
        assert "watching · 1 waiting" in text_of(app)


async def test_what_is_being_read_is_followed(make_app: MakeApp, full: Scene) -> None:
    """While something is taken in the list asks again by itself; without it, it does not."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "j")
        put(full, taking(9_840_000_000))
        inbox_of(app).follow()
        await settle(pilot)
        assert "80 % of 12.3 GB" in text_of(app)
        put(full, line("nlp/llama.gguf", "taken", reference="nlp/reviews-tiny:v1"))
        inbox_of(app).follow()
        await settle(pilot)
        assert "taking in" not in text_of(app)
        put(full, line("new/one.onnx", "waiting", -_SECOND))
        inbox_of(app).follow()
        await settle(pilot)
        assert "inbox/new/one.onnx" not in text_of(app)


@pytest.mark.parametrize(
    ("done", "size", "told"),
    [(0, 10, "0 % of 10 B"), (5, 10, "50 % of 10 B"), (30, 10, "100 % of 10 B"), (5, 0, "")],
)
def test_progress_never_passes_its_end(done: int, size: int, told: str) -> None:
    """A file that grew while it was read is not read to more than all of it."""
    seen = line("m", "waiting", reason=TAKING, done=done, size=size).sighting
    assert sightings.progress(seen) == told


async def test_a_long_list_is_read_page_by_page(
    make_app: MakeApp, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Only what is seen is asked for; at the end comes the next page, and nothing twice."""
    scene = empty_scene(tmp_path_factory.mktemp("long"))
    many = 3 * PAGE + 10
    put(scene, *(line(f"m/{n:04d}.onnx", "ignored", n * _SECOND) for n in range(many)))
    app = make_app(scene)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        assert inbox_of(app).lines.rows.total == PAGE
        for _ in range(5):
            await press(pilot, "end")
        assert inbox_of(app).lines.rows.total == many
        paths = [seen.path for _, seen in inbox_of(app).lines.rows.known()]
        assert paths == [f"inbox/m/{n:04d}.onnx" for n in range(many)]
        await press(pilot, "r")
        assert inbox_of(app).lines.cursor == many - 1


async def test_a_hostile_reference_is_only_text(make_app: MakeApp, scene: Scene) -> None:
    """A ledger that somebody edited refers to what is not there."""
    put(
        scene,
        line("a", "refused", reference="quarantine:x"),
        line("b", "refused", reference="quarantine:99"),
        line("c", "taken", reference="no/such:v1"),
        line("d", "same", reference="[/]"),
    )
    app = make_app(scene)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "j", "enter", "escape", "j", "j", "enter")
        assert shows(app, InboxScreen)


# --- where one was, and where others lead ---------------------------------------------------------


async def test_the_inbox_is_found_as_it_was_left(
    make_app: MakeApp, full: Scene, tmp_path: Path
) -> None:
    """State, text and line come back at the next start; what is not ours is not believed."""
    app = make_app(full, start="inbox", state_folder=tmp_path)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "s", "s", "slash")
        await write(pilot, "bad")
        await press(pilot, "enter")
        app.save_state()
    again = make_app(full, start="inbox", state_folder=tmp_path)
    async with again.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        inbox = inbox_of(again)
        assert (inbox.state, inbox.text, inbox.lines.rows.total) == ("refused", "bad", 1)
        inbox.recall({"state": ["x"], "text": "a\x1b[2J", "line": "1"})
        assert (inbox.state, inbox.text) == ("refused", "bad")


async def test_others_lead_to_a_state_or_a_line(make_app: MakeApp, full: Scene) -> None:
    """Whatever was filtered before is taken off; a state that is none changes nothing."""
    app = make_app(full, start="inbox")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "nowhere")
        inbox_of(app).show_state("taken")
        await settle(pilot)
        taken = [seen for _, seen in inbox_of(app).lines.rows.known()]
        assert {seen.state for seen in taken} == {"taken"}
        inbox_of(app).show_state("no such state")
        assert inbox_of(app).state == "taken"
        inbox_of(app).go_to_line(taken[-1].id)
        await settle(pilot)
        assert (inbox_of(app).state, inbox_of(app).lines.current) == ("", taken[-1])


async def test_a_click_on_a_state_shows_it(make_app: MakeApp, full: Scene) -> None:
    """The counts in the title are for the mouse too; a second click shows everything again."""
    app = make_app(full, start="inbox")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for wanted in ("refused", ""):
            row = text_of(app).splitlines()[2]
            await pilot.click("#lines-rule", offset=(row.index("✗") + 3, 0))
            await settle(pilot)
            assert inbox_of(app).state == wanted


async def test_the_past_shows_no_lines(make_app: MakeApp, full: Scene) -> None:
    """What lies in the folders now is no part of a past; coming back shows it again."""
    app = make_app(full, start="inbox")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        past = await asyncio.to_thread(lambda: full.open().at(5))
        app.show_moment(past, await asyncio.to_thread(facts, past))
        await settle(pilot)
        assert "The past has no inbox" in flat(app)
        assert "evil.pkl" not in text_of(app)
        app.show_now()
        await settle(pilot)
        assert "evil.pkl" in text_of(app)
        assert "The past has no inbox" not in flat(app)


async def test_what_is_read_has_a_bar(make_app: MakeApp, full: Scene) -> None:
    """Bar, percent and size in the list, and the bytes that are read beside the line."""
    app = make_app(full, start="inbox")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "j")
        assert "████░░░░░░ 42 % of 12.3 GB" in text_of(app)
        assert "42 % of 12.3 GB · 5.2 GB read" in flat(app)


def flat(app: ModelshelfApp) -> str:
    """Return the screen as one line, so that a sentence may be broken anywhere."""
    return " ".join(text_of(app).split())
