"""Bypasses: who may set gates and approvals aside, what never is, and how it is told ever after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, Refused
from tests.registry.asking import POLICY, Bench, approved, bench, refused


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry where production takes two reviewers and four eyes."""
    with bench(tmp_path) as made:
        yield made


def test_a_bypass_is_recorded_for_ever(at: Bench) -> None:
    """What was set aside stands in the entry, the history and the sentence."""
    made = at("oncall").promotions.promote("churn:3", "production", reason="fire", bypass=True)
    assert made.bypass == "approvals (0 of 2)"
    assert at().promotions.history("churn")[0].bypass == "approvals (0 of 2)"
    assert at().audit.get(made.id).sentence == (
        "gave production of churn to v3, setting aside approvals (0 of 2): “fire”"
    )
    verdicts = at().audit.get(made.id).body["verdicts"]
    assert verdicts[-1]["outcome"] == "pending"


def test_only_who_is_named_may(at: Bench) -> None:
    """The refusal is recorded."""
    told = refused(
        lambda: at().promotions.promote("churn:3", "production", reason="r", bypass=True),
        Refused,
    )
    assert told == (
        "ana may not set the rules of production aside: production takes approvals, and no"
        " request for this is open. The policy names who may, by the stage's bypass."
    )
    assert at.events(1) == ["promotion.refused"]
    told = refused(
        lambda: at("oncall").promotions.promote("churn:3", "solo", reason="r", bypass=True),
        Refused,
    )
    assert told.startswith("oncall may not set the rules of solo aside")


def test_a_role_may_be_named(tmp_path: Path) -> None:
    """On the models it is granted for."""
    policy = POLICY.replace('["oncall"]', '["role:admin"]') + 'admin = ["zoe"]\n'
    with bench(tmp_path, policy) as at:
        assert at("zoe").promotions.plan("churn:1", "production").may_bypass
        made = at("zoe").promotions.promote("churn:1", "production", reason="r", bypass=True)
        assert made.bypass
        refused(
            lambda: at("ravi").promotions.promote("churn:2", "production", reason="r", bypass=True),
            Refused,
        )


def test_what_is_met_is_not_set_aside(at: Bench) -> None:
    """With nothing to set aside it is a promotion like others, for anybody."""
    number = approved(at)
    made = at().promotions.promote("churn:3", "production", reason="r", bypass=True)
    assert (made.bypass, made.request) == (None, number)


def test_half_an_approval_is_told(at: Bench) -> None:
    """The request is closed by it, and shows how far it was."""
    number = at().requests.open("churn:3", "production", reason="r").id
    at("ravi").requests.approve(number)
    made = at("oncall").promotions.promote("churn:3", "production", reason="fire", bypass=True)
    assert (made.bypass, made.request) == ("approvals (1 of 2)", number)
    assert at().requests.get(number).state == "applied"


def test_a_request_out_of_date_is_not_applied_by_it(at: Bench) -> None:
    """What others approved was another change."""
    number = approved(at)
    at("oncall").promotions.promote("churn:1", "production", reason="fire", bypass=True)
    made = at("oncall").promotions.promote("churn:3", "production", reason="fire", bypass=True)
    assert (made.request, made.bypass) == (None, "approvals (2 of 2, out of date)")
    assert at().requests.get(number).state == "open"


def test_never_for_what_cannot_be_used(at: Bench) -> None:
    """A yanked version stays out, and a stage for one takes one."""
    at().versions.yank("churn:3", reason="leaks")
    told = refused(
        lambda: at("oncall").promotions.promote("churn:3", "production", reason="r", bypass=True),
        Refused,
    )
    assert told == (
        "churn:v3 may not hold production: churn:v3 is yanked: leaks. This cannot be set aside."
    )
    at().promotions.promote("churn:1", "staging", reason="r")
    told = refused(
        lambda: at("oncall").promotions.promote(
            "churn:2", "staging", weight=20, reason="r", bypass=True
        ),
        Refused,
    )
    assert "staging is held by one version at a time" in told
    assert told.endswith("This cannot be set aside.")


def test_a_reason_is_needed(at: Bench) -> None:
    """As for every promotion."""
    refused(
        lambda: at("oncall").promotions.promote("churn:3", "production", reason=" ", bypass=True),
        Invalid,
    )


def test_going_back_takes_no_approval(at: Bench) -> None:
    """And it is no bypass."""
    at("oncall").promotions.promote("churn:1", "production", reason="r", bypass=True)
    at().requests.apply(approved(at))
    back = at("eve").promotions.rollback("churn", "production", reason="errors up")
    assert (back.bypass, back.request) == (None, None)
    assert at.held() == {"churn:v1": 100}
