"""Approvals: what a promotion takes, what is judged again when it is carried out, and bypasses."""

from __future__ import annotations

import doctest
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelshelf.domain.errors import Conflict, NotFound, Refused
from modelshelf.domain.policy import Stage, parse_policy
from modelshelf.domain.stages import Assignment
from modelshelf.registry import Registry, open_registry
from tests.contracts.tree import ROOT
from tests.furnished import model_file
from tests.registry.asking import POLICY, Bench, approved, bench, refused
from tests.registry.test_at_once import together
from tests.sentences import check_sentence


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry where production takes two reviewers and four eyes."""
    with bench(tmp_path) as made:
        yield made


class TestApplying:
    def test_a_request_with_its_approvals_is_applied(self, at: Bench) -> None:
        """By anybody who may promote, with the reason of the request."""
        number = approved(at)
        made = at("eve").requests.apply(number)
        assert (made.request, made.reason, made.actor) == (number, "better", "eve")
        assert made.bypass is None
        assert at.held() == {"churn:v3": 100}
        asked = at().requests.get(number)
        assert (asked.state, asked.closed_by, asked.assignment_id) == ("applied", "eve", made.id)
        assert at().audit.get(made.id).sentence == (
            f"gave production of churn to v3 as request {number} asked: “better”"
        )
        told = refused(lambda: at().requests.apply(number), Conflict)
        assert told == f"request {number} is applied already: applied by eve: better."

    def test_a_promotion_applies_the_request_for_it(self, at: Bench) -> None:
        """Exactly for these holders, with a reason of its own."""
        number = approved(at)
        made = at().promotions.promote("churn:v3", "production", reason="now")
        assert (made.request, made.reason) == (number, "now")
        assert at().requests.get(number).state == "applied"

    def test_without_a_request_it_says_how_to_ask(self, at: Bench) -> None:
        """And the refusal is in the log."""
        told = refused(
            lambda: at().promotions.promote("churn:3", "production", reason="r"), Refused
        )
        assert told == (
            "churn:v3 may not hold production: production takes approvals, and no request for this"
            " is open. Ask for it: modelshelf request open churn:v3 production --reason …"
        )
        entry = at().audit.entries(limit=1)[0]
        assert entry.event == "promotion.refused"
        assert entry.body["verdicts"][-1] == {
            "gate": "approvals",
            "outcome": "pending",
            "observed": "no request",
            "required": "2 of reviewer, not ana",
            "message": "production takes approvals, and no request for this is open",
        }

    def test_too_few_approvals_say_which_are_missing(self, at: Bench) -> None:
        """With a word on those that do not count."""
        number = at().requests.open("churn:3", "production", reason="r").id
        at("ravi").requests.approve(number)
        for work in (
            lambda: at().requests.apply(number),
            lambda: at().promotions.promote("churn:3", "production", reason="r"),
        ):
            assert refused(work, Refused) == (
                f"churn:v3 may not hold production: request {number} has 1 of 2 approvals;"
                " missing: 1 of reviewer, not ana."
            )
        assert at().requests.get(number).state == "open"
        assert at.events(2) == ["promotion.refused"] * 2

    def test_a_request_for_other_shares_is_another_question(self, at: Bench) -> None:
        """What was approved for all of it is not approved for a part."""
        at("oncall").promotions.promote("churn:1", "production", reason="r", bypass=True)
        approved(at)
        assert "no request" in refused(
            lambda: at().promotions.promote("churn:3", "production", weight=20, reason="r"),
            Refused,
        )

    def test_a_stage_that_changed_wants_a_new_question(self, at: Bench) -> None:
        """Who approved saw another holder; a rollback in between is a change too."""
        first = at("oncall").promotions.promote("churn:1", "production", reason="r", bypass=True)
        number = approved(at)
        at("oncall").promotions.promote("churn:2", "production", reason="r", bypass=True)
        for work in (
            lambda: at().requests.apply(number),
            lambda: at().promotions.promote("churn:3", "production", reason="r"),
        ):
            assert refused(work, Conflict) == (
                f"production changed since request {number} was opened: churn@production is not"
                " held as whoever answered it saw it."
                " Open another: modelshelf request open churn:v3 production."
            )
        at().promotions.rollback("churn", "production", reason="back", to=first.id)
        assert "changed since" in refused(lambda: at().requests.apply(number), Conflict)
        plan = at().requests.plan(number)
        assert [v.message for v in plan.verdicts if v.outcome == "fail"] == [
            f"production changed since request {number} was opened"
        ]
        again = approved(at)
        assert at().requests.apply(again).request == again

    def test_a_stage_without_approvals_may_be_asked_for_too(self, at: Bench) -> None:
        """The question is answered by the promotion."""
        number = at().requests.open("churn:1", "staging", reason="please").id
        made = at("eve").promotions.promote("churn:1", "staging", reason="sure")
        assert made.request == number
        assert at().requests.get(number).state == "applied"

    def test_weights_among_holders_take_no_approvals(self, tmp_path: Path) -> None:
        """Unless the stage says so; a newcomer always does."""
        for ramp, free in (("free", True), ("approved", False)):
            (tmp_path / ramp).mkdir()
            policy = POLICY.replace("four_eyes = true", f'four_eyes = true\nramp = "{ramp}"')
            with bench(tmp_path / ramp, policy) as at:
                at("oncall").promotions.promote("churn:1", "production", reason="r", bypass=True)
                number = approved(at, "churn:2", weight=20)
                at().requests.apply(number)
                assert at.held() == {"churn:v1": 80, "churn:v2": 20}
                plan = at().promotions.plan("churn:2", "production", weight=60)
                assert plan.allowed is free
                if free:
                    at().promotions.promote("churn:2", "production", weight=60, reason="up")
                    at().promotions.promote("churn:2", "production", reason="it won")
                    assert at.held() == {"churn:v2": 100}
                else:
                    refused(
                        lambda at=at: at().promotions.promote("churn:2", "production", reason="r"),  # type: ignore[misc]
                        Refused,
                    )


class TestJudgedAgain:
    def test_a_yanked_version_is_refused_whoever_approved(self, at: Bench) -> None:
        """The refusal is recorded, and the request stays open."""
        number = approved(at)
        at().versions.yank("churn:3", reason="leaks")
        told = refused(lambda: at().requests.apply(number), Refused)
        assert told == "churn:v3 may not hold production: churn:v3 is yanked: leaks."
        assert at.events(1) == ["promotion.refused"]
        assert at().requests.get(number).state == "open"

    def test_who_lost_the_role_does_not_count(self, at: Bench) -> None:
        """The policy of the moment of applying decides."""
        number = approved(at)
        at.rule(POLICY.replace('"ana", "ravi", "bo"', '"ana", "ravi"'))
        assert refused(lambda: at().requests.apply(number), Refused) == (
            f"churn:v3 may not hold production: request {number} has 1 of 2 approvals;"
            " missing: 1 of reviewer, not ana; bo is none of those whose approvals count: reviewer."
        )
        at.rule(POLICY)
        made = at().requests.apply(number)
        recorded = [e.seq for e in at().audit.entries(event="policy.recorded")]
        assert recorded[0] < made.id, "the policy that decided is in the log before"

    def test_a_policy_that_asks_for_more(self, at: Bench) -> None:
        """Or for less."""
        number = at().requests.open("churn:3", "production", reason="r").id
        at("ravi").requests.approve(number)
        at.rule(POLICY.replace("approvals = 2", "approvals = 1"))
        assert at().requests.plan(number).allowed
        at.rule(POLICY.replace("approvals = 2", "approvals = 3"))
        assert not at().requests.plan(number).allowed
        at.rule(POLICY.replace("[stages.production]", "[stages.live]"))
        assert at().requests.apply(number).request == number, "it takes none any more"

    def test_a_stage_that_is_gone(self, at: Bench) -> None:
        """The request cannot be applied, and can be withdrawn."""
        number = at().requests.open("churn:3", "solo", reason="r").id
        at.rule(POLICY.replace("[stages.solo]", "[stages.alone]"))
        for work in (
            lambda: at().requests.apply(number),
            lambda: at("bo").requests.approve(number),
            lambda: at().requests.tally(number),
        ):
            assert "there is no stage 'solo'" in refused(work, NotFound)
        assert at().requests.list(waiting_for="bo") == ()
        assert at().requests.withdraw(number, reason="gone").state == "withdrawn"

    def test_a_renamed_model_is_the_same(self, at: Bench) -> None:
        """The request goes on under its new name."""
        number = approved(at)
        at().models.rename("churn", "leavers")
        made = at().requests.apply(number)
        assert (made.model, made.holders[0].reference) == ("leavers", "leavers:v3")
        assert at().audit.get(made.id).subject == "leavers@production"

    def test_a_gate_that_fails_now_refuses(self, tmp_path: Path) -> None:
        """Gates are judged when the request is applied, not when it was opened."""
        policy = POLICY.replace("[stages.production]", '[stages.production]\ngates = ["complete"]')
        policy += '[gates.complete]\nneeds = ["owner"]\n'
        with bench(tmp_path, policy) as at:
            at().models.describe("churn", owner="ana")
            number = approved(at)
            at().models.describe("churn", owner="")
            assert not at().requests.plan(number).allowed
            assert "may not hold production" in refused(
                lambda: at().requests.apply(number), Refused
            )
            at().models.describe("churn", owner="ana")
            assert at().requests.apply(number).request == number

    def test_measured_gates_are_run_before(self, tmp_path: Path) -> None:
        """Once there are approvals, and not sooner; what they said is in the decision."""
        command = f'["{sys.executable}", "-c", "print(42)"]'
        policy = POLICY.replace("[stages.production]", '[stages.production]\ngates = ["smoke"]')
        policy += f"[gates.smoke]\nrun = {command}\n"
        with bench(tmp_path, policy) as at:
            number = at().requests.open("churn:3", "production", reason="r").id
            refused(lambda: at().requests.apply(number), Refused)
            assert at().audit.entries(event="gate.ran") == ()
            for who in ("ravi", "bo"):
                at(who).requests.approve(number)
            made = at().requests.apply(number)
            ran = at().audit.entries(event="gate.ran")
            assert len(ran) == 1
            kept = at().audit.get(made.id).body["decision"]["evidence"]
            assert [(e["gate"], e["entry"], e["reference"]) for e in kept] == [
                ("smoke", ran[0].seq, "churn:v3")
            ]
            assert kept[0]["output"] == ran[0].body["output"]


class TestPlanning:
    def test_a_plan_shows_the_request_and_what_is_missing(self, at: Bench) -> None:
        """Planning changes nothing."""
        head = at().audit.head()
        plan = at().promotions.plan("churn:3", "production")
        assert plan.request is None
        assert plan.approvals is not None
        assert plan.approvals.words == "0 of 2 approvals; missing: 2 of reviewer, not ana"
        assert (plan.allowed, plan.may_bypass) == (False, False)
        assert at().audit.head() == head
        number = approved(at)
        for plan in (
            at("oncall").promotions.plan("churn:3", "production"),
            at("oncall").requests.plan(number),
        ):
            assert plan.request == at().requests.get(number)
            assert plan.approvals == at().requests.tally(number)
            assert (plan.allowed, plan.may_bypass) == (True, True)
        assert at().promotions.plan("churn:3", "staging").approvals is None

    def test_a_plan_says_who_uses_the_present_holder(self, at: Bench) -> None:
        """Forward and back; of the past nobody knows."""
        at().promotions.promote("churn:1", "staging", reason="r")
        made = at().promotions.promote("churn:2", "staging", reason="r")
        at().promotions.resolve("churn@staging", consumer="billing")
        plan = at().promotions.plan("churn:3", "staging")
        assert [(c.name, c.reference) for c in plan.consumers] == [("billing", "churn:v2")]
        assert at().promotions.plan_rollback("churn", "staging").consumers == plan.consumers
        assert at().at(made.id).promotions.plan("churn:3", "staging").consumers == ()

    def test_rules_for_some_models(self, tmp_path: Path) -> None:
        """An override decides for the models it matches."""
        policy = (
            POLICY + '[[models]]\nmatch = ["churn"]\n[models.stages.production]\napprovals = 0\n'
        )
        with bench(tmp_path, policy) as at:
            assert at().promotions.plan("churn:3", "production").approvals is None
            assert at().promotions.promote("churn:3", "production", reason="r").request is None

    def test_the_past_is_planned_as_it_was(self, at: Bench) -> None:
        """With the answers of then."""
        number = approved(at)
        then = at().at(number)
        plan = then.promotions.plan("churn:3", "production")
        assert plan.approvals is not None
        assert plan.approvals.counted == ()
        assert plan.request == then.requests.get(number)
        refused(lambda: then.promotions.promote("churn:3", "production", reason="r"), Refused)
        refused(lambda: then.requests.apply(number), Refused)
        refused(lambda: then.requests.open("churn:1", "production", reason="r"), Refused)
        refused(then.requests.lapse, Refused)


class TestAtOnce:
    def test_of_two_appliers_one_wins(self, at: Bench) -> None:
        """The other is told of it; there is one assignment."""
        number = approved(at)
        made: list[Assignment] = []

        def apply(who: str) -> None:
            with open_registry(at.path, actor=who, clock=at.clock) as registry:
                made.append(registry.requests.apply(number))

        errors = together([lambda w=who: apply(w) for who in ("eve", "bo", "ravi")])  # type: ignore[misc]
        assert [type(e) for e in errors] == [Conflict, Conflict]
        assert all("is applied already" in str(e) for e in errors)
        assert len(made) == 1
        assert len(at().audit.entries(event="stage.assigned")) == 1

    def test_an_answer_and_an_applying_at_once(self, at: Bench) -> None:
        """Either order is a story that holds."""
        number = at().requests.open("churn:3", "quick", reason="r").id
        at("bo").requests.approve(number)

        def reject() -> None:
            with open_registry(at.path, actor="ravi", clock=at.clock) as registry:
                registry.requests.reject(number, comment="no")

        def apply() -> None:
            with open_registry(at.path, actor="eve", clock=at.clock) as registry:
                registry.requests.apply(number)

        errors = together([reject, apply])
        assert [type(e) for e in errors] == [Conflict]
        state = at().requests.get(number).state
        assert (state == "applied") == (at.held("quick") == {"churn:v3": 100})
        assert at().audit.verify().whole


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ("open", "approve", "approve", "reject", "withdraw", "apply", "promote", "wait")
        ),
        st.sampled_from(("ana", "ravi", "bo", "eve", "oncall")),
        st.integers(1, 3),
    ),
    min_size=6,
    max_size=24,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whatever_people_do_the_log_tells_it(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, str, int]]
) -> None:
    """Nothing reaches production without two other reviewers or a bypass; a replay agrees."""
    with bench(tmp_path_factory.mktemp("story")) as at:
        for doing, who, which in story:
            try:
                act(at, at(who), doing, which)
            except (Conflict, NotFound, Refused) as error:
                check_sentence(error)
        for given_ in at().promotions.history("churn", "production"):
            assert given_.request is not None
            assert given_.bypass is None
            asked = at().requests.get(given_.request)
            yes = {a.actor for a in asked.answers if a.answer == "approve"}
            assert len(yes & {"ana", "ravi", "bo"} - {asked.actor}) >= 2
            assert (asked.state, asked.assignment_id) == ("applied", given_.id)
        assert at().audit.verify().whole


def act(at: Bench, registry: Registry, doing: str, which: int) -> None:
    """Let somebody do one thing about production."""
    number = next((r.id for r in registry.requests.list(state=None)[which - 1 :]), 1)
    match doing:
        case "open":
            registry.requests.open(f"churn:{which}", "production", reason="r")
        case "approve":
            registry.requests.approve(number)
        case "reject":
            registry.requests.reject(number, comment="no")
        case "withdraw":
            registry.requests.withdraw(number, reason="r")
        case "apply":
            registry.requests.apply(number)
        case "promote":
            registry.promotions.promote(f"churn:{which}", "production", reason="r")
        case _:
            at.wait(days=which * 3)


def test_the_documents_examples_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The policies are read, and the Python example gives what stands below it."""
    page = (ROOT / "docs" / "approvals.md").read_text("utf-8")
    for policy in re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        stage = parse_policy(tomllib.loads(policy)).stage("production")
        assert (stage.approvals, stage.four_eyes, stage.ramp) == (2, True, "free")
        assert stage.expires == Stage("default").expires
    model_file(tmp_path, 1).rename(tmp_path / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    (text,) = re.findall(r"^```pycon\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    examples = doctest.DocTestParser().get_doctest(text, {}, "approvals.md", "approvals.md", 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(examples, out=said.append).failed == 0, "".join(said)
