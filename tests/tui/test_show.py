"""How values look: ages, sizes, numbers, stages and whatever does not fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import size_text
from modelshelf.tui import show
from modelshelf.tui.asked import read_asked
from modelshelf.tui.tabs.card import split_card

NOW = datetime(2026, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 min"),
        (7_200, "2 h"),
        (3 * 86_400, "3 d"),
        (59 * 86_400, "59 d"),
        (60 * 86_400, "2 mo"),
        (800 * 86_400, "2 y"),
    ],
)
def test_an_age_has_one_unit(seconds: int, told: str) -> None:
    """The unit grows with the age."""
    assert show.age(NOW, NOW - timedelta(seconds=seconds)) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_960, "1.0 MB"), (4_100_000_000, "4.1 GB")],
)
def test_a_size_is_short(count: int, told: str) -> None:
    """Three digits and a unit."""
    assert size_text(count) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"),
        (0.91, "0.9100"),
        (8.1, "8.100"),
        (54.213, "54.21"),
        (1234.6, "1,235"),
        (0.00012, "1.20e-04"),
        (1e300, "1.00e+300"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_can_be_compared_with_its_neighbours(value: float, told: str) -> None:
    """Neighbours of like size have as many places."""
    assert show.number(value) == told


def test_two_stages_never_share_a_letter() -> None:
    """The higher rung has the letter that both want."""
    found = show.letters(("draft", "preview", "production", "paused", "archived"))
    assert found == {
        "archived": "A",
        "draft": "D",
        "paused": "P",
        "production": "R",
        "preview": "E",
    }


@given(st.text(max_size=60), st.integers(0, 40), st.booleans())
def test_what_is_fitted_has_exactly_its_width(text: str, width: int, right: bool) -> None:  # noqa: FBT001
    """Wide, narrow and combining characters alike."""
    from modelshelf.domain.text import safe

    assert cell_len(show.fit(safe(text), width, right=right)) == width
    assert cell_len(show.fit(safe(text), width, right=right, begins=True)) == width


def test_a_sentence_that_does_not_fit_keeps_its_beginning() -> None:
    """Of a name the end tells most beside the beginning, of a sentence it does not."""
    assert show.fit("inbox/churn/model.onnx", 12) == "inbox/ch…nnx"
    assert show.fit("it must lie still", 12, begins=True) == "it must lie…"


def test_an_error_begins_with_a_capital_unless_with_a_name() -> None:
    """A sentence is a sentence; a model's name keeps its letters."""
    assert show.sentence(Invalid("there is none")) == "There is none."
    assert show.sentence(Invalid("churn:v3 is none")) == "churn:v3 is none."


def test_a_card_is_taken_apart() -> None:
    """The YAML head is apart from the text; a card without one is all text."""
    assert split_card("---\na: 1\n---\n\n# T\n") == ("a: 1", "# T\n")
    assert split_card("# T\n---\n") == ("", "# T\n---\n")
    assert split_card("---\nnever closed") == ("", "---\nnever closed")


def test_the_audit_filter_is_read_or_refused() -> None:
    """Fields by name, a bare word is a model; what is no field is refused with a suggestion."""
    asked = read_asked("risk/churn by:ana since:2026-05-01")
    assert (asked.model, asked.actor, asked.since) == (
        "risk/churn",
        "ana",
        datetime(2026, 5, 1, tzinfo=UTC),
    )
    for wrong in ("actr:ana", "since:soon", '"', "a b"):
        with pytest.raises(Invalid):
            read_asked(wrong)
