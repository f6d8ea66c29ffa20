"""Requests: who may ask, answer and take back, when a question lapses, and what is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.registry import Registry
from tests.registry.asking import Bench, bench, refused
from tests.sentences import check_sentence

HOSTILE = ["\x1b[31mred\x1b[0m", "\u202eevil", "[/x]", "a" * 10_000, "\ud800", "a\0b"]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry where production takes two reviewers and four eyes."""
    with bench(tmp_path) as made:
        yield made


class TestOpening:
    def test_a_question_is_kept_with_what_was_seen(self, at: Bench) -> None:
        """Who asks, for what, until when, over which holder, and what the gates said."""
        at().promotions.promote("churn:1", "staging", reason="try")
        asked = at().requests.open("churn:3", "production", reason=" better ")
        assert (asked.model, asked.stage, asked.reference) == ("churn", "production", "churn:v3")
        assert (asked.state, asked.actor, asked.reason) == ("open", "ana", "better")
        assert (asked.seen, asked.answers, asked.closed_at) == (None, (), None)
        assert [(h.reference, h.weight) for h in asked.holders] == [("churn:v3", 100)]
        assert asked.expires_at is not None
        assert (asked.expires_at - asked.at).days in (13, 14)
        entry = at().audit.get(asked.id)
        assert (entry.event, entry.subject) == ("request.opened", "churn@production")
        assert entry.sentence == "asked for production of churn for v3: “better”"
        outcomes = {v["gate"]: v["outcome"] for v in entry.body["verdicts"]}
        assert outcomes["approvals"] == "pending"
        assert outcomes["usable"] == "pass"
        assert at("ravi").requests.get(asked.id) == asked

    def test_shares_are_asked_for_too(self, at: Bench) -> None:
        """By weight or by split, as a promotion takes them."""
        at("oncall").promotions.promote("churn:1", "production", reason="now", bypass=True)
        asked = at().requests.open("churn:2", "production", weight=20, reason="A/B")
        assert [(h.reference, h.weight) for h in asked.holders] == [
            ("churn:v1", 80), ("churn:v2", 20),
        ]  # fmt: skip
        assert asked.seen is not None
        split = {"churn:3": 50, "churn:1": 50}
        other = at().requests.open("churn:3", "production", split=split, reason="half")
        assert {h.reference: h.weight for h in other.holders} == {"churn:v3": 50, "churn:v1": 50}

    def test_the_same_question_is_asked_once(self, at: Bench) -> None:
        """Another share is another question."""
        first = at().requests.open("churn:3", "production", reason="r")
        told = refused(
            lambda: at("ravi").requests.open("churn:v3", "production", reason="r"), Conflict
        )
        assert told == (
            f"request {first.id} asks for this already: ana opened it."
            f" See modelshelf request show {first.id}."
        )
        assert at().requests.open("churn:2", "production", reason="r").id > first.id
        at().requests.withdraw(first.id, reason="later")
        assert at().requests.open("churn:3", "production", reason="r").state == "open"

    def test_what_is_so_already_is_not_asked(self, at: Bench) -> None:
        """With the sentence of a promotion."""
        at().promotions.promote("churn:1", "staging", reason="r")
        told = refused(lambda: at().requests.open("churn:1", "staging", reason="r"), Conflict)
        assert told == "churn:v1 holds staging already."

    def test_a_question_out_of_date_makes_room(self, at: Bench) -> None:
        """It is withdrawn for the one that is asked anew, and says why."""
        old = at().requests.open("churn:3", "production", reason="r")
        at("oncall").promotions.promote("churn:1", "production", reason="now", bypass=True)
        new = at("ravi").requests.open("churn:3", "production", reason="r")
        before = at().requests.get(old.id)
        assert (before.state, before.closed_by) == ("withdrawn", "ravi")
        assert (
            before.closed_reason == "production changed since it was opened, and it is asked anew"
        )
        assert new.seen is not None

    def test_other_shares_asked_for_too_late_are_foretold(self, at: Bench) -> None:
        """They take no approvals, yet the plan says that the stage has changed, as `apply` does."""
        split = {"churn:1": 50, "churn:2": 50}
        people = at("oncall").promotions
        people.promote("churn:1", "production", split=split, reason="r", bypass=True)
        number = at().requests.open("churn:1", "production", weight=80, reason="r").id
        assert at().requests.plan(number).allowed
        people.promote("churn:1", "production", weight=60, reason="sooner")
        plan = at().requests.plan(number)
        assert (plan.allowed, plan.verdicts[-1].gate) == (False, "approvals")
        assert plan.verdicts[-1].observed == "out of date"
        refused(lambda: at().requests.apply(number), Conflict)

    @pytest.mark.parametrize(
        ("reference", "stage", "kind"),
        [
            ("churn:9", "production", NotFound),
            ("churn:1", "prodution", NotFound),
            ("churn", "production", Invalid),
            ("churn:1", "draft", NotFound),
        ],
    )
    def test_what_is_not_there_is_not_asked_for(
        self, at: Bench, reference: str, stage: str, kind: type[ModelshelfError]
    ) -> None:
        """Nothing is written."""
        head = at().audit.head()
        refused(lambda: at().requests.open(reference, stage, reason="r"), kind)
        refused(lambda: at().requests.open("churn:1", "production", reason=" "), Invalid)
        refused(lambda: at().requests.open("churn:1", "production", weight=20, reason="r"), Invalid)
        assert at().audit.head()[0] - head[0] <= 1, "only the policy may be new"


class TestAnswering:
    def test_a_yes_is_kept_with_its_comment(self, at: Bench) -> None:
        """Once for each person."""
        number = at().requests.open("churn:3", "production", reason="r").id
        after = at("ravi").requests.approve(number, comment=" looks good ")
        assert [(a.actor, a.answer, a.comment) for a in after.answers] == [
            ("ravi", "approve", "looks good")
        ]
        assert at().audit.entries(limit=1)[0].sentence == (
            f"approved request {number} for production of churn: “looks good”"
        )
        assert (
            at().requests.tally(number).words == "1 of 2 approvals; missing: 1 of reviewer, not ana"
        )
        told = refused(lambda: at("ravi").requests.approve(number), Conflict)
        assert told == (f"ravi approved request {number} already. Reject it to take that back.")

    def test_four_eyes(self, at: Bench) -> None:
        """Who asked is told so, whatever their role."""
        number = at().requests.open("churn:3", "production", reason="r").id
        assert refused(lambda: at().requests.approve(number), Refused) == (
            f"ana may not approve request {number}:"
            " ana asked for it, and production takes four eyes."
        )
        assert refused(lambda: at().requests.reject(number, comment="no"), Refused) == (
            f"ana may not reject request {number}:"
            " ana asked for it, and production takes four eyes. Withdraw it instead."
        )

    def test_who_is_not_asked_does_not_answer(self, at: Bench) -> None:
        """The sentence says whose answer counts."""
        number = at().requests.open("churn:3", "production", reason="r").id
        for answer in (
            lambda: at("eve").requests.approve(number),
            lambda: at("eve").requests.reject(number, comment="no"),
        ):
            assert "eve is none of those whose approvals count: reviewer." in refused(
                answer, Refused
            )
        assert at().requests.get(number).answers == ()

    def test_a_no_closes_it_with_a_word(self, at: Bench) -> None:
        """Why must be said; afterwards nobody says yes."""
        number = at().requests.open("churn:3", "production", reason="r").id
        at("bo").requests.approve(number)
        refused(lambda: at("ravi").requests.reject(number, comment=" "), Invalid)
        after = at("ravi").requests.reject(number, comment="leaks")
        assert (after.state, after.closed_by, after.closed_reason) == ("rejected", "ravi", "leaks")
        for late in (
            lambda: at("bo").requests.approve(number),
            lambda: at("ravi").requests.withdraw(number, reason="r"),
            lambda: at().requests.apply(number),
        ):
            assert refused(late, Conflict) == (
                f"request {number} is rejected already: rejected by ravi: leaks."
            )

    def test_a_yes_may_become_a_no(self, at: Bench) -> None:
        """The last answer of a person is the one that is kept."""
        number = at().requests.open("churn:3", "production", reason="r").id
        at("bo").requests.approve(number)
        after = at("bo").requests.reject(number, comment="on second thought")
        assert [(a.actor, a.answer) for a in after.answers] == [("bo", "reject")]

    def test_cooling_off_is_waited_for(self, at: Bench) -> None:
        """A person alone may approve at once; it counts an hour later."""
        number = at().requests.open("churn:3", "solo", reason="r").id
        at().requests.approve(number)
        count = at().requests.tally(number)
        assert (count.missing, count.counts_from is not None) == (1, True)
        told = refused(lambda: at().requests.apply(number), Refused)
        assert "ana asked for it, and counts from 2026-03-01 01:00 UTC on" in told
        at.wait(hours=1)
        assert at().requests.tally(number).missing == 0
        assert at().requests.apply(number).request == number


class TestTakingBack:
    def test_who_asked_may_take_it_back(self, at: Bench) -> None:
        """With a reason."""
        number = at().requests.open("churn:3", "production", reason="r").id
        refused(lambda: at().requests.withdraw(number, reason=""), Invalid)
        after = at().requests.withdraw(number, reason="too early")
        assert (after.state, after.closed_reason) == ("withdrawn", "too early")

    def test_others_only_as_admins(self, tmp_path: Path) -> None:
        """Where the policy has admins."""
        with bench(tmp_path, "[roles]\nadmin = ['zoe']\n") as at:
            number = at().requests.open("churn:3", "production", reason="r").id
            assert refused(lambda: at("eve").requests.withdraw(number, reason="r"), Refused) == (
                f"eve may not withdraw request {number}: ana opened it."
                " Reject it instead, if you may answer it."
            )
            assert at("zoe").requests.withdraw(number, reason="cleaning").closed_by == "zoe"

    def test_where_nobody_is_an_admin_others_may_not(self, at: Bench) -> None:
        """A stranger does not put away what somebody asks."""
        number = at().requests.open("churn:3", "production", reason="r").id
        refused(lambda: at("eve").requests.withdraw(number, reason="r"), Refused)
        refused(lambda: at("ravi").requests.withdraw(number, reason="r"), Refused)
        assert at().requests.get(number).state == "open"


class TestLapsing:
    def test_a_request_lapses_by_the_clock(self, at: Bench) -> None:
        """Reading says so and writes nothing; whoever acts next writes it down."""
        number = at().requests.open("churn:3", "quick", reason="r").id
        at.wait(seconds=61)
        head = at().audit.head()
        assert at().requests.get(number).state == "expired"
        assert at().requests.list() == ()
        assert [r.id for r in at().requests.list(state="expired")] == [number]
        assert at().audit.head() == head
        told = refused(lambda: at("bo").requests.approve(number), Conflict)
        assert told == (
            f"request {number} is expired already: it was not decided in its time."
            " Open another: modelshelf request open."
        )
        assert at.events(1) == ["request.expired"], "the lapse is kept though the answer is not"
        again = at().requests.get(number)
        assert (again.state, again.closed_by) == ("expired", "bo")
        assert at().requests.list(state="expired") == (again,)

    def test_lapses_are_written_by_any_change_of_requests(self, at: Bench) -> None:
        """In the same transaction, before it."""
        number = at().requests.open("churn:3", "quick", reason="r").id
        at.wait(minutes=2)
        at().requests.open("churn:2", "production", reason="r")
        assert at.events(2) == ["request.expired", "request.opened"]
        assert at().requests.lapse() == ()
        assert at().requests.open("churn:3", "quick", reason="again").id != number

    def test_lapses_are_written_when_asked_for(self, at: Bench) -> None:
        """Once each."""
        number = at().requests.open("churn:3", "quick", reason="r").id
        assert at().requests.lapse() == ()
        at.wait(minutes=2)
        assert [(r.id, r.state) for r in at().requests.lapse()] == [(number, "expired")]
        assert at().requests.lapse() == ()

    def test_a_clock_set_back_opens_nothing_again(self, at: Bench) -> None:
        """What was recorded as lapsed stays so."""
        number = at().requests.open("churn:3", "quick", reason="r").id
        at.wait(minutes=2)
        at().requests.lapse()
        at.wait(minutes=-2)
        assert at().requests.get(number).state == "expired"
        assert "expired" in refused(lambda: at("bo").requests.approve(number), Conflict)


class TestLooking:
    @pytest.fixture
    def busy(self, at: Bench) -> Bench:
        """Ask for four things; one is closed, one is approved once."""
        for number, stage in ((1, "production"), (2, "production"), (3, "quick"), (1, "staging")):
            at().requests.open(f"churn:{number}", stage, reason="r")
        ids = [r.id for r in at().requests.list(state=None)]
        at("bo").requests.approve(ids[3])
        at("bo").requests.reject(ids[2], comment="no")
        return at

    def test_they_are_listed_newest_first(self, busy: Bench) -> None:
        """Of one state or all, of one model or all, not more than asked for."""
        every = busy().requests.list(state=None)
        assert [r.stage for r in every] == ["staging", "quick", "production", "production"]
        assert [r.state for r in every] == ["open", "open", "rejected", "open"]
        assert busy().requests.list() == tuple(r for r in every if r.state == "open")
        assert busy().requests.list(model="churn", state=None) == every
        assert busy().requests.list(state=None, limit=2) == every[:2]
        assert busy().requests.list(limit=0) == ()
        refused(lambda: busy().requests.list(model="nix"), NotFound)
        refused(lambda: busy().requests.list(state="done"), Invalid)  # type: ignore[arg-type]
        refused(lambda: busy().requests.list(limit=-1), Invalid)

    def test_what_waits_for_somebody(self, busy: Bench) -> None:
        """Only what their yes would bring further: not answered, theirs to answer, taking any."""

        def waiting(who: str) -> list[tuple[str, str]]:
            found = busy().requests.list(waiting_for=who)
            return [(r.reference, r.stage) for r in found]

        assert waiting("ravi") == [("churn:v3", "quick"), ("churn:v1", "production")]
        assert waiting("bo") == [("churn:v3", "quick")]
        assert waiting("ana") == [("churn:v3", "quick")], "no cooling off there"
        assert waiting("eve") == [("churn:v3", "quick")]
        assert busy().requests.list(waiting_for="ravi", limit=1)[0].stage == "quick"

    def test_the_past_shows_them_as_they_were(self, at: Bench) -> None:
        """With the answers of then, open then; one that came later is not there."""
        number = at().requests.open("churn:3", "production", reason="r").id
        at("bo").requests.approve(number)
        at("ravi").requests.approve(number)
        made = at().requests.apply(number)
        then = at().at(made.id - 1)
        assert then.requests.get(number).state == "open"
        assert then.requests.tally(number).counted == ("bo", "ravi")
        assert then.requests.list() == (then.requests.get(number),)
        assert at().at(number).requests.get(number).answers == ()
        refused(lambda: at().at(number - 1).requests.get(number), NotFound)
        assert at().at(made.id).requests.get(number) == at().requests.get(number)
        late = refused(lambda: then.requests.approve(number), Refused)
        assert late.startswith("the past cannot be changed")

    def test_in_the_past_the_clock_stands_at_its_last_entry(self, at: Bench) -> None:
        """What lapsed later is open there, however late it is now."""
        number = at().requests.open("churn:3", "quick", reason="r").id
        at.wait(days=1)
        assert at().requests.get(number).state == "expired"
        assert at().at(number).requests.get(number).state == "open"
        assert [r.id for r in at().at(number).requests.list()] == [number]

    def test_requests_go_by_the_present_name(self, at: Bench) -> None:
        """A renamed model keeps its questions."""
        number = at().requests.open("churn:3", "production", reason="r").id
        at().models.rename("churn", "leavers")
        asked = at().requests.get(number)
        assert (asked.model, asked.reference) == ("leavers", "leavers:v3")
        assert asked.holders[0].reference == "leavers:v3"
        assert at().requests.list(model="churn") == at().requests.list(model="leavers") == (asked,)

    @pytest.mark.parametrize("number", [0, -1, 2**70, 7, True, "12", None])
    def test_numbers_that_are_none(self, at: Bench, number: int) -> None:
        """For every method that takes one."""
        part = at().requests
        for work in (
            lambda: part.get(number),
            lambda: part.tally(number),
            lambda: part.plan(number),
            lambda: part.approve(number),
            lambda: part.reject(number, comment="c"),
            lambda: part.withdraw(number, reason="r"),
            lambda: part.apply(number),
        ):
            assert refused(work, NotFound).startswith("there is no request")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text(at: Bench, text: str) -> None:
    """What cannot be kept is refused with a sentence; what can is told harmlessly."""
    registry = at()

    def try_all(registry: Registry) -> None:
        number = registry.requests.open("churn:3", "production", reason=text).id
        at("bo").requests.approve(number, comment=text)
        at("ravi").requests.reject(number, comment=text)

    try:
        try_all(registry)
    except ModelshelfError as error:
        check_sentence(error)
    for work in (
        lambda: registry.requests.open(text, "production", reason="r"),
        lambda: registry.requests.open("churn:2", text, reason="r"),
        lambda: registry.requests.list(model=text),
        lambda: registry.requests.list(state=text),  # type: ignore[arg-type]
    ):
        refused(work, ModelshelfError)
    assert registry.audit.verify().whole
