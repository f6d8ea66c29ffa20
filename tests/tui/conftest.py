"""The app as the tests see it: on the scene's registry, with its clock, and no blinking."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.frame import Frame
from tests.tui.scene import Scene, build_scene

MakeApp = Callable[..., ModelshelfApp]

_PATIENCE = 400
_QUIET_LOOKS = 3


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
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _self: None)  # a cursor that never blinks
    made: list[ModelshelfApp] = []

    def make(on: Scene | None = None, *, poll_seconds: float = 30.0) -> ModelshelfApp:
        place = on or scene
        app = ModelshelfApp(
            place.open, path="~/models", clock=place.clock, poll_seconds=poll_seconds
        )
        made.append(app)
        return app

    yield make
    for app in made:
        app.store.close()
        assert app.mishaps == []


async def settle(pilot: Pilot[None]) -> None:
    """Wait until no screen of ours awaits an answer or is about to ask."""
    app, quiet = pilot.app, 0
    for _ in range(_PATIENCE):
        await pilot.pause(0.01)
        screens = [screen for screen in app.screen_stack if isinstance(screen, Frame)]
        assert isinstance(app, ModelshelfApp)
        ready = app.facts is not None and all(screen.quiet for screen in screens)
        quiet = quiet + 1 if ready else 0
        if quiet >= _QUIET_LOOKS:
            return
    raise AssertionError("the app does not come to rest")


def text_of(app: ModelshelfApp) -> str:
    """Return what is on the screen as plain text, one line for each row."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
