"""What an attempt to make a version again comes to is a rule of values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.reproduction import (
    REPRODUCED,
    ComparedMetric,
    Known,
    Recipe,
    compare_metrics,
    judge,
)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
AUC = ComparedMetric("auc", 0.9, 0.9, within=True)
OFF = ComparedMetric("auc", 0.9, 0.8, within=False)


@pytest.mark.parametrize(
    ("bytes_", "weights", "metrics", "outcome"),
    [
        (True, True, (AUC,), "identical"),
        (True, False, (), "identical"),
        (True, True, (OFF,), "identical"),
        (False, True, (OFF,), "same weights"),
        (False, False, (AUC,), "within tolerance"),
        (False, False, (AUC, OFF), "different"),
        (False, False, (), "different"),
    ],
)
def test_bytes_then_weights_then_metrics(
    bytes_: bool,  # noqa: FBT001 - a case
    weights: bool,  # noqa: FBT001 - a case
    metrics: tuple[ComparedMetric, ...],
    outcome: str,
) -> None:
    """The strongest that holds is said, and a metric that is off is told in any case."""
    found, why = judge(same_bytes=bytes_, same_weights=weights, metrics=metrics, tolerance=0.1)
    assert found == outcome
    assert ("0.8 instead of 0.9" in why) == (OFF in metrics)
    assert (outcome == "different") == (found not in REPRODUCED)


@given(st.dictionaries(st.text(max_size=5), NUMBERS, max_size=5), st.floats(0, 10))
def test_a_metric_is_within_any_tolerance_of_itself(
    recorded: dict[str, float], tolerance: float
) -> None:
    """Every recorded metric is answered, in order, and equal ones agree whatever is allowed."""
    compared = compare_metrics(recorded, recorded, tolerance)
    assert [m.name for m in compared] == sorted(recorded)
    assert all(m.within for m in compared)
    assert not any(m.within for m in compare_metrics(recorded, {}, tolerance))


@given(NUMBERS, NUMBERS, st.floats(0, 0.5))
def test_more_tolerance_never_takes_away(one: float, other: float, tolerance: float) -> None:
    """Which of the two was recorded does not matter, and a wider one takes no less."""

    def within(a: float, b: float, allowed: float) -> bool:
        return compare_metrics({"m": a}, {"m": b}, allowed)[0].within

    assert within(one, other, tolerance) == within(other, one, tolerance)
    if within(one, other, tolerance):
        assert within(one, other, tolerance * 2)


@pytest.mark.parametrize("value", ["0.9", None, True, math.nan, math.inf, [0.9], 10**400, {}])
def test_what_is_no_number_was_not_measured(value: object) -> None:
    """Whatever a script writes in place of one."""
    (found,) = compare_metrics({"auc": 0.9}, {"auc": value, "more": 1}, 1.0)
    assert (found.measured, found.within) == (None, False)


def test_what_stands_in_the_way() -> None:
    """Missing, unknown and changed do; unchecked does not."""
    known = tuple(
        Known("data", state, state)
        for state in ("there", "missing", "unknown", "unchecked", "changed")
    )
    recipe = Recipe("churn:v1", known, ())
    assert [k.what for k in recipe.missing] == ["missing", "unknown", "changed"]
    assert not recipe.complete
    assert Recipe("churn:v1", (known[0], known[3]), ()).complete
