"""Jumping to what one sees, letting a pane fill the screen, and setting the app aside."""

from __future__ import annotations

import pytest

from modelshelf.tui.actions import MODES
from modelshelf.tui.jumping import LETTERS, Target, targets
from modelshelf.tui.screens.audit import AuditScreen
from modelshelf.tui.screens.jump import JumpScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.widgets.masthead import Masthead
from tests.tui.conftest import MakeApp, press, settle, shows, text_of

WIDE = (120, 40)


@pytest.mark.parametrize("size", [WIDE, (80, 24)])
async def test_a_letter_stands_on_every_pane_and_part(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    """Each letter is its own, is to be seen, and all panes and parts have one."""
    app = make_app()
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        found = targets(app.screen)
        assert len({t.letter for t in found}) == len({(t.row, t.column) for t in found})
        assert len(found) >= len(MODES) + len(app.screen.focus_chain)
        assert all(0 <= t.row < size[1] and 0 <= t.column < size[0] for t in found)
        await press(pilot, "ctrl+o")
        shown = text_of(app).splitlines()
        assert all(shown[t.row][t.column : t.column + 3] == f" {t.letter} " for t in found)


def letter_at(found: list[Target], row: int) -> str:
    """Return the last letter of a row."""
    return max((t for t in found if t.row == row), key=lambda t: t.column).letter


async def test_a_letter_goes_to_its_pane(make_app: MakeApp) -> None:
    """Whatever pane it stands on has the keys afterwards."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for widget in app.screen.focus_chain:
            region = widget.region
            letter = next(
                t.letter for t in targets(app.screen) if (t.column, t.row) == region.offset
            )
            await press(pilot, "ctrl+o", letter)
            assert app.focused is widget


async def test_a_letter_or_a_click_goes_to_a_part_and_anything_else_leaves(
    make_app: MakeApp,
) -> None:
    """The parts in the head have letters too; esc, the same key and digits only close it."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for key in ("escape", "ctrl+o", "9"):
            await press(pilot, "ctrl+o")
            assert shows(app, JumpScreen)
            await press(pilot, key)
            assert shows(app, ModelsScreen)
        place = MODES.index("audit")
        tab = list(app.screen.query_one(Masthead).jump_places())[place]
        await press(pilot, "ctrl+o")
        await pilot.click(offset=(tab[0] + 1, tab[1]))
        await settle(pilot)
        assert shows(app, AuditScreen)
        heads = [t for t in targets(app.screen) if t.row == 1]
        await press(pilot, "ctrl+o", heads[MODES.index("models")].letter)
        assert shows(app, ModelsScreen)


def test_there_are_letters_enough_and_each_once() -> None:
    """No letter leads to two places."""
    assert len(set(LETTERS)) == len(LETTERS) == 26


async def test_a_pane_fills_the_screen_and_goes_back(make_app: MakeApp) -> None:
    """`z` leaves head, pane and footer; `z` or esc puts everything back."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        before = text_of(app)
        for key in ("z", "escape"):
            await press(pilot, "z")
            pane = app.focused
            assert pane is not None
            assert pane.size.width > WIDE[0] - 4
            assert "Modelshelf" in text_of(app)
            assert "quit" in text_of(app)
            await press(pilot, key)
            assert text_of(app) == before


@pytest.mark.parametrize("size", [(59, 24), (80, 14), (20, 5), (1, 1)])
async def test_a_terminal_that_is_too_small_says_so_and_recovers(
    make_app: MakeApp, size: tuple[int, int]
) -> None:
    """It explains itself while it is small, and shows everything when it has grown."""
    app = make_app()
    async with app.run_test(size=(100, 30), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        before = text_of(app)
        await pilot.resize_terminal(*size)
        await settle(pilot)
        if size[0] > 50:
            assert "needs a terminal of 60 × 15" in text_of(app)
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        assert text_of(app) == before
