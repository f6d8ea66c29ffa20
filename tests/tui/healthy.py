"""What the tests of hooks and health share: real hooks, forged catalogs, the way to a part."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modelshelf.tui.screens.health import HealthScreen
from tests.catalog.by_hand import tampered
from tests.tui.conftest import press
from tests.tui.scene import Scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from modelshelf.tui.app import ModelshelfApp

SIZE = (120, 40)
FAILS = "import sys; print('no route to host'); sys.exit(3)"
TAKES = "pass"


def hook(name: str, code: str, attempts: int = 1, on: str = "stage.*") -> str:
    """Return the lines of a hook that runs some Python."""
    run = json.dumps([sys.executable, "-c", code])
    return (
        f"[[hooks]]\nname = {json.dumps(name)}\non = [{json.dumps(on)}]\nrun = {run}\n"
        f"attempts = {attempts}\n"
    )


def hooked(scene: Scene, *hooks: str, roles: str = "") -> None:
    """Put hooks into force, and have something happen that they are to be told."""
    (scene.folder / "modelshelf.toml").write_text("".join((*hooks, roles)), "utf-8")
    with scene.acting("ana", timedelta(hours=1)) as registry:
        registry.promotions.promote("vision/digits:v2", "production", reason="smaller")


def delivered(scene: Scene) -> None:
    """Tell the hooks as another process does."""
    with scene.acting("ana", timedelta(minutes=30)) as registry:
        registry.hooks.deliver()


def forge(scene: Scene, sql: str) -> None:
    """Edit the catalog beside the log, as whoever can write the file may."""
    with scene.open() as registry:
        tampered(registry, sql)


@pytest.fixture
def quick_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no child process to learn what it may do; that is the doctor's own test."""
    monkeypatch.setattr("modelshelf.registry.doctor.worker_state", lambda: "in a child process")


def health_of(app: ModelshelfApp) -> HealthScreen:
    """Return the screen."""
    assert isinstance(app.screen, HealthScreen)
    return app.screen


async def go_to(pilot: Pilot[None], part: str) -> None:
    """Put the cursor on a part, by the key that goes through them."""
    app: Any = pilot.app
    while health_of(app).part != part:
        await press(pilot, "right_square_bracket")


def deliveries_of(app: ModelshelfApp) -> tuple[Any, ...]:
    """Return the deliveries that are listed."""
    return tuple(item.thing for item in health_of(app).shown.items)
