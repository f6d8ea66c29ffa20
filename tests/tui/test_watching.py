"""Drop folders are watched beside the screen, and what comes of it is told."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.widgets import Input

from modelshelf.domain.intake import Sighting, State, SweepReport
from modelshelf.registry import open_registry
from modelshelf.tui import sightings
from modelshelf.tui.messages import WatchReport
from modelshelf.tui.watching import Beside, headline, watch_beside
from modelshelf.watcher.state import FolderState, How, WatchState
from tests.doors.watched import drop, made, wait_for
from tests.furnished import model_file
from tests.tui.conftest import MakeApp, dangerous, press, settle, text_of, write
from tests.tui.governed import promoting


def sighting(state: State, reference: str = "", reason: str = "") -> Sighting:
    """Return what was found in a drop folder."""
    return Sighting(
        "inbox/churn/model.onnx", state, reason, reference, datetime(2026, 5, 9, tzinfo=UTC)
    )


def folder(how: How, why: str = "", label: str = "inbox") -> FolderState:
    """Return how a drop folder is watched."""
    return FolderState(f"/r/{label}", label, how, why)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WatchState(), ""),
        (WatchState((folder("events"),)), "watching"),
        (WatchState((folder("events"),), taken=3, waiting=2), "watching · 2 waiting"),
        (
            WatchState((folder("polling", "network folder, nfs4"),)),
            "watching by polling (inbox: network folder, nfs4)",
        ),
        (
            WatchState((folder("events"), folder("polling", "the policy says so", "slow"))),
            "watching by polling (slow: the policy says so)",
        ),
        (
            WatchState((folder("events"), folder("missing", "there is no such folder", "usb"))),
            "watching, not usb",
        ),
        (
            WatchState((folder("waiting for another process", "process 4711"),)),
            "another process watches (process 4711)",
        ),
        (
            WatchState((folder("missing", "there is no such folder", "usb"),)),
            "not watching: usb: there is no such folder",
        ),
        (WatchState(why="the disk is full"), "not watching: the disk is full"),
        (WatchState((folder("events"),), why="a\x1b]52;c"), "not watching: a\\x1b]52;c"),
        (WatchState(why="x" * 900), f"not watching: {'x' * 65}…"),
    ],
)
def test_how_the_folders_are_watched_becomes_a_few_words(state: WatchState, words: str) -> None:
    """The head has room for a few words; they come from the state and not from a sentence."""
    assert headline(state) == words


def test_trouble_with_the_watching_is_told_once() -> None:
    """The state comes again with every change of a number; a person hears of trouble once."""
    told: list[WatchReport] = []
    beside = Beside(told.append)
    bad = (folder("missing", "there is no such folder"),)
    for waiting in range(2):
        beside.watched(WatchState(bad, waiting=waiting))
    beside.watched(WatchState((folder("events"),)))
    beside.watched(WatchState(bad, why="the disk is full"))
    assert [report.refused for report in told] == [
        ("inbox: not watched (there is no such folder)",),
        (),
        (),
        ("inbox: not watched (there is no such folder)", "not watching: the disk is full"),
    ]


def test_a_refusal_is_told_once() -> None:
    """Every sweep finds the refused file again; a person hears of it once."""
    told: list[WatchReport] = []
    beside = Beside(told.append)
    waiting, refused = sighting("waiting"), sighting("refused", reason="it is a virus")
    for _ in range(2):
        beside.report(SweepReport(waiting=(waiting,), refused=(refused,)))
    assert [len(report.refused) for report in told] == [1]


def test_what_was_taken_in_is_told_with_the_state() -> None:
    """The head keeps saying how the folders are watched."""
    told: list[WatchReport] = []
    beside = Beside(told.append)
    beside.watched(WatchState((folder("events"),)))
    beside.report(SweepReport(taken=(sighting("taken", "churn:v2"),)))
    assert (told[-1].state, told[-1].taken) == ("watching", ("churn:v2",))


async def test_a_file_that_was_taken_is_told(make_app: MakeApp) -> None:
    """A note names the version; the head says that somebody watches."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.post_message(WatchReport("watching", ("risk/churn:v8",), ("[x/] was refused: bad",)))
        await settle(pilot)
        shown = text_of(app)
        assert "watching · ana" in shown
        assert "risk/churn:v8 was taken in" in shown
        assert "[x/] was refused: bad" in shown


async def test_a_report_disturbs_nobody_who_types(make_app: MakeApp) -> None:
    """While a promotion is reviewed, a sweep changes nothing that was chosen or written."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, "s", "w")
        await write(pilot, "40")
        await press(pilot, "enter")
        await write(pilot, "half a thou")
        app.post_message(WatchReport("watching"))
        await settle(pilot)
        assert app.screen.query_one("#reason", Input).value == "half a thou"
        assert "▸staging◂" in text_of(app)
        assert "--weight 40" in text_of(app)


async def test_the_watcher_begins_after_opening_and_ends_with_the_app(make_app: MakeApp) -> None:
    """Nothing is watched before the registry is open, and nothing after the screen is gone."""
    happened: list[object] = []
    app = make_app()

    def watch(_tell: object) -> object:
        happened.append("begun" if app.facts is not None else "too early")
        return happened.append

    app._watch = watch  # type: ignore[assignment]
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert happened == ["begun"]
    assert happened == ["begun", 0.0]


def test_the_watching_itself_says_how_it_goes(tmp_path: Path) -> None:
    """From the beginning to the end, through the real watcher."""
    root = made(tmp_path / "registry")
    told: list[WatchReport] = []
    watch = watch_beside(root, "ana", told.append)
    wait_for(lambda: told and told[-1].state == "watching")
    watch.wake()
    drop(root)
    wait_for(lambda: any(report.taken for report in told))
    watch(10.0)
    assert told[-1].state == ""


def test_the_app_tells_the_hooks(tmp_path: Path) -> None:
    """While it is open, what happens is told, and what was given up is a note."""
    root = made(tmp_path / "registry")
    good = [sys.executable, "-c", "open('told', 'a').write('x')"]
    bad = [sys.executable, "-c", "raise SystemExit(3)"]
    (root / "modelshelf.toml").write_text(
        f"[[hooks]]\nname = 'good'\non = ['alias.set']\nrun = {json.dumps(good)}\n"
        f"[[hooks]]\nname = 'bad'\non = ['alias.set']\nattempts = 1\nrun = {json.dumps(bad)}\n",
        "utf-8",
    )
    told: list[WatchReport] = []
    watch = watch_beside(root, "ana", told.append)
    with open_registry(root, actor="ravi") as registry:
        registry.versions.register("churn", model_file(tmp_path, 1))
        registry.versions.alias("churn:1", "best")
    wait_for((root / "told").exists)
    wait_for(lambda: any("hook bad was not told" in said for r in told for said in r.refused))
    watch(10.0)


async def test_trouble_of_the_watcher_is_said(make_app: MakeApp) -> None:
    """As long as it lasts, above the lines, and whatever it says is only text."""
    app = make_app(start="inbox")
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.post_message(WatchReport("not watching: the disk [/] is full\x1b]0;x\x07"))
        await settle(pilot)
        assert "Nothing that is dropped is taken in: not watching: the disk [/]" in text_of(app)
        assert dangerous(app) == set()
        app.post_message(WatchReport("watching"))
        await settle(pilot)
        assert "Nothing that is dropped" not in text_of(app)


@pytest.mark.parametrize(
    ("state", "troubled"),
    [("", False), ("watching · 2 waiting", False), ("watching, not usb", True),
     ("watching by polling (inbox: nfs)", True), ("another process watches (process 4)", True)],
)  # fmt: skip
def test_only_trouble_is_trouble(state: str, troubled: bool) -> None:  # noqa: FBT001 - a table
    """All is well says nothing."""
    assert bool(sightings.trouble(state)) == troubled
