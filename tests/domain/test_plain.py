"""Values to plain JSON and back, moments in UTC, and JSON of one spelling."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.plain import (
    canonical,
    compact,
    microseconds,
    moment,
    moment_text,
    plain,
    read_moment,
)

moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcö", max_size=3), inner),
    max_leaves=12,
)  # fmt: skip


class _Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class _Version:
    name: str
    at: datetime
    path: PurePosixPath
    colour: _Colour = _Colour.RED
    tags: frozenset[str] = frozenset()
    nothing: str | None = None
    empty: dict[str, int] = field(default_factory=dict)
    zero: float = 0.0
    no: bool = False

    @property
    def reference(self) -> str:
        return f"{self.name}:v1"


VERSION = _Version("churn", datetime(2026, 5, 3, 9, 12, 44, tzinfo=UTC), PurePosixPath("a/b"))


@given(moments)
def test_a_moment_survives_as_microseconds_and_as_text(at: datetime) -> None:
    """A moment of any zone is the same moment when it is read back."""
    assert moment(microseconds(at)) == at
    assert read_moment(moment_text(at)) == at


def test_a_moment_without_a_zone_is_utc() -> None:
    """Text and values that name no zone mean UTC."""
    assert read_moment("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert read_moment(" 2026-03-01T01:00:00+01:00 ") == datetime(2026, 3, 1, tzinfo=UTC)
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - on purpose
    assert microseconds(naive) == microseconds(naive.replace(tzinfo=UTC))


def test_a_time_beyond_all_years_is_the_last_one() -> None:
    """A number that somebody forged into the catalog does not break the listing of the log."""
    assert moment(2**62).year == 9999


@given(values)
def test_one_value_has_one_spelling(value: object) -> None:
    """Canonical JSON reads back to the value and does not depend on the order of keys."""
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert canonical(_backwards(value)) == text


def _backwards(value: object) -> object:
    if isinstance(value, dict):
        return {k: _backwards(v) for k, v in reversed(value.items())}
    return [_backwards(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_has_not_are_refused(number: float) -> None:
    """NaN and infinities never become a sealed text."""
    with pytest.raises(ValueError, match="JSON"):
        canonical({"auc": number})


def test_values_become_plain_and_carry_their_reference() -> None:
    """Dataclasses, moments, paths, enumerations and sets have one plain form each."""
    shown = plain(VERSION)
    assert shown["reference"] == "churn:v1"
    assert shown["at"] == "2026-05-03T09:12:44.000000Z"
    assert (shown["path"], shown["colour"], shown["tags"]) == ("a/b", "red", [])
    json.dumps(shown)


def test_what_has_no_plain_form_says_so() -> None:
    """An object that JSON cannot hold is refused by its type."""
    with pytest.raises(TypeError, match="object has no plain form"):
        plain({"a": object()})


def test_compact_drops_what_is_empty_and_keeps_zero_and_false() -> None:
    """Only None and empty things are left out; a zero and a false are values."""
    shown = compact(VERSION)
    assert set(shown) == {"name", "at", "path", "colour", "zero", "no"}
    assert shown["zero"] == 0.0
    assert shown["no"] is False
