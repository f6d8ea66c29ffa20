"""What gates are judged by: nobody asks more than is needed, and everything that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.policy import Gate
from modelshelf.domain.stages import Holder
from modelshelf.registry.gating import Needs, heaviest, needs_of
from tests.furnished import model_file
from tests.registry.asking import Bench, bench
from tests.registry.gated import statements

OPEN = '[stages.production]\nholders = "many"\n'
BETTER = """
[stages.production]
holders = "many"
gates = ["better"]
[gates.better]
when = "metrics.auc >= baseline.metrics.auc"
"""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry of churn v1 to v3, each with a greater AUC, without any gate."""
    with bench(tmp_path, OPEN) as made:
        yield made


def outcomes(at: Bench, reference: str, weight: int | None = None) -> dict[tuple[str, str], str]:
    """Return what the gates say of a version for production."""
    plan = at().promotions.plan(reference, "production", weight=weight)
    return {(v.gate, v.reference): v.outcome for v in plan.verdicts}


@pytest.mark.parametrize(
    ("gate", "needs"),
    [
        (Gate("scan", use="scan"), Needs()),
        (Gate("complete", use="complete"), Needs(details=True)),
        (Gate("fresh", use="fresh"), Needs(details=True)),
        (Gate("signature", use="signature"), Needs(details=True, baseline=True)),
        (Gate("licence", use="licence"), Needs(details=True, ancestors=True)),
        (Gate("verified", use="verified"), Needs(measured=True)),
        (Gate("w", kind="when", when="true"), Needs(details=True, baseline=True)),
        (Gate("r", kind="run", run=("true",)), Needs(measured=True)),
        (Gate("p", kind="plugin", use="scan"), Needs(measured=True)),
    ],
    ids=lambda value: value.name if isinstance(value, Gate) else "",
)
def test_each_gate_needs_only_its_own(gate: Gate, needs: Needs) -> None:
    """What a gate does not look at is not read for it."""
    assert needs_of([gate]) == needs


def test_the_greatest_share_is_compared_with() -> None:
    """Of those that are not judged themselves: nobody is compared with itself."""
    held = [Holder(1, "m:v1", 20), Holder(2, "m:v2", 50), Holder(3, "m:v3", 30)]
    assert heaviest(held, ()) == 2
    assert heaviest(held, (2,)) == 3
    assert heaviest(held, (1, 2, 3)) is None
    assert heaviest([], (1,)) is None


def test_who_holds_a_stage_alone_is_not_told_that_nobody_does(tmp_path: Path) -> None:
    """A holder that is checked again is compared with nobody, and the sentence says why."""

    def said() -> str:
        return " ".join(v.message for v in at().gates.check("churn:1", "production").verdicts)

    with bench(tmp_path, BETTER) as at:
        assert "nobody holds production yet, so" in said()
        at().promotions.promote("churn:1", "production", reason="first")
        assert "nobody else holds production, so" in said()
        assert "yet" not in said()


def test_a_stage_without_gates_costs_no_question_more(at: Bench) -> None:
    """Nothing is read for gates that nobody named, and the clock is not asked."""
    registry = at()
    registry.promotions.plan("churn:2", "production")
    with statements(registry) as plain:
        before = at.now
        registry.promotions.plan("churn:2", "production")
    asked = at.now - before
    assert not [s for s in plain if "gate_result" in s or "version_text" in s or "edge" in s]
    at.rule(BETTER)
    registry = at()
    with statements(registry) as gated:
        before = at.now
        registry.promotions.plan("churn:2", "production")
    assert len(plain) < len(gated) <= len(plain) + 10
    assert at.now - before >= asked


def test_measurements_are_read_for_measured_gates_only(at: Bench) -> None:
    """And nothing else is read for those."""
    at.rule(OPEN + 'gates = ["verified"]\n')
    registry = at()
    with statements(registry) as noted:
        registry.promotions.plan("churn:2", "production")
    assert len([s for s in noted if "gate_result" in s]) == 1
    assert not [s for s in noted if "version_text" in s]


def test_whoever_holds_the_stage_is_not_asked_again(at: Bench) -> None:
    """An old holder, which a new gate would not let in, can still be tested against."""
    at().promotions.promote("churn:1", "production", reason="first")
    at.rule(OPEN + 'gates = ["complete"]\n[gates.complete]\nneeds = ["metrics.f1"]\n')
    at().versions.amend("churn:2", metrics={"f1": 0.5})
    assert outcomes(at, "churn:2", weight=20) == {
        ("holders", ""): "pass",
        ("usable", "churn:v1"): "pass",
        ("usable", "churn:v2"): "pass",
        ("scan", "churn:v1"): "pass",
        ("scan", "churn:v2"): "pass",
        ("complete", "churn:v2"): "pass",
    }
    assert outcomes(at, "churn:1")[("complete", "")] == "fail"


def test_all_that_come_are_asked(at: Bench) -> None:
    """Everybody in a split who does not hold the stage yet."""
    at().promotions.promote("churn:1", "production", reason="first")
    at.rule(BETTER)
    split = {"churn:1": 20, "churn:2": 40, "churn:3": 40}
    plan = at().promotions.plan("churn:2", "production", split=split)
    asked = [v.reference for v in plan.verdicts if v.gate == "better"]
    assert asked == ["churn:v2", "churn:v3"]
    plan = at().promotions.plan("churn:1", "production", split=split)
    assert [v.reference for v in plan.verdicts if v.gate == "better"] == asked


def test_who_holds_it_alone_is_compared_with_nobody(at: Bench) -> None:
    """A gate that wants something better says nothing of the best."""
    at().promotions.promote("churn:1", "production", reason="first")
    at.rule(BETTER.replace(">=", ">"))
    assert outcomes(at, "churn:1")[("better", "")] == "pass"
    assert outcomes(at, "churn:2")[("better", "")] == "pass"


def test_a_share_is_compared_with_the_greatest_holder(at: Bench) -> None:
    """Not with itself, and not with the smallest."""
    promote = at().promotions.promote
    promote("churn:2", "production", reason="first")
    promote("churn:3", "production", weight=10, reason="a test")
    at.rule(BETTER)
    assert outcomes(at, "churn:1", weight=50)[("better", "churn:v1")] == "fail"
    assert outcomes(at, "churn:3", weight=50)[("better", "churn:v3")] == "pass"


def test_rules_of_one_model_are_used_for_that_model(at: Bench, tmp_path: Path) -> None:
    """What the policy says by pattern of name decides, also inside the transaction."""
    at.rule(
        OPEN + '[[models]]\nmatch = ["risk/*"]\n[models.stages.production]\ngates = ["complete"]\n'
    )
    at().versions.register("risk/churn", model_file(tmp_path / "files", 77))
    assert ("complete", "") not in outcomes(at, "churn:1")
    assert outcomes(at, "risk/churn:1")[("complete", "")] == "fail"


class TestAncestors:
    """Licences along the lineage."""

    POLICY = OPEN + 'gates = ["licence"]\n[gates.licence]\nallowed = ["MIT", "Apache-2.0"]\n'

    def said(self, at: Bench, reference: str) -> tuple[str, str]:
        """Return what the licence gate says of a version."""
        at.rule(self.POLICY)
        plan = at().promotions.plan(reference, "production")
        verdict = next(v for v in plan.verdicts if v.gate == "licence")
        return verdict.outcome, verdict.message

    def test_what_it_was_made_from_counts(self, at: Bench) -> None:
        """However many steps up, and through other models."""
        versions = at().versions
        for number, licence in ((1, "gpl-3.0-only"), (2, "mit"), (3, "apache-2.0")):
            base = f"churn:{number - 1}" if number > 1 else None
            versions.amend(f"churn:{number}", tags={"license": licence}, base=base)
        outcome, message = self.said(at, "churn:3")
        assert outcome == "fail"
        assert "gpl-3.0-only from churn:v1" in message
        at().versions.tag("churn:1", set={"license": "mit"})
        assert self.said(at, "churn:3")[0] == "pass"

    def test_what_says_nothing_is_named(self, at: Bench) -> None:
        """A base without a licence is no base with a good one."""
        at().versions.amend("churn:2", tags={"license": "mit"}, base="churn:1")
        outcome, message = self.said(at, "churn:2")
        assert (outcome, "churn:v1, which it descends from" in message) == ("fail", True)

    def test_many_bases_are_a_few_questions(self, at: Bench, tmp_path: Path) -> None:
        """A line of thirty versions is read level by level."""
        versions = at().versions
        for seed in range(100, 130):
            base = f"line:{seed - 100}" if seed > 100 else None
            file = model_file(tmp_path / "files", seed)
            versions.register("line", file, tags={"license": "mit"}, base=base)
        at.rule(self.POLICY)
        registry = at()
        with statements(registry) as noted:
            plan = registry.promotions.plan("line:30", "production")
        assert plan.allowed
        assert len(noted) < 100

    def test_a_line_of_one_licence_is_named_once(self, at: Bench) -> None:
        """The nearest stands for those further up that say the same."""
        versions = at().versions
        versions.tag("churn:1", set={"license": "gpl-3.0-only"})
        versions.amend("churn:2", tags={"license": "gpl-3.0-only"}, base="churn:1")
        versions.amend("churn:3", tags={"license": "mit"}, base="churn:2")
        message = self.said(at, "churn:3")[1]
        assert "gpl-3.0-only from churn:v2" in message
        assert "churn:v1" not in message
