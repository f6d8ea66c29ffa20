"""Compare as a part of the app: columns, their cursor, the chart, and what is remembered."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from modelshelf.domain.comparison import Comparison, compare
from modelshelf.domain.inspection import Inspection, TensorEntry, Weights
from modelshelf.tui import charting, comparing, differences
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.screens.adding import AddingScreen
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.screens.models import ModelsScreen
from tests.domain.test_comparison import detail, version
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until, write
from tests.tui.scene import Scene

WIDE, NARROW = (120, 40), (80, 24)
CHURN = tuple(f"risk/churn:v{number}" for number in (6, 7, 5, 2))


def screen_of(app: ModelshelfApp) -> CompareScreen:
    """Return the screen, which must be in front."""
    assert isinstance(app.screen, CompareScreen)
    return app.screen


async def test_an_empty_comparison_teaches(make_app: MakeApp) -> None:
    """It says how to begin, adds two versions one after the other, and takes them out again."""
    app = make_app(start="compare")
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "space marks versions" in text_of(app)
        await press(pilot, "b")
        assert "Nothing is compared yet" in text_of(app)
        await press(pilot, "a")
        await write(pilot, "churn:6")
        await press(pilot, "enter")
        await until(pilot, lambda: shows(app, AddingScreen))
        assert "beside risk/churn:v6" in text_of(app)
        await press(pilot, "down", "enter")
        assert len(screen_of(app).asked) == 2
        assert "baseline risk/churn:v6" in text_of(app)
        await press(pilot, "x")
        assert "waits for another one" in text_of(app)
        await press(pilot, "x")
        assert screen_of(app).asked == ()


async def test_three_versions_are_read_at_eighty_columns(make_app: MakeApp) -> None:
    """Values and distances of three stand in one line; the others come while the baseline stays."""
    app = make_app(start="compare")
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        shown = text_of(app)
        assert re.search(r"auc ↑ +0\.9110 +0\.9140 ★ +\+0\.0030 +0\.9020 +-0\.0090", shown)
        assert "3 of 4: h, l" in shown
        assert "── metrics ─" in shown
        await press(pilot, "l", "l", "l", "l")
        assert re.search(r"auc ↑ +0\.9110 +0\.9020 +-0\.0090 +0\.8800 +-0\.0310", text_of(app))
        assert "▸v2 D" in text_of(app)


async def test_keys_act_on_the_version_under_the_cursor(make_app: MakeApp) -> None:
    """The baseline is set there and steps on from there, x takes it out, Enter goes to it."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        await press(pilot, "l", "b")
        assert "baseline risk/churn:v7" in text_of(app)
        assert screen_of(app).chosen == "risk/churn:v7"
        await press(pilot, "b")
        assert "baseline risk/churn:v5" in text_of(app)
        await press(pilot, "l", "x")
        assert screen_of(app).asked == ("risk/churn:v7", "risk/churn:v5", "risk/churn:v2")
        await press(pilot, "h", "enter")
        assert isinstance(app.screen, ModelsScreen)
        current = app.screen.versions.current
        assert current is not None
        assert current.reference == "risk/churn:v5"


async def test_a_head_is_clicked_once_and_again(make_app: MakeApp) -> None:
    """The first click puts the cursor on the version, the second makes it the baseline."""
    app = make_app(start="compare")
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        head = next(line for line in text_of(app).splitlines() if "v7 P20" in line)
        at = (head.index("v7 P20"), 0)
        await pilot.click("#compared", offset=at)
        await settle(pilot)
        assert screen_of(app).chosen == "risk/churn:v7"
        assert "baseline risk/churn:v6" in text_of(app)
        await pilot.click("#compared", offset=at)
        await settle(pilot)
        assert "baseline risk/churn:v7" in text_of(app)


async def test_long_values_are_read_below(make_app: MakeApp) -> None:
    """What the table cuts stands whole under it, for every version."""
    app = make_app(start="compare")
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        await press(pilot, "G")
        assert "warning: sklearn.ensemble" in text_of(app)
        await press(pilot, "g")
        assert "v6 P80 0.9110  ·  v7 P20 0.9140 +0.0030 ★" in text_of(app)


async def test_the_chart_draws_the_row_under_the_cursor(make_app: MakeApp) -> None:
    """A bar for each version, the metric over all versions, and words for what is no number."""
    app = make_app(start="compare")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        await press(pilot, "v")
        await until(pilot, lambda: "risk/churn over all 7 versions" in text_of(app))
        shown = text_of(app)
        assert re.search(r"v7 P20 +0\.9140 ★ █+", shown)
        assert re.search(r"v6 P80 +0\.9110 +█+▌? baseline", shown)
        assert "bars begin at 0.8715" in shown
        assert re.search(r"\^v2 +\^v5 \^v6 \^v7", shown)
        await press(pilot, "G")
        assert "is no number" in text_of(app)


async def test_the_comparison_is_remembered(
    make_app: MakeApp, scene: Scene, tmp_path: Path
) -> None:
    """Versions, baseline, view and what is shown return; one that is gone is named and left out."""
    state = tmp_path / "state"
    app = make_app(start="compare", state_folder=state)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        await press(pilot, "l", "b", "d", "v")
        app.save_state()
    (file,) = state.glob("app-*.json")
    kept = json.loads(file.read_text())
    kept["compare"]["references"].append("risk/gone:v1")
    file.write_text(json.dumps(kept))
    with scene.open() as registry:
        registry.models.rename("risk/churn", "risk/leavers")
    again = make_app(start="compare", state_folder=state)
    async with again.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        shown = text_of(again)
        assert "baseline risk/leavers:v7  everything" in shown
        assert "risk/gone:v1 was left out" in shown
        assert "risk/churn:v6 is risk/leavers:v6 now." in shown
        assert screen_of(again).charted
        assert len(screen_of(again).asked) == len(CHURN)


@pytest.mark.parametrize(
    "state",
    [
        {"references": "risk/churn:v1", "baseline": 7, "all": "yes", "view": []},
        {"references": ["\x1b[31m", "risk/churn:v999", "", "a:b:c"], "baseline": "x"},
        {"references": ["risk/churn:v1"] * 99, "lately": [1, 2]},
        {"references": ["risk/churn:v1"] * 3},
    ],
)
async def test_a_memory_by_another_hand_does_no_harm(
    make_app: MakeApp, tmp_path: Path, state: dict[str, object]
) -> None:
    """Whatever is remembered, the screen stands, and versions can be compared."""
    folder = tmp_path / "state"
    app = make_app(start="compare", state_folder=folder)
    app.memory.keep("compare", state)
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert dangerous(app) == set()
        app.go_to_compare(CHURN)
        await settle(pilot)
        assert "baseline risk/churn:v6" in text_of(app)


async def test_it_is_taken_along_as_markdown(make_app: MakeApp) -> None:
    """The key copies the table that the command line writes for a pull request."""
    app = make_app(start="compare")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(CHURN)
        await settle(pilot)
        await press(pilot, "e")
        assert "| **metrics** | <code>risk/churn&#58;v6</code> |" in app.clipboard
        assert "**<code>0.914 (+0.003)</code>**" in app.clipboard


def test_offers_find_by_number_and_by_search(scene: Scene) -> None:
    """A name with a number, a search, or nothing: never what is compared already."""
    with scene.open() as registry:

        def found(text: str, *compared: str) -> list[str]:
            offers = comparing.offers(registry, text, compared, ())
            return [offer.version.reference for offer in offers]

        assert found("fraud:v3") == ["risk/fraud:v3"]
        assert found("stage:production digits") == ["vision/digits:v3"]
        assert found("fraud:", "risk/fraud:v3") == ["risk/fraud:v2", "risk/fraud:v1"]
        assert found("", "risk/churn:v5")[:2] == ["risk/churn:v6", "risk/churn:v7"]


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.none() | FINITE, max_size=8), st.integers(4, 200))
def test_bars_keep_the_order_of_their_values(values: list[float | None], room: int) -> None:
    """A greater value never has the shorter bar, every value has one, and none is too long."""
    drawn = charting.bars(values, room)
    lengths = sorted((v, cell_len(b)) for v, b in zip(values, drawn, strict=True) if v is not None)
    assert all(a[1] <= b[1] for a, b in pairwise(lengths))
    assert all(1 <= length <= room for _, length in lengths)
    assert all(bar == "" for v, bar in zip(values, drawn, strict=True) if v is None)


@given(st.lists(FINITE, min_size=1, max_size=300), st.integers(1, 120), st.integers(1, 8))
def test_a_curve_fits_and_shows_both_ends(values: list[float], width: int, height: int) -> None:
    """Every line has one width within the room; the greatest and the least value are drawn."""
    drawn = charting.curve(values, width, height)
    assert len(drawn.rows) == height
    assert len({cell_len(row) for row in drawn.rows}) == 1
    assert 1 <= cell_len(drawn.rows[0]) <= width
    assert (drawn.low, drawn.high) == (min(values), max(values))
    assert all(0 <= column < width for column in drawn.columns)
    assert drawn.packed == (len(values) > width)
    if drawn.low < drawn.high:
        assert drawn.rows[0].strip() != ""


@given(st.integers(2, 8), st.integers(20, 200), st.data())
def test_the_chosen_version_and_the_baseline_are_always_seen(
    count: int, width: int, data: st.DataObject
) -> None:
    """Whatever the width and wherever one was, both have a column, and no column comes twice."""
    references = tuple(f"m:v{n}" for n in range(count))
    place = st.integers(0, count - 1)
    baseline, chosen, first = data.draw(place), data.draw(place), data.draw(place)
    seen = differences.window(Comparison(references, (), baseline), width, first, chosen)
    assert seen[0] == baseline
    assert chosen in seen
    assert len(set(seen)) == len(seen) >= 2


def test_a_brief_tells_of_tensors_only_what_became_of_them() -> None:
    """A version differs from itself in no tensor, so only the count of the other one says much."""

    def holding(digest: str) -> Inspection:
        both = (
            TensorEntry("a", "float32", (2,), "1" * 64),
            TensorEntry("b", "float32", (2,), digest),
        )
        return Inspection("safetensors", weights=Weights(digest, both, 2))

    digests = ("2" * 64, "3" * 64)
    found = compare([detail(version(n), inspection=holding(d)) for n, d in enumerate(digests, 1)])
    told = [line.split() for line in differences.brief(found).plain.splitlines()]
    assert ["tensors", "changed", "1"] in told
    assert ["digest", "222222…222", "→", "333333…333"] in told
    assert not [line for line in told if "same" in line]
