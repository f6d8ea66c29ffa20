"""Drawing with ASCII alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from modelshelf.tui.actions import MODES
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.ascii import AsciiOnly, ascii_text
from modelshelf.tui.personal import Personal
from tests.tui.conftest import MakeApp, press, settle, text_of
from tests.tui.scene import Scene

FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}"


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40))
def test_any_text_keeps_its_width_and_becomes_ascii(text: str) -> None:
    """Whatever a model is called, the columns stay where they are."""
    shown = ascii_text(text)
    assert shown.isascii()
    assert cell_len(shown) == len(shown) == cell_len(text)


@given(st.lists(st.text("─│┼…✓é日本\u0301\u200d\ufe0f⚠" + FAMILY, max_size=8), max_size=5))
def test_each_piece_of_a_line_keeps_its_own_width(texts: list[str]) -> None:
    """Signs of two cells, combining marks and joined signs end where they ended."""
    segments = AsciiOnly().apply([Segment(text) for text in texts], Color(0, 0, 0))
    assert [cell_len(s.text) for s in segments] == [cell_len(text) for text in texts]
    assert all(s.text.isascii() for s in segments)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("┌─┬╮│├╴┼═", "+-++|+-+="),
        ("▁▂▃▄▅▆▇█", "__.-=^##"),
        ("✓ ✗ ★ → ↑ ↓ … – ·", "v x * > ^ v ~ - ."),
        ("Zürich", "Zurich"),
        ("日本", "????"),
        (f"{FAMILY} x", "?? x"),
        ("e\u0301", "e"),
        ("\u2571\u2572\u2573", "/\\X"),
    ],
)
def test_signs_become_what_looks_most_like_them(text: str, shown: str) -> None:
    """Lines, bars of a curve, signs and letters with accents stay readable."""
    assert ascii_text(text) == shown


@pytest.mark.parametrize("size", [(80, 24), (50, 10)])
async def test_every_part_of_the_app_is_drawn_with_ascii(
    make_app: MakeApp, scene: Scene, size: tuple[int, int]
) -> None:
    """Nothing else is on any line of any part, of the keys, of the palette or of jumping."""
    del make_app  # its fixture keeps the cursor from blinking
    app = ModelshelfApp(
        scene.open, path="~/mødels", clock=scene.clock, settings=Personal(ascii_only=True)
    )
    seen: dict[str, str] = {}
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for mode in MODES:
            app.action_mode(mode)
            await settle(pilot)
            seen[mode] = text_of(app)
        for key in ("question_mark", "ctrl+p", "ctrl+o"):
            await press(pilot, key)
            seen[key] = text_of(app)
            await press(pilot, "escape")
    app.store.close()
    assert {where: text for where, text in seen.items() if not text.isascii()} == {}
    assert len(set(seen.values())) > 1 or size == (50, 10)
