"""Takes the picture in the README: the sample registry as the terminal app shows it.

Run from the project's folder with the app installed: python assets/screenshot.py
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

from modelshelf.registry import open_registry
from modelshelf.registry.sample import build_sample
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.models import ModelsScreen

PICTURE = Path(__file__).with_name("screenshot.svg")
SIZE = (120, 40)
MODEL = "health/tumour"
# The picture must not fetch a font from anywhere; these are on most machines.
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


async def take(folder: Path) -> str:
    """Open the registry two hours after its last entry and return the picture."""
    with open_registry(folder) as registry:
        after = registry.audit.entries(limit=1)[0].at + timedelta(hours=2)
    opener = partial(open_registry, folder, actor="ana", clock=lambda: after)
    app = ModelshelfApp(opener, path="~/models", clock=lambda: after)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app)
        app.go_to_model(MODEL)
        await rest(app)
        await pilot.pause()
        picture = app.export_screenshot(title="Modelshelf")
    app.store.close()
    return picture


async def rest(app: ModelshelfApp) -> None:
    """Wait until the screen has all its answers."""
    looks = 0
    while looks < 5:  # noqa: PLR2004 - in a row
        await asyncio.sleep(0.05)
        screen = app.screen
        quiet = app.facts is not None and isinstance(screen, ModelsScreen) and screen.quiet
        looks = looks + 1 if quiet else 0


def without_fonts(picture: str) -> str:
    """Return a picture that names fonts of the machine and fetches none."""
    bare = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    bare = re.sub(r"font-family: [^;]*Fira Code[^;]*;", f"font-family: {FONTS};", bare)
    bare = re.sub(r"terminal-\d+-", "terminal-", bare)
    return "\n".join(line.rstrip() for line in bare.splitlines()) + "\n"


def main() -> None:
    """Build the sample registry, take the picture, put it beside this file."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = build_sample(Path(scratch) / "registry")
        PICTURE.write_text(without_fonts(asyncio.run(take(folder))), encoding="utf-8")
    print(PICTURE.name)


if __name__ == "__main__":
    main()
