"""Takes the pictures of README and docs: the sample registry as the terminal app shows it.

Run from the project's folder with the app installed: ``make pictures``. The same registry at the
same moment gives the same pictures, so a test can say when they are stale.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast
from unittest import mock
from uuid import UUID

from textual.pilot import Pilot

from modelshelf.domain.checks import Check
from modelshelf.registry import open_registry
from modelshelf.registry.sample import build_sample
from modelshelf.tui import theme
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.frame import Frame

Rested = Callable[[Pilot[None]], Awaitable[None]]

FOLDER = Path(__file__).parent
WIDE, NARROW = (120, 40), (80, 24)
MODEL, DATA = "health/tumour", "dataset:breast_cancer 2"
# The picture must not fetch a font from anywhere; these are on most machines.
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_ID = UUID("5a3b1e0c-0ffe-4e00-9a3b-1e0c0ffee00d")
_FINE = tuple(Check(name, ok=True, observed="entry 67") for name in ("python", "checkpoints"))
_LATER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be taken.

    Attributes:
        name: Of the file, without its ending.
        mode: The part of the app in which it begins.
        keys: What is pressed there, one after the other.
        model: The model that is gone to first, if any.
        thing: The thing whose lineage is gone to first, if any.
        size: Columns and rows.
        light: Whether in the light theme.
    """

    name: str
    mode: str
    keys: tuple[str, ...] = ()
    model: str = ""
    thing: str = ""
    size: tuple[int, int] = WIDE
    light: bool = False


PICTURES = (
    Picture("dashboard", "dashboard"),
    Picture("dashboard-light", "dashboard", light=True),
    Picture("models", "models", model=MODEL),
    Picture("models-narrow", "models", model=MODEL, size=NARROW),
    Picture("inbox", "inbox"),
    Picture("reviews", "reviews"),
    Picture("lineage", "lineage", thing=DATA),
    Picture("compare", "models", ("c",), model=MODEL),
    Picture("audit", "audit"),
    Picture("past", "audit", ("pagedown", "t", "2")),
    Picture("health", "health"),
    Picture("promote", "models", ("j", "p"), model=MODEL),
    Picture("rollback", "models", ("b",), model=MODEL),
)


def sample(folder: Path) -> Path:
    """Build the sample registry as it always comes out, whoever builds it."""
    owner = mock.patch("modelshelf.registry.arrival.os_facts._owner", return_value="ana")
    with mock.patch("uuid.uuid4", return_value=_ID), owner:
        return build_sample(folder / "registry")


async def rest(pilot: Pilot[None]) -> None:
    """Wait until the screen has all its answers."""
    app, looks = cast("ModelshelfApp", pilot.app), 0
    while looks < 5:  # noqa: PLR2004 - in a row
        await asyncio.sleep(0.05)
        screen = app.screen
        quiet = app.facts is not None and (not isinstance(screen, Frame) or screen.quiet)
        looks = looks + 1 if quiet else 0
    await pilot.pause()


async def take(registry: Path, picture: Picture, rested: Rested) -> str:
    """Open the registry two hours after its last entry and return one picture."""
    with open_registry(registry) as opened:
        after = opened.audit.entries(limit=1)[0].at + _LATER
    opener = partial(open_registry, registry, actor="ana", clock=lambda: after)
    app = ModelshelfApp(opener, path="~/models", clock=lambda: after, start=picture.mode)
    async with app.run_test(size=picture.size) as pilot:
        if picture.light:
            app.theme = theme.LIGHT.name
        await rested(pilot)
        if picture.model:
            app.go_to_model(picture.model)
            await rested(pilot)
        if picture.thing:
            app.go_to_lineage(picture.thing)
            await rested(pilot)
        for key in picture.keys:
            app.simulate_key(key)
            await rested(pilot)
        taken = app.export_screenshot(title="Modelshelf")
    app.store.close()
    return without_fonts(taken)


def without_fonts(picture: str) -> str:
    """Return a picture that names fonts of the machine and fetches none."""
    bare = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    bare = re.sub(r"font-family: [^;]*Fira Code[^;]*;", f"font-family: {FONTS};", bare)
    bare = re.sub(r"terminal-\d+-", "terminal-", bare)
    return "\n".join(line.rstrip() for line in bare.splitlines()) + "\n"


@contextmanager
def anywhere() -> Iterator[None]:
    """Leave out of the pictures what belongs to this machine: its zone, its disk, its checks."""
    zone = mock.patch.dict(os.environ, {"TZ": "UTC"})
    checks = mock.patch("modelshelf.registry.doctor.examine", return_value=_FINE)
    free = mock.patch("modelshelf.registry.storing.free_bytes", return_value=32 << 30)
    with zone, checks, free:
        time.tzset()
        yield
    time.tzset()


def taken(names: tuple[str, ...] = (), rested: Rested = rest) -> Iterator[tuple[str, str]]:
    """Yield name and content of the pictures with these names, or of all.

    Args:
        names: Of the pictures; empty for all.
        rested: Waits until the app has nothing more to do.
    """
    with tempfile.TemporaryDirectory() as scratch, anywhere():
        registry = sample(Path(scratch))
        for picture in PICTURES:
            if not names or picture.name in names:
                yield picture.name, asyncio.run(take(registry, picture, rested))


def main(names: tuple[str, ...]) -> None:
    """Take the pictures and put them beside this file."""
    for name, content in taken(names):
        (FOLDER / f"{name}.svg").write_text(content, encoding="utf-8")
        print(f"assets/{name}.svg")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
