"""The versions of the models screen: pages of a list of any length, order, columns, marks."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.widgets import OptionList

from modelshelf.domain.models import ModelVersion
from modelshelf.tui import choosing, listing
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.listing import Anchor, Listing, Scope, Wish, follow
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.show import Cell
from modelshelf.tui.theme import FALLBACKS
from modelshelf.tui.widgets.grid import Column, Layout
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.vtable import VTable
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, until, write
from tests.tui.scene import Scene

MILLION = 1_000_000
SIZE = (140, 40)


def screen_of(app: ModelshelfApp) -> ModelsScreen:
    """Return the screen, which must be in front."""
    assert isinstance(app.screen, ModelsScreen)
    return app.screen


def current(app: ModelshelfApp) -> str:
    """Return the reference under the cursor."""
    version = screen_of(app).versions.current
    return "" if version is None else version.reference


def references(app: ModelshelfApp) -> list[str]:
    """Return the references of the rows that are known, in order."""
    return [version.reference for version in screen_of(app).known]


# --- a list of a million --------------------------------------------------------------------------


@pytest.fixture
def million(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have every list be a million versions long; return the pages that are asked for."""
    asked: list[int] = []
    with scene.acting("ana", timedelta()) as registry:
        one = registry.versions.get("risk/churn:v7")
    ids = range(MILLION, 0, -1)

    def page(_registry: object, some: Sequence[int], number: int) -> tuple[ModelVersion, ...]:
        asked.append(number)
        return tuple(replace(one, id=i, number=i) for i in some[number * PAGE :][:PAGE])

    def begin(registry: object, wish: Wish, _anchor: Anchor) -> Listing:
        rows: Rows[ModelVersion] = Rows(PAGE, more=True, counted=True)
        rows.fill(0, page(registry, ids, 0))
        return Listing(wish, rows, ids[:PAGE])

    def complete(registry: object, begun: Listing, anchor: Anchor, _stop: object) -> Listing:
        place = follow(anchor.ids, anchor.place, ids)
        rows: Rows[ModelVersion] = Rows(MILLION, counted=True)
        rows.fill((place or 0) // PAGE, page(registry, ids, (place or 0) // PAGE))
        return replace(begun, rows=rows, ids=ids, whole=True, place=place)

    monkeypatch.setattr(listing, "begin", begin)
    monkeypatch.setattr(listing, "complete", complete)
    monkeypatch.setattr(listing, "read", page)
    return asked


async def test_only_the_pages_that_are_seen_are_read(
    make_app: MakeApp, million: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An arrow key reads no list, a page key a page now and then, the end the last page."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "all models · 1,000,000 versions" in text_of(app)
        screen_of(app).go_to_pane("versions")
        await settle(pilot)
        million.clear()
        asked: list[str] = []
        ask = screen_of(app).ask

        def listening(
            group: str, question: Callable[..., object], then: Callable[..., None]
        ) -> None:
            asked.append(group)
            ask(group, question, then)

        monkeypatch.setattr(screen_of(app), "ask", listening)
        await press(pilot, *["j"] * 20)
        assert million == []
        assert set(asked) == {"detail"}
        await press(pilot, *["pagedown"] * 4)
        assert million in ([], [1])
        million.clear()
        await press(pilot, "G")
        assert million == [(MILLION - 1) // PAGE]
        assert current(app) == "risk/churn:v1"
        await press(pilot, "k", "k")
        assert current(app) == "risk/churn:v3"
        assert len(million) == 1


async def test_a_change_elsewhere_reads_the_rows_around_the_cursor(
    make_app: MakeApp, million: list[int]
) -> None:
    """Deep in a long list a refresh finds the same version, and reads a page, not the way there."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen_of(app).versions.move_to(500_000)
        await settle(pilot)
        before = current(app)
        million.clear()
        await press(pilot, "r")
        assert current(app) == before
        assert {abs(page - 500_000 // PAGE) for page in million} <= {0, 1}


# --- the cursor -----------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 50), unique=True, min_size=1), st.data())
def test_a_cursor_follows_its_row_or_the_nearest_one(
    before: list[int], data: st.DataObject
) -> None:
    """Whatever is put in, taken out or moved, it is the same id, else the nearest that is left."""
    place = data.draw(st.integers(0, len(before) - 1))
    after = data.draw(st.lists(st.integers(0, 60), unique=True).flatmap(st.permutations))
    found = follow(before, place, after)
    left = [at for at, one in enumerate(before) if one in after]
    if not left:
        assert found is None
        return
    assert found is not None
    nearest = min(abs(at - place) for at in left)
    assert abs(before.index(after[found]) - place) == nearest
    if before[place] in after:
        assert after[found] == before[place]


class Plain(App[None]):
    """A table of numbers."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give the table its colours."""
        return FALLBACKS

    def compose(self) -> ComposeResult:
        """Yield the table."""
        yield VTable(Layout((Column("n", 8),), lambda n: (Cell(str(n)),), lambda n: n))


async def test_a_table_over_a_list_that_changes_keeps_its_cursor() -> None:
    """Through two hundred inserts, removals and sorts the row under the cursor is the right one."""
    pick = random.Random(7)  # noqa: S311 - test data
    app = Plain()
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        table, ids = app.query_one(VTable), list(range(0, 2_000, 2))
        place = 500
        for _ in range(200):
            before = list(ids)
            for one in pick.sample(range(2_000), 20):
                (ids.remove if one in ids else ids.append)(one)
            if pick.random() < 0.5:
                ids.sort(reverse=pick.random() < 0.5)
            rows: Rows[int] = Rows(len(ids), counted=True)
            for page in range(len(ids) // PAGE + 1):
                rows.fill(page, ids[page * PAGE : (page + 1) * PAGE])
            found = follow(before, place, ids)
            assert found is not None
            table.show(rows, cursor=found)
            assert table.current == ids[found]
            assert table.current == before[place] or before[place] not in ids
            top = table.scroll_offset.y
            assert top <= table.cursor < top + table.size.height
            table.move_to(pick.randrange(len(ids)))
            place = table.cursor


async def test_the_cursor_stays_through_order_and_filter(make_app: MakeApp) -> None:
    """Another order and another filter leave it on the version it is on."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen_of(app).select("risk/churn", 4)
        await settle(pilot)
        assert current(app) == "risk/churn:v4"
        await press(pilot, "S")
        assert current(app) == "risk/churn:v4"
        await press(pilot, "slash")
        await write(pilot, "format:pickle")
        assert current(app) == "risk/churn:v4"
        await press(pilot, "escape")
        assert current(app) == "risk/churn:v4"
        assert "7 versions" in text_of(app)


# --- order and columns ----------------------------------------------------------------------------


async def test_a_head_sorts_and_again_reverses(make_app: MakeApp) -> None:
    """A click on a metric's head brings the highest first, the next the lowest; a sign shows it."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen_of(app).select("risk/churn")
        await settle(pilot)
        head = text_of(app).splitlines()[3]
        place = (head.index("auc") + 1, 3)
        await pilot.click(offset=place)
        await settle(pilot)
        assert "auc ▼" in text_of(app).splitlines()[3]
        assert references(app)[0] == "risk/churn:v7"
        assert "auc, highest first" in text_of(app)
        await pilot.click(offset=place)
        await settle(pilot)
        assert "auc ▲" in text_of(app).splitlines()[3]
        assert references(app)[0] == "risk/churn:v1"


async def test_the_order_is_picked_from_a_list(make_app: MakeApp) -> None:
    """The list names every metric both ways; Enter takes one, Esc leaves the order as it was."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "s", "escape")
        assert screen_of(app).sort == "newest"
        await press(pilot, "s")
        shown = text_of(app)
        assert "latency_ms, lowest first" in shown
        assert "largest first" in shown
        await press(pilot, "j", "j", "enter")
        assert screen_of(app).sort == "name"
        assert references(app) == sorted(
            references(app), key=lambda r: (r.partition(":")[0], -int(r.partition(":v")[2]))
        )


async def test_columns_are_chosen_moved_and_given_back(make_app: MakeApp) -> None:
    """A parameter gets a column, a column leaves, one moves to the front; d brings the usual."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen_of(app).select("risk/churn")
        await settle(pilot)
        usual = screen_of(app).shown_columns
        await press(pilot, "o", "space", "j", "K", "end", "k", "space", "enter")
        chosen = screen_of(app).columns
        assert "stage" not in chosen
        assert chosen[0] == usual[1]
        assert chosen[-1].startswith("params.")
        assert chosen[-1].partition(".")[2] in text_of(app).splitlines()[3]
        await press(pilot, "o", "d")
        assert screen_of(app).shown_columns == usual
        await press(pilot, "o")
        assert isinstance(app.screen.query_one(OptionList), OptionList)
        await press(pilot, "space", "escape")
        assert screen_of(app).shown_columns == usual


def test_orders_and_columns_turn_round_and_are_trusted_only_when_sound() -> None:
    """An order turned round twice is itself; what a state file says is taken only if it can be."""
    for sort in ("newest", "oldest", "name", "-size", "metrics.auc", "-metrics.auc"):
        assert choosing.reversed_order(choosing.reversed_order(sort)) == sort
        assert choosing.is_order(sort)
    assert not choosing.is_order("id; DROP TABLE version")
    given = ("size", "metrics.auc", "size", "nonsense", "sql.x", "tag.", "params.lr")
    assert choosing.sound(given) == ("size", "metrics.auc", "params.lr")
    assert choosing.order_of_head("age", "newest") == "oldest"
    assert choosing.order_of_head("metrics.auc", "newest") == "-metrics.auc"
    assert choosing.order_of_head("by", "newest") == ""


# --- marks ----------------------------------------------------------------------------------------


async def test_marks_stay_on_their_versions(make_app: MakeApp) -> None:
    """A range is marked, survives order, filter and another model, and is compared."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen_of(app).select("risk/churn")
        await settle(pilot)
        await press(pilot, "v")
        assert "Nothing is marked." in text_of(app)
        await press(pilot, "space", "j", "v")
        assert "3 marked" in text_of(app)
        await press(pilot, "S")
        assert "3 marked" in text_of(app)
        assert text_of(app).count("●") == 3
        screen_of(app).select("vision/digits")
        await settle(pilot)
        assert "3 marked" in text_of(app)
        await press(pilot, "c")
        assert shows(app, CompareScreen)
        await until(pilot, lambda: "baseline risk/churn:v7" in text_of(app))


# --- the tree -------------------------------------------------------------------------------------


async def test_a_namespace_is_folded_and_opened(make_app: MakeApp) -> None:
    """Left folds, right opens, left on a model goes to its namespace; a click on the sign too."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "j", "j", "j", "j", "h")
        assert screen_of(app).wish.scope == Scope("risk/")
        await press(pilot, "h")
        assert "▸ risk" in text_of(app)
        assert "churn  " not in "".join(row[:31] for row in text_of(app).splitlines()[4:])
        assert "risk/ · 10 versions" in text_of(app)
        await press(pilot, "l")
        assert "▾ risk" in text_of(app)
        lines = text_of(app).splitlines()
        row = next(place for place, shown in enumerate(lines) if "▾ vision" in shown)
        await pilot.click(offset=(lines[row].index("▾"), row))
        await settle(pilot)
        assert "▸ vision" in text_of(app)
        assert "vision/ · 3 versions" in text_of(app)


async def test_the_line_between_the_panes_is_dragged(make_app: MakeApp) -> None:
    """With the mouse and with a key; on a narrow screen the pane takes all there is."""
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        left = screen_of(app).query_one("#left")
        assert left.size.width == 31
        await pilot.mouse_down(offset=(31, 10))
        await pilot.hover(offset=(45, 10))
        await pilot.mouse_up(offset=(45, 10))
        await settle(pilot)
        assert left.size.width == 45
        await press(pilot, "less_than_sign")
        assert left.size.width == 41
        await pilot.resize_terminal(80, 24)
        screen_of(app).go_to_pane("models")
        await settle(pilot)
        assert left.size.width == 80
