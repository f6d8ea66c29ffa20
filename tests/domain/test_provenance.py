"""What may be recorded about a version: each value is kept as it was meant, or refused by name."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.plain import canonical, compact
from modelshelf.domain.provenance import CARD_MOST, Code, Dataset, Environment, Run
from modelshelf.domain.provenance.checking import check_details, check_metric, param_text
from tests.sentences import check_sentence

anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=4)
)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**1023), 2**1023))
def test_a_finite_number_is_a_metric(number: float) -> None:
    """Every finite number is kept, as a float, to the last bit a float has."""
    assert check_metric("auc", number) == float(number)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_a_number_that_is_not_finite_is_no_metric(value: float) -> None:
    """NaN, infinities and integers beyond all floats are refused."""
    with pytest.raises(Invalid, match="auc"):
        check_metric("auc", value)


@pytest.mark.parametrize("value", [True, False, "0.9", None, [0.9], b"1"])
def test_what_is_no_number_is_no_metric(value: object) -> None:
    """Text and truth values are not silently turned into numbers."""
    with pytest.raises(Invalid, match="is not a number"):
        check_metric("auc", value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (-(2**63) + 1, "-9223372036854775807"),
        (0.1, "0.1"),
        (1e-5, "1e-05"),
        (1e300, "1e+300"),
        ("0.10", "0.10"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_a_parameter_is_kept_as_it_is_written(value: object, text: str) -> None:
    """Numbers read as Python writes them, truth values as TOML does, and text stays text."""
    assert param_text("lr", value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_parameter_number_reads_back_exactly(number: float) -> None:
    """The text of a parameter holds all the digits of its number."""
    assert float(param_text("lr", number)) == number


@pytest.mark.parametrize("value", [2**63, -(2**64), math.nan, math.inf, None, [1], {"a": 1}])
def test_what_no_parameter_can_hold_is_refused(value: object) -> None:
    """Huge integers, NaN, and things that are neither text nor number are refused."""
    with pytest.raises(Invalid, match="lr"):
        param_text("lr", value)


@pytest.mark.parametrize(
    "given",
    [
        {"metrics": {"a b": 1.0}},
        {"metrics": {7: 1.0}},
        {"params": {"": "x"}},
        {"tags": {"team": 3}},
        {"tags": {"team": "a\nb"}},
        {"tags": {"team": "x" * 1_001}},
        {"tags": {f"t{n}": "x" for n in range(10_001)}},
        {"description": "\x00"},
        {"card": "x" * (CARD_MOST + 1)},
        {"card": b"bytes"},
        {"base": "\ud800"},
        {"run": Run("")},
        {"run": Run("r1", url="\x1b")},
        {"run": Run("r1", seconds=math.nan)},
        {"code": Code(commit="xyz")},
        {"code": Code(commit="abc")},
        {"code": Code(repository="\x07")},
        {"datasets": [Dataset("")]},
        {"datasets": [Dataset("d", role=cast("Any", "stolen_from"))]},
        {"datasets": [Dataset("d", digest="sha256:zz")]},
        {"datasets": [Dataset("d", digest="ab" * 32)]},
        {"datasets": [Dataset("d", rows=-1)]},
        {"datasets": [Dataset("d", rows=2**63)]},
        {"datasets": [Dataset("d", rows=True)]},
        {"environment": Environment(packages={"": "1"})},
        {"environment": Environment(packages=cast("Any", {"numpy": 2}))},
        {"environment": Environment(python="3.11\x00")},
    ],
    ids=lambda given: f"{next(iter(given))}",
)
def test_a_detail_that_cannot_be_kept_is_refused(given: dict[str, Any]) -> None:
    """Each field is looked at, and the sentence that refuses it is harmless."""
    with pytest.raises(Invalid) as caught:
        check_details(**given)
    assert str(caught.value).isprintable()


@given(
    metrics=st.dictionaries(st.text(max_size=4), anything, max_size=2),
    params=st.dictionaries(st.text(max_size=4), anything, max_size=2),
    tags=st.dictionaries(st.text(max_size=4), anything, max_size=2),
    description=st.none() | st.text(),
    url=st.none() | st.text(max_size=6),
    seconds=anything,
    rows=anything,
    dirty=st.none() | st.booleans(),
)
def test_details_are_refused_or_fit_to_be_sealed(**given: Any) -> None:  # noqa: ANN401
    """Whatever comes in, what passes can be written as canonical JSON and stored as UTF-8."""
    run = Run("r1", given.pop("url"), given.pop("seconds"))
    data = (Dataset("d", rows=given.pop("rows")),)
    code = Code(dirty=given.pop("dirty"))
    try:
        details = check_details(**given, run=run, code=code, datasets=data)
    except Invalid as error:
        check_sentence(error)
    else:
        canonical(compact(details)).encode()


def test_nothing_given_is_nothing_recorded() -> None:
    """Without a detail there is nothing to seal."""
    assert compact(check_details()) == {}


def test_a_commit_is_kept_in_lower_case() -> None:
    """One commit has one spelling, so that lineage finds it."""
    details = check_details(code=Code(commit="ABCDEF12", dirty=False))
    assert details.code == Code(commit="abcdef12", dirty=False)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://ana:s3cret@example.org/x.git", "https://example.org/x.git"),
        ("https://ghp_token@example.org/x.git", "https://example.org/x.git"),
        ("ssh://git@example.org/x.git", "ssh://git@example.org/x.git"),
        ("git@example.org:x.git", "git@example.org:x.git"),
        ("/srv/git/x@2", "/srv/git/x@2"),
    ],
)
def test_logins_of_addresses_are_not_kept(given: str, kept: str) -> None:
    """What the log holds it holds for ever, so a password in an address never gets there."""
    checked = check_details(
        code=Code(repository=given),
        datasets=[Dataset("d", uri=given)],
        run=Run("r", given),
    )
    assert checked.code is not None
    assert checked.run is not None
    assert {checked.code.repository, checked.datasets[0].uri, checked.run.url} == {kept}
