"""The app as the tests see it: on the scene's registry, with its clock, and no blinking."""

from __future__ import annotations

import asyncio
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from textual import events
from textual.command import CommandPalette
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.asking import Asking
from tests.tui.scene import Scene, build_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.screen import Screen

_Rules = dict[Any, Any]

MakeApp = Callable[..., ModelshelfApp]

_PATIENCE, _TURNS = 2_000, 100_000
_A_MOMENT = 0.003  # seconds for a thread to find its answer
_A_PICTURE = 0.25  # seconds between two that nobody asks for


@pytest.fixture(scope="session")
def built_scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Make the scene once."""
    return build_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="session", autouse=True)
def _styles_are_parsed_once() -> Iterator[None]:
    """Keep what the styles of widgets say for the next app: in one process they never change.

    Textual keeps it within one app until a theme is chosen; parsing takes longer than most keys.
    """
    kept: dict[frozenset[tuple[str, str]], _Rules] = {}
    parse, set_variables = Stylesheet.parse, Stylesheet.set_variables

    def parse_once(sheet: Stylesheet) -> None:
        known = kept.setdefault(frozenset(sheet._variables.items()), {})
        sheet._parse_cache = cast("Any", known)
        parse(sheet)

    def begin_anew(sheet: Stylesheet, variables: dict[str, str]) -> None:
        sheet._parse_cache = cast("Any", {})  # this is emptied, not what is kept for others
        set_variables(sheet, variables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "parse", parse_once)
        patch.setattr(Stylesheet, "set_variables", begin_anew)
        yield


@pytest.fixture
def scene(built_scene: Scene, tmp_path: Path) -> Scene:
    """Return a copy of the scene that a test may change."""
    folder = tmp_path / "registry"
    shutil.copytree(built_scene.folder, folder)
    return Scene(folder)


@pytest.fixture
def make_app(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeApp]:
    """Return a function that makes the app; afterwards no worker may have failed unexpectedly."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    # What waits is drawn by `settle`; a terminal's sixty pictures a second would be in vain.
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", _A_PICTURE)
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _self: None)  # a cursor that never blinks
    made: list[ModelshelfApp] = []

    def make(
        on: Scene | None = None,
        *,
        poll_seconds: float = 30.0,
        start: str = "models",
        state_folder: Path | None = None,
    ) -> ModelshelfApp:
        place = on or scene
        app = ModelshelfApp(
            place.open,
            path="~/models",
            clock=place.clock,
            poll_seconds=poll_seconds,
            start=start,
            state_folder=state_folder,
        )
        made.append(app)
        return app

    yield make
    for app in made:
        app.store.close()
        assert app.mishaps == []


def dangerous(app: ModelshelfApp) -> set[str]:
    """Return the characters on the screen that a terminal could obey or be fooled by."""
    strips = app.screen._compositor.render_strips(app.size)
    shown = {char for strip in strips for segment in strip for char in segment.text}
    return {char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


async def settle(pilot: Pilot[None]) -> None:
    """Wait until no screen of ours awaits an answer or is about to ask, and all of it is drawn."""
    app = pilot.app
    assert isinstance(app, ModelshelfApp)
    for _ in range(_PATIENCE):
        await _still()
        if app._exception is not None:
            return  # the end of `run_test` raises it
        screens = [screen for screen in app.screen_stack if isinstance(screen, Asking)]
        # For a moment after another view came to the front, Textual keeps what it draws back.
        ready = app.facts is not None and all(screen.quiet for screen in screens)
        if isinstance(app.screen, CommandPalette):  # it looks for what it offers in its own time
            ready = all(one.is_finished for one in app.workers if one.node is app.screen)
        if any(_goes_on_at_once(screen) for screen in screens) or _draws(app, ready=ready):
            continue
        if ready and not app._batch_count:
            return
        await asyncio.sleep(_A_MOMENT)
    raise AssertionError("the app does not come to rest")


async def _still() -> None:
    """Wait until no message is on its way: nothing that runs on this thread could go on now.

    What is left waits for a key, for a moment in time or for another thread.
    """
    loop: Any = asyncio.get_running_loop()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
        if not loop._ready:
            return
    raise AssertionError("the messages never come to an end")


def _goes_on_at_once(screen: Asking) -> bool:
    """Have a screen do now what it would do in a moment; tell whether there was something."""
    waiting = [*screen._timers_by_name.values()]
    for timer in waiting:
        timer.stop()
        assert timer._callback is not None
        screen.call_next(timer._callback)
    return bool(waiting)


def _draws(app: ModelshelfApp, *, ready: bool) -> bool:
    """Draw what is due on the screens that are seen once they are ready; tell whether it was any.

    What was to be done after a picture is done on every screen, seen or not. As pilot.pause,
    without waiting for an idle processor.
    """
    if app._batch_count:
        return False
    screens = [screen for stack in app._screen_stacks.values() for screen in stack]
    due = [one for one in screens if one._callbacks or (ready and one.is_current and _is_old(one))]
    for screen in due:
        screen._on_timer_update()
    return bool(due)


def _is_old(screen: Screen[Any]) -> bool:
    """Tell whether anything is to be laid out or drawn anew."""
    due = screen._layout_required or screen._scroll_required or screen._recompose_required
    # One behind another asks to be repainted whenever it was, without end.
    due = due or (screen._repaint_required and screen is screen.app.screen)
    return due or bool(screen._dirty_widgets)


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait for what comes in its own time: another thread's look, or a message in a queue."""
    for _ in range(_PATIENCE):
        await settle(pilot)
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never comes")


async def soon(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait for what is seen although the screens still await something."""
    for _ in range(_PATIENCE):
        await _still()
        pilot.app.screen._on_timer_update()
        if true():
            return
        await asyncio.sleep(_A_MOMENT)
    raise AssertionError("it is never seen")


def text_of(app: ModelshelfApp) -> str:
    """Return what is on the screen as plain text, one line for each row."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def shows(app: ModelshelfApp, screen: type[Screen[Any]]) -> bool:
    """Tell whether a screen of this kind is in front."""
    return isinstance(app.screen, screen)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after another, and wait each time until nothing moves any more."""
    for key in keys:
        pilot.app.simulate_key(key)  # pilot.press takes fifty milliseconds, whatever the key does
        await settle(pilot)


async def write(pilot: Pilot[None], text: str) -> None:
    """Type text into what has the keys."""
    for char in text:
        pilot.app.post_message(events.Key("space" if char == " " else char, char))
    await settle(pilot)
