"""The line of keys can be clicked, and keeps whole keys where room is short."""

from __future__ import annotations

from modelshelf.tui.screens.help import HelpScreen
from modelshelf.tui.widgets.keyline import KeyLine
from tests.tui.conftest import MakeApp, settle, shows, text_of


async def test_a_click_does_what_the_key_does(make_app: MakeApp) -> None:
    """A click on the key of the list of keys opens that list."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        at = text_of(app).splitlines()[-1].index("? keys")
        await pilot.click(KeyLine, offset=(at, 0))
        await settle(pilot)
        assert shows(app, HelpScreen)


async def test_no_key_is_cut_and_the_list_of_keys_stays(make_app: MakeApp) -> None:
    """On the least terminal some keys are left out, but never the one that lists them all."""
    app = make_app()
    async with app.run_test(size=(60, 15), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        line = app.screen.query_one(KeyLine)
        shown = line.fitting(60)
        assert sum(one.width for one in shown) <= 60
        assert len(shown) < len(line.keys)
        assert "app.help" in {one.id for one in shown}


async def test_every_part_is_named_on_the_least_terminal(make_app: MakeApp) -> None:
    """Where there is no room for whole names, each part shows its beginning beside its key."""
    app = make_app()
    async with app.run_test(size=(60, 15), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        parts = text_of(app).splitlines()[1]
        assert parts.split()[:6] == ["1", "Das", "2", "Models", "3", "Inb"]
        assert "8 Hea" in parts
