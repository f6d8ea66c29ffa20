"""The app as the tests see it: on the scene's registry, with its clock, and no blinking."""

from __future__ import annotations

import asyncio
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual import events
from textual.widgets import Input

from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.asking import Asking
from tests.tui.scene import Scene, build_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.screen import Screen

MakeApp = Callable[..., ModelshelfApp]

_PATIENCE = 1_000
_QUIET_LOOKS = 3
_DRAWN, _TURNS = 2, 4


@pytest.fixture(scope="session")
def built_scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Make the scene once."""
    return build_scene(tmp_path_factory.mktemp("scene"))


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
    """Wait until no screen of ours awaits an answer or is about to ask."""
    app, quiet = pilot.app, 0
    for _ in range(_PATIENCE):
        await pilot._wait_for_screen()
        screens = [screen for screen in app.screen_stack if isinstance(screen, Asking)]
        assert isinstance(app, ModelshelfApp)
        # For a moment after another view came to the front, Textual keeps what it draws back.
        ready = app.facts is not None and all(screen.quiet for screen in screens)
        ready = ready and not app._batch_count
        quiet = quiet + 1 if ready else 0
        if quiet >= _QUIET_LOOKS:
            # As pilot.pause, without waiting for an idle processor: a class may change the layout,
            # which a widget asks for once it is idle, and then something is drawn anew.
            for _ in range(_DRAWN):
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                app.screen._on_timer_update()
            return
        await asyncio.sleep(0 if ready else 0.005)
    raise AssertionError("the app does not come to rest")


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait for what comes in its own time: another thread's look, or a message in a queue."""
    for _ in range(_PATIENCE):
        await settle(pilot)
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never comes")


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
