"""The audit screen: everything there ever was, live, filtered, and kept elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modelshelf.tui import logged
from modelshelf.tui.asked import Asked
from modelshelf.tui.screens.audit import AuditScreen
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.reviews import ReviewsScreen
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until, write
from tests.tui.governed import ask, govern
from tests.tui.scene import Scene, empty_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from modelshelf.tui.app import ModelshelfApp

SIZE = (120, 40)


@asynccontextmanager
async def at_audit(
    make_app: MakeApp,
    on: Scene | None = None,
    size: tuple[int, int] = SIZE,
    **given: Any,  # noqa: ANN401 - as make_app
) -> AsyncIterator[tuple[ModelshelfApp, Pilot[None], AuditScreen]]:
    """Open the app on the audit log."""
    app = make_app(on, **given)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7")
        assert isinstance(app.screen, AuditScreen)
        yield app, pilot, app.screen


async def test_the_newest_entry_is_first(make_app: MakeApp) -> None:
    """7 opens the log, the entry under the cursor is shown with its seal and body."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7")
        shown = text_of(app)
        assert shows(app, AuditScreen)
        assert "yanked nlp/reviews-tiny:v2: “trained on its own test set”" in shown
        assert '"reason": "trained on its own test set"' in shown
        assert "seal before" in shown
        assert "· live" in shown
        await press(pilot, "2")
        assert shows(app, ModelsScreen)


# --- live ----------------------------------------------------------------------------------------


def yank(scene: Scene, reference: str = "risk/churn:v1", actor: str = "ci") -> None:
    """Make one more entry, from outside of the app."""
    with scene.open(actor) as registry:
        registry.versions.yank(reference, reason="from outside")


async def test_on_the_newest_entry_the_list_is_live(make_app: MakeApp, scene: Scene) -> None:
    """What another process did appears on top, with the cursor on it."""
    async with at_audit(make_app, poll_seconds=0.02) as (app, pilot, screen):
        before = screen.entries.rows.total
        yank(scene)
        await until(pilot, lambda: screen.entries.rows.total == before + 1)
        await settle(pilot)
        assert "what         yanked risk/churn:v1: “from outside”" in text_of(app)
        assert screen.live


async def test_elsewhere_the_cursor_stays_on_its_entry(make_app: MakeApp, scene: Scene) -> None:
    """The title says how many are newer, g shows them and is live again."""
    async with at_audit(make_app, poll_seconds=0.02) as (app, pilot, screen):
        await press(pilot, "j", "j")
        assert screen.entries.current is not None
        here, before = screen.entries.current.seq, screen.entries.rows.total
        yank(scene)
        yank(scene, "risk/churn:v2")
        await until(pilot, lambda: screen.entries.rows.total == before + 2)
        await settle(pilot)
        assert screen.entries.current.seq == here
        assert "2 newer, g shows" in text_of(app)
        await press(pilot, "g")
        assert "newer" not in text_of(app)
        assert "· live" in text_of(app)


async def test_a_filtered_log_is_live_too(make_app: MakeApp, scene: Scene) -> None:
    """New entries that fit come on top of those that are known, and the cursor keeps its place."""
    async with at_audit(make_app, poll_seconds=0.02) as (app, pilot, screen):
        await press(pilot, "slash")
        await write(pilot, "actor:ci")
        await press(pilot, "enter", "j")
        assert screen.entries.current is not None
        here, before = screen.entries.current.seq, screen.entries.rows.total
        yank(scene, actor="ravi")
        yank(scene, "risk/churn:v2", actor="ci")
        await until(pilot, lambda: screen.entries.rows.total == before + 1)
        await settle(pilot)
        assert screen.entries.current.seq == here
        assert "1 newer, g shows" in text_of(app)


@pytest.fixture(scope="session")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Make a log of 700 entries of two people."""
    scene = empty_scene(tmp_path_factory.mktemp("long"))
    for actor in ("ana", "ravi"):
        with scene.open(actor) as registry:
            scene.add(registry, f"{actor}/m")
            for number in range(345):
                registry.models.describe(f"{actor}/m", description=f"number {number}")
    return scene


async def test_any_page_of_a_long_log_can_be_reached(make_app: MakeApp, long_log: Scene) -> None:
    """The count is exact, the end is the first entry, and a filter is paged on to its end."""
    with long_log.open() as registry:
        head = registry.audit.head()[0]
    async with at_audit(make_app, long_log) as (app, pilot, screen):
        assert f"audit {head:,} entries" in text_of(app)
        await press(pilot, "G")
        await until(pilot, lambda: "created the registry" in text_of(app))
        screen.go_to_entry(20)
        await settle(pilot)
        assert screen.entries.current is not None
        assert screen.entries.current.seq == 20
        await press(pilot, "a")
        assert "actor:ana" in text_of(app)
        assert screen.entries.current.actor == "ana"
        await press(pilot, "G")
        await until(pilot, lambda: screen.entries.rows.total > 128)
        await press(pilot, "G")
        await until(pilot, lambda: not screen.entries.rows.more)
        assert {e.actor for _, e in screen.entries.rows.known()} == {"ana"}


# --- filters -------------------------------------------------------------------------------------


async def test_the_log_is_filtered_while_typing(make_app: MakeApp) -> None:
    """A model, an event, a person; a mistake is told and nothing is lost; Esc clears."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "slash")
        await write(pilot, "risk/fraud event:stage.rolled_back")
        assert "audit 1 entry" in text_of(app)
        assert "recall fell" in text_of(app)
        await write(pilot, " wen:x")
        assert "'wen' is no field of the audit log" in text_of(app)
        assert "recall fell" in text_of(app)
        await press(pilot, "escape")
        assert "yanked nlp/reviews-tiny:v2" in text_of(app)


async def test_keys_filter_by_the_entry_under_the_cursor(make_app: MakeApp) -> None:
    """a, m and e ask for its person, its model, its kind; again they ask no more; Esc clears."""
    async with at_audit(make_app) as (app, pilot, screen):
        await press(pilot, "a", "m", "e")
        assert "actor:ravi model:nlp/reviews-tiny event:version.yanked" in text_of(app)
        assert screen.entries.rows.total == 1
        assert screen.focused is screen.entries
        await press(pilot, "e", "a")
        assert screen.entries.rows.total > 1
        assert {logged.model_of(e) for _, e in screen.entries.rows.known()} == {"nlp/reviews-tiny"}
        await press(pilot, "escape")
        assert screen._asked == Asked()
        assert screen.live


async def test_one_version_can_be_asked_for(make_app: MakeApp) -> None:
    """A version is written as everywhere; what is not there is a sentence."""
    async with at_audit(make_app) as (app, pilot, screen):
        await press(pilot, "slash")
        await write(pilot, "risk/churn:v6")
        assert 1 < screen.entries.rows.total < 8
        await write(pilot, "6")
        assert "risk/churn:v66" in text_of(app)
        await press(pilot, "escape", "slash")
        await write(pilot, "event:never.heard")
        assert "no entry fits" in text_of(app)


# --- one entry -----------------------------------------------------------------------------------


async def test_enter_goes_to_what_an_entry_is_about(make_app: MakeApp, scene: Scene) -> None:
    """A version is shown among its model's, under the name it has now."""
    with scene.open() as registry:
        registry.models.rename("nlp/reviews-tiny", "nlp/tiny")
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "j", "enter")
        await until(pilot, lambda: shows(app, ModelsScreen))
        await settle(pilot)
        assert "nlp/tiny" in text_of(app)


async def test_enter_goes_to_a_request(make_app: MakeApp, scene: Scene) -> None:
    """An entry about a request leads to the reviews."""
    govern(scene)
    ask(scene)
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "slash")
        await write(pilot, "event:request.opened")
        await press(pilot, "enter", "enter")
        assert shows(app, ReviewsScreen)


async def test_entries_about_nothing_say_so(make_app: MakeApp) -> None:
    """The first entry is about the registry: enter and m are greyed with the reason."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "G", "enter")
        assert "This entry is about no model, no request" in text_of(app)
        await press(pilot, "m")
        assert "This entry is about no model." in text_of(app)
        assert not shows(app, InboxScreen)


async def test_seals_and_the_command_can_be_kept(make_app: MakeApp, scene: Scene) -> None:
    """The key y copies number and seal, Y the command line that shows the same entries."""
    async with at_audit(make_app) as (app, pilot, _screen):
        await press(pilot, "y")
        with scene.open() as registry:
            seq, seal = registry.audit.head()
        assert app.clipboard == f"{seq} {seal}"
        await press(pilot, "m", "Y")
        assert app.clipboard == "modelshelf log --model nlp/reviews-tiny"


async def test_hostile_entries_are_harmless(make_app: MakeApp, scene: Scene) -> None:
    """An edited catalog's names are neither markup nor typed into the filter."""
    bad = "[red]x[/]\x1b]0;t\x07\u202e"
    with sqlite3.connect(scene.folder / "catalog.db") as edited:
        edited.execute("DROP TRIGGER IF EXISTS audit_no_update")
        names = edited.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit'"
        ).fetchall()
        for (name,) in names:
            edited.execute(f'DROP TRIGGER "{name}"')
        body = '{"model": "[red]x\\u001b\\ud800", "reason": "\\u202e[/]", "number": -1}'
        edited.execute(
            "UPDATE audit SET actor = ?, event = ?, subject = ?, body = ?"
            " WHERE seq = (SELECT max(seq) FROM audit)",
            (bad, bad, bad, body),
        )
    edited.close()
    async with at_audit(make_app) as (app, pilot, screen):
        assert not dangerous(app)
        await press(pilot, "a", "e", "m", "enter", "question_mark", "escape")
        assert not dangerous(app)
        assert screen._asked == Asked()


# --- what is remembered --------------------------------------------------------------------------


async def test_filter_and_entry_are_remembered(make_app: MakeApp, tmp_path: Path) -> None:
    """A later start shows the same filter with the cursor on the same entry."""
    async with at_audit(make_app, state_folder=tmp_path / "state") as (app, pilot, screen):
        await press(pilot, "a", "j")
        assert screen.entries.current is not None
        here = screen.entries.current.seq
        app.save_state()
    async with at_audit(make_app, state_folder=tmp_path / "state") as (app, pilot, screen):
        assert "actor:ravi" in text_of(app)
        assert screen.entries.current is not None
        assert screen.entries.current.seq == here
        await press(pilot, "escape", "g")
        assert screen.remember() == {"filter": "", "entry": 0}


@pytest.mark.parametrize(
    "state",
    [
        {"filter": 3, "entry": "x"},
        {"filter": "'", "entry": -4},
        {"filter": "a:b", "entry": True},
        {"filter": "by:\x1b[31m", "entry": 10**30},
        {"filter": ["x"], "entry": 2**52},
    ],
)
async def test_a_hostile_state_is_ignored(make_app: MakeApp, state: dict[str, Any]) -> None:
    """What was remembered is only taken up where it makes sense."""
    app = make_app(start="audit")
    app.memory.keep("audit", state)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, AuditScreen)
        assert "yanked nlp/reviews-tiny:v2" in text_of(app)
        assert app.screen._asked == Asked()
        assert app.screen.entries.cursor == 0
        assert not dangerous(app)


async def test_others_can_show_an_entry(make_app: MakeApp, scene: Scene) -> None:
    """An entry is found whatever is filtered; one that is not there is said."""
    with scene.acting("ravi", timedelta(hours=1)) as registry:
        registry.models.describe("risk/fraud", description="told")
    async with at_audit(make_app) as (app, pilot, screen):
        await press(pilot, "slash")
        await write(pilot, "actor:ci")
        screen.go_to_entry(3)
        await settle(pilot)
        assert screen.entries.current is not None
        assert screen.entries.current.seq == 3
        screen.go_to_entry(4_000)
        await settle(pilot)
        assert "Entry 4000 is later than what is shown." in text_of(app)
