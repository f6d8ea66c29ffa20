"""Durations of the policy file: seconds, or a number with a unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.policy import DAY
from modelshelf.domain.policy.durations import duration, duration_text


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90.0), ("15m", 900.0), ("24h", DAY), ("7d", 7 * DAY), ("2w", 14 * DAY), (1.5, 1.5)],
)
def test_durations_are_seconds_or_a_number_with_a_unit(written: object, seconds: float) -> None:
    """Each unit is read."""
    assert duration(written) == seconds


@given(st.text(max_size=8) | st.none() | st.booleans() | st.integers() | st.floats())
def test_whatever_is_no_duration_is_none(value: object) -> None:
    """Nothing crashes, and what is read is a finite time that is not negative."""
    found = duration(value)
    assert found is None or 0 <= found < float("inf")


@given(st.integers(0, 10**9))
def test_a_duration_is_written_as_it_is_read(seconds: int) -> None:
    """Whole seconds are written with a unit and read back."""
    assert duration(duration_text(float(seconds))) == seconds
