"""Lists that arrive page by page, and the table that draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult

from modelshelf.tui.show import Cell
from modelshelf.tui.theme import FALLBACKS
from modelshelf.tui.widgets.grid import Column, Layout, shares
from modelshelf.tui.widgets.rows import PAGE, Rows
from modelshelf.tui.widgets.vtable import VTable

MILLION = 1_000_000


def test_a_counted_list_asks_for_the_pages_it_lacks() -> None:
    """Any page can be known without those before it; far ones are forgotten."""
    rows: Rows[int] = Rows(MILLION, counted=True)
    assert rows.missing(0, 300) == [0, 1, 2]
    rows.fill(1, range(PAGE, 2 * PAGE))
    assert rows.missing(0, 300) == [0, 2]
    assert (rows.get(PAGE), rows.get(0)) == (PAGE, None)
    for page in range(2, 200):
        rows.fill(page, range(page * PAGE, (page + 1) * PAGE))
    assert rows.get(PAGE) is None
    assert len(list(rows.known())) <= 3_000
    assert rows.missing(MILLION - 5, MILLION + 50) == [(MILLION - 1) // PAGE]


def test_a_walked_list_grows_over_uneven_pages() -> None:
    """Rows keep their places whatever the sizes in which they come."""
    rows: Rows[int] = Rows.all_of(range(100), more=True)
    rows.extend(range(100, 230), more=True)
    rows.extend(range(230, 513), more=False)
    assert [value for _, value in rows.known()] == list(range(513))
    assert (rows.total, rows.more, rows.get(512)) == (513, False, 512)
    assert rows.find(400, lambda value: value) == 400


class Numbers(App[None]):
    """A table of a million numbers that are made when they are asked for."""

    asked: ClassVar[list[int]] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give the table its colours."""
        return FALLBACKS

    def compose(self) -> ComposeResult:
        """Yield the table."""
        columns = (Column("number", 10, right=True), Column("text", 5, grow=True))
        yield VTable(Layout(columns, _cells, lambda number: number))

    def on_mount(self) -> None:
        """Show a list of which no page is known."""
        self.query_one(VTable).show(Rows(MILLION, counted=True))

    @on(VTable.Wanted)
    def make_page(self, wanted: VTable.Wanted) -> None:
        """Make the page."""
        self.asked.append(wanted.page)
        wanted.table.fill(wanted.page, range(wanted.page * PAGE, (wanted.page + 1) * PAGE))


def _cells(number: int) -> Sequence[Cell]:
    return [Cell(str(number)), Cell("模型" * 200 if number % 2 else "x")]


async def test_a_million_rows_cost_a_screenful() -> None:
    """Going to the end asks for the pages around it and for nothing in between."""
    app = Numbers()
    app.asked.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.query_one(VTable)
        table.focus()
        await pilot.press("end")
        await pilot.pause()
        assert table.current == MILLION - 1
        assert len(app.asked) <= 4
        await pilot.press("g", "pagedown", "ctrl+d", "k")
        assert table.current == 23 + 11 - 1
        strips = [table.render_line(y) for y in range(table.size.height)]
        assert {strip.cell_length for strip in strips} == {80}
        assert {sum(cell_len(s.text) for s in strip) for strip in strips} == {80}


async def test_the_cursor_stays_on_its_row_when_rows_come_before_it() -> None:
    """A list that grows at its top keeps the row under the cursor where it is on the screen."""
    app = Numbers()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.query_one(VTable)
        table.show(Rows.all_of(range(1000, 1200)), cursor=0)
        table.move_to(150)
        top = table.scroll_offset.y
        table.show(Rows.all_of(range(990, 1200)))
        assert table.current == 1150
        assert table.scroll_offset.y == top + 10
        table.show(Rows.all_of(range(5)))
        assert table.current == 4
        table.show(Rows())
        assert table.current is None


@given(
    spare=st.integers(0, 300),
    given_columns=st.lists(st.tuples(st.booleans(), st.integers(0, 60)), min_size=1, max_size=8),
)
def test_room_that_one_column_cannot_use_goes_to_the_others(
    spare: int, given_columns: list[tuple[bool, int]]
) -> None:
    """Columns that grow share all the room there is, and none outgrows what it may."""
    columns = [Column("c", 10, grow=grow, most=most) for grow, most in given_columns]
    given_out = shares(columns, spare)
    assert all(by == 0 for by, c in zip(given_out, columns, strict=True) if not c.grow)
    assert all(
        10 + by <= max(c.most, 10) for by, c in zip(given_out, columns, strict=True) if c.most
    )
    assert min(given_out) >= 0
    growing = [c for c in columns if c.grow]
    useful = sum(max(0, c.most - 10) if c.most else spare for c in growing)
    assert sum(given_out) == min(spare, useful)
