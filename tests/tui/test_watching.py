"""Drop folders are watched beside the screen, and what comes of it is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.widgets import Input

from modelshelf.domain.intake import Sighting, State, SweepReport
from modelshelf.tui.messages import WatchReport
from modelshelf.tui.watching import Beside
from tests.tui.conftest import MakeApp, press, settle, text_of, write


def sighting(state: State, reference: str = "", reason: str = "") -> Sighting:
    """Return what was found in a drop folder."""
    return Sighting(
        "inbox/churn/model.onnx", state, reason, reference, datetime(2026, 5, 9, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("watching /a, /b", "watching"),
        ("watching by polling, because there are no file events: no inotify", "watching (polling)"),
        ("another process (4711) watches inbox", "another process watches"),
        ("watching ended", ""),
    ],
)
def test_what_the_watcher_says_becomes_one_word(said: str, state: str) -> None:
    """The head has room for a few words."""
    told: list[WatchReport] = []
    Beside(told.append).notice(said)
    assert [report.state for report in told] == [state]


def test_a_refusal_is_told_once() -> None:
    """Every sweep finds the refused file again; a person hears of it once."""
    told: list[WatchReport] = []
    beside = Beside(told.append)
    waiting, refused = sighting("waiting"), sighting("refused", reason="it is a virus")
    for _ in range(2):
        beside.report(SweepReport(waiting=(waiting,), refused=(refused,)))
    assert [report.state for report in told] == ["watching · 1 waiting"] * 2
    assert [len(report.refused) for report in told] == [1, 0]


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
        await press(pilot, "j", "enter", "p", "s", "w")
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
