"""The tally: whose approvals count, by any rules, roles, answers and times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.policy import Grant, Policy, Stage
from modelshelf.domain.requests import (
    Answer,
    Request,
    by_the_clock,
    is_among,
    never_counts,
    takes_approvals,
    tally,
    whose_count,
)
from modelshelf.domain.stages import Holder
from tests.sentences import is_harmless

START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = ("ana", "ravi", "bo", "eve")
ROLES = ("viewer", "reviewer", "admin", "risk-board")
V1, V2, V3 = (Holder(n, f"churn:v{n}", 50) for n in (1, 2, 3))


def at(hours: float) -> datetime:
    """Return a moment so many hours after the start."""
    return START + timedelta(hours=hours)


def request(*answers: Answer, actor: str = "ana", model: str = "churn") -> Request:
    """Return a request with these answers."""
    return Request(
        12, model, "production", f"{model}:v3", (), "open", "r", actor, START, answers=answers
    )


def yes(actor: str, hours: float = 1.0) -> Answer:
    """Return an approval."""
    return Answer(actor, "approve", "", at(hours))


def policy(*grants: tuple[str, str] | tuple[str, str, str]) -> Policy:
    """Return a policy that grants these roles."""
    return Policy((), grants=tuple(Grant(*g) for g in grants))


people = st.sampled_from(PEOPLE)
answers = st.lists(
    st.builds(
        Answer,
        people,
        st.sampled_from(("approve", "approve", "approve", "reject")),
        st.just(""),
        st.floats(0, 100).map(at),
    ),
    max_size=4,
    unique_by=lambda a: a.actor,
)
stages = st.builds(
    Stage,
    st.just("production"),
    approvals=st.integers(0, 4),
    approvers=st.lists(
        st.sampled_from((*PEOPLE, "role:reviewer", "role:risk-board", "role:nobody-has")),
        max_size=3,
    ).map(tuple),
    four_eyes=st.booleans(),
    cooling_off=st.sampled_from((0.0, 3_600.0, 90_000.0, 1e300)),
)
policies = st.lists(
    st.builds(
        Grant, st.sampled_from(ROLES), st.sampled_from((*PEOPLE, "*")), st.sampled_from("*cr")
    ),
    max_size=4,
).map(lambda grants: Policy((), grants=tuple(grants)))
moments = st.floats(-5, 200).map(at)


@given(stages, policies, people, answers, moments)
def test_whoever_counts_may_count(
    stage: Stage, rules: Policy, asker: str, given_: list[Answer], now: datetime
) -> None:
    """Each approval counts or is ignored with a sentence; the count is of distinct people."""
    asked = request(*given_, actor=asker)
    count = tally(stage, rules, asked, now)
    approved = {a.actor for a in given_ if a.answer == "approve"}
    assert set(count.counted) <= approved
    assert len(set(count.counted)) == len(count.counted)
    assert len(count.counted) + len(count.ignored) == len(given_)
    assert count.missing == max(0, stage.approvals - len(count.counted))
    for who in count.counted:
        assert not stage.approvers or is_among(stage.approvers, rules, who, "churn")
        assert never_counts(stage, rules, who, model="churn", requester=asker) is None
    assert all(is_harmless(said) for said in (*count.ignored, count.words))


@given(stages, policies, people, answers, moments)
def test_four_eyes_and_cooling_off_are_never_passed_by(
    stage: Stage, rules: Policy, asker: str, given_: list[Answer], now: datetime
) -> None:
    """One's own approval never counts under four eyes, and never before it has cooled off."""
    count = tally(stage, rules, request(*given_, actor=asker), now)
    if asker in count.counted:
        assert not stage.four_eyes
        assert (now - START).total_seconds() >= stage.cooling_off
    if count.counts_from is not None:
        assert asker not in count.counted
        assert now < count.counts_from


@given(stages, policies, people, answers, people, moments, st.floats(0, 1_000))
def test_more_approvals_and_more_time_never_count_less(
    stage: Stage,
    rules: Policy,
    asker: str,
    given_: list[Answer],
    another: str,
    now: datetime,
    later: float,
) -> None:
    """Monotone: a yes more, an hour more or a grant more takes nobody out of the count."""
    asked = request(*given_, actor=asker)
    counted = set(tally(stage, rules, asked, now).counted)
    if another not in {a.actor for a in given_}:
        more = replace(asked, answers=(*asked.answers, yes(another)))
        assert counted <= set(tally(stage, rules, more, now).counted)
    assert counted <= set(tally(stage, rules, asked, now + timedelta(hours=later)).counted)
    granted = replace(rules, grants=(*rules.grants, Grant("reviewer", another)))
    assert counted <= set(tally(stage, granted, asked, now).counted)


@given(stages, policies, people, answers, moments)
def test_a_tally_is_done_exactly_at_the_quorum(
    stage: Stage, rules: Policy, asker: str, given_: list[Answer], now: datetime
) -> None:
    """Nothing is missing if and only if as many count as it takes."""
    count = tally(stage, rules, request(*given_, actor=asker), now)
    assert (count.missing == 0) == (len(count.counted) >= stage.approvals)
    assert ("missing" in count.words) == (count.missing > 0)


class TestWhose:
    def test_anybody_counts_where_nobody_is_named(self) -> None:
        """The requester too, at once."""
        stage = Stage("production", approvals=2)
        count = tally(stage, policy(), request(yes("ana"), yes("zoe")), at(1))
        assert (count.counted, count.ignored, count.missing) == (("ana", "zoe"), (), 0)
        assert count.words == "2 of 2 approvals"

    def test_names_and_roles_stand_side_by_side(self) -> None:
        """A role is had by who was granted it, or one that covers it."""
        stage = Stage("production", approvals=3, approvers=("bo", "role:reviewer"))
        rules = policy(("reviewer", "ravi"), ("admin", "zoe"), ("contributor", "eve"))
        count = tally(stage, rules, request(*map(yes, ("bo", "ravi", "zoe", "eve"))), at(1))
        assert count.counted == ("bo", "ravi", "zoe")
        assert count.ignored == ("eve is none of those whose approvals count: bo or reviewer",)

    def test_a_role_on_other_models_does_not_count(self) -> None:
        """A grant is for the models it names."""
        stage = Stage("production", approvals=1, approvers=("role:reviewer",))
        rules = policy(("reviewer", "ravi", "risk/*"))
        assert tally(stage, rules, request(yes("ravi")), at(1)).missing == 1
        assert tally(stage, rules, request(yes("ravi"), model="risk/churn"), at(1)).missing == 0

    def test_who_has_lost_the_role_does_not_count(self) -> None:
        """The rules of now decide about the answers of then."""
        stage = Stage("production", approvals=1, approvers=("role:reviewer",))
        asked = request(yes("ravi"))
        assert tally(stage, policy(("reviewer", "ravi")), asked, at(1)).missing == 0
        count = tally(stage, policy(("reviewer", "bo")), asked, at(1))
        assert count.ignored == ("ravi is none of those whose approvals count: reviewer",)
        assert count.words == "0 of 1 approvals; missing: 1 of reviewer"

    def test_a_role_that_nobody_has_counts_for_nobody(self) -> None:
        """Unlike a right: a quorum that nobody can give is not given."""
        stage = Stage("production", approvals=1, approvers=("role:reviewer",))
        assert tally(stage, policy(), request(yes("ravi")), at(1)).missing == 1

    def test_four_eyes(self) -> None:
        """Who asks is not among those who answer, whatever they are."""
        stage = Stage("production", approvals=2, approvers=("role:reviewer",), four_eyes=True)
        rules = policy(("reviewer", "ana"), ("reviewer", "ravi"))
        count = tally(stage, rules, request(yes("ana"), yes("ravi")), at(1_000))
        assert count.counted == ("ravi",)
        assert count.ignored == ("ana asked for it, and production takes four eyes",)
        assert count.words == "1 of 2 approvals; missing: 1 of reviewer, not ana"

    def test_four_eyes_name_only_whom_they_shut_out(self) -> None:
        """A requester who could not approve anyway is not mentioned."""
        stage = Stage("production", approvals=1, approvers=("role:reviewer",), four_eyes=True)
        rules = policy(("reviewer", "ravi"))
        assert whose_count(stage, rules, model="churn", requester="ana") == "reviewer"
        assert whose_count(stage, rules, model="churn", requester="ravi") == "reviewer, not ravi"
        free = replace(stage, approvers=())
        assert whose_count(free, rules, model="churn", requester="ana") == "anybody, not ana"

    def test_cooling_off(self) -> None:
        """Who is alone waits, to the second; others need not."""
        stage = Stage("production", approvals=1, cooling_off=86_400.0)
        asked = request(yes("ana", hours=20))
        before = tally(stage, policy(), asked, at(24) - timedelta(seconds=1))
        assert (before.missing, before.counts_from) == (1, at(24))
        assert before.ignored == ("ana asked for it, and counts from 2026-03-02 00:00 UTC on",)
        after = tally(stage, policy(), asked, at(24))
        assert (after.missing, after.counts_from, after.ignored) == (0, None, ())
        assert tally(stage, policy(), request(yes("bo")), at(1)).missing == 0

    def test_a_clock_that_was_set_back_counts_nothing_early(self) -> None:
        """Before the request was opened nothing has cooled off."""
        stage = Stage("production", approvals=1, cooling_off=60.0)
        assert tally(stage, policy(), request(yes("ana")), at(-5)).missing == 1

    @pytest.mark.parametrize("name", ["\x1b[31mroot", "\u202eana", "ana\n", "[/x]", "x" * 10_000])
    def test_hostile_names_are_told_harmlessly(self, name: str) -> None:
        """In every sentence."""
        stage = Stage("production", approvals=1, approvers=("bo", name + "!"), four_eyes=True)
        count = tally(stage, policy(), request(yes(name), actor=name), at(1))
        assert all(is_harmless(said) and len(said) < 500 for said in (*count.ignored, count.words))


class TestTaking:
    def test_newcomers_take_approvals(self) -> None:
        """Those who hold the stage already may be weighed anew without."""
        stage = Stage("production", approvals=1)
        assert takes_approvals(stage, (), (V1,))
        assert takes_approvals(stage, (V1,), (V1, V2))
        assert not takes_approvals(stage, (V1, V2), (V2, V1))
        assert not takes_approvals(stage, (V1, V2), (V2,))

    def test_a_stage_may_want_approvals_for_weights_too(self) -> None:
        """And one without approvals takes none for anything."""
        assert takes_approvals(Stage("production", approvals=1, ramp="approved"), (V1, V2), (V2,))
        assert not takes_approvals(Stage("production", ramp="approved"), (V1,), (V3,))


def test_the_clock_closes_what_is_open() -> None:
    """To the microsecond, and nothing that was decided."""
    asked = replace(request(), expires_at=at(1))
    assert by_the_clock(asked, at(1) - timedelta(microseconds=1)).state == "open"
    assert by_the_clock(asked, at(1)).state == "expired"
    assert by_the_clock(replace(asked, state="applied"), at(1)).state == "applied"
    assert by_the_clock(request(), datetime.max.replace(tzinfo=UTC)).state == "open"
