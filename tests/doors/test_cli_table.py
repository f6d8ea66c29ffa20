"""Columns stand straight and stay harmless, whatever is in them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, Row, cells, cut, facts, table

NAME = (Column("name"), Column("size", right=True, keep=True))


def lines(rows: Sequence[Row], width: int | None = None) -> list[str]:
    """Return the lines of a table of names and sizes."""
    return list(table(Screen(width), NAME, rows))


def test_numbers_end_at_one_edge_and_no_line_ends_in_spaces() -> None:
    """A left column is filled up, a right one is pushed, and nothing trails."""
    assert lines([("a", "1"), ("long", "1000"), ("", "")]) == [
        "name  size",
        "a        1",
        "long  1000",
        "",
    ]


def test_wide_letters_and_accents_keep_the_columns_straight() -> None:
    """Columns are measured in cells of a terminal, not in characters."""
    shown = lines([("模型", "1"), ("e\u0301te\u0301", "2"), ("abcd", "3")])
    assert len({cells(line) for line in shown}) == 1


@pytest.mark.parametrize("room", range(12))
@pytest.mark.parametrize("text", ["churn-eu-2026", "模型模型模型模型", "e\u0301" * 12])
def test_a_cut_text_fits_its_room(text: str, room: int) -> None:
    """The middle goes, both ends stay, and no accent stands without its letter."""
    short = cut(text, room)
    assert cells(short) <= room
    assert "…" in short or room == 0
    assert "…\u0301" not in short


def test_a_short_text_is_not_cut() -> None:
    """What fits stays as it is."""
    assert cut("churn", 5) == "churn"


def test_a_narrow_terminal_cuts_names_and_never_numbers() -> None:
    """The widest loose column gives way first; a kept one never does."""
    shown = lines([("a-name-that-is-far-too-long-for-this", "1,234,567")], width=24)
    assert all(cells(line) <= 24 for line in shown)
    assert shown[1].endswith("1,234,567")
    assert "…" in shown[1]


def test_spare_columns_go_before_a_line_breaks() -> None:
    """Where even short cells do not fit, the columns that matter least are left out."""
    columns = (Column("model"), Column("owner", spare=1), Column("when", keep=True, spare=2))
    shown = list(table(Screen(22), columns, [("churn-model", "somebody", "2026-03-01 09:12")]))
    assert shown[0].split() == ["model", "owner"]
    assert all(cells(line) <= 22 for line in shown)


@pytest.mark.parametrize("width", [None, 40])
def test_a_cell_cannot_speak_to_the_terminal(width: int | None) -> None:
    """Escape sequences, bidi marks and newlines become visible; no line is added."""
    rows = [("\x1b]0;owned\x07", "\u202e1"), ("a\nb\r\tc", "\x9b31m"), ("\udcff\ud800", "2")]
    shown = lines(rows, width)
    assert len(shown) == 1 + len(rows)
    assert all(line.isprintable() for line in shown)


def test_tones_are_written_only_where_they_show() -> None:
    """A pipe gets text; a terminal gets our own three tones around harmless text."""
    row = [(Cell("\x1b[5mx", "bold"), "1")]
    assert "\x1b" not in "".join(table(Screen(), NAME, row))
    styled = list(table(Screen(80, styled=True), NAME, row))[1]
    assert styled == "\x1b[1m\\x1b[5mx\x1b[0m     1"


def test_facts_leave_out_what_is_empty() -> None:
    """A name without a value has no line."""
    assert list(facts(Screen(), [("owner", ""), ("tags", "a=b"), ("x", "1")])) == [
        "tags  a=b",
        "x     1",
    ]
