"""Promotions: who holds a stage, how traffic is split, what a plan says and what is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.registry import Registry, open_registry
from tests.furnished import ticking
from tests.registry.conftest import NewFile


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with four versions of one model and one of another."""
    for _ in range(4):
        registry.versions.register("churn", new_file())
    registry.versions.register("other", new_file())
    return registry


def held(shelf: Registry, stage: str = "production") -> dict[int, int]:
    """Return the weights by version number."""
    holders = shelf.models.get("churn").stages.get(stage, ())
    return {int(h.reference.rpartition("v")[2]): h.weight for h in holders}


def test_a_promotion_replaces_and_archives_the_holder(shelf: Registry) -> None:
    """The new version holds everything, and the old one is put away."""
    shelf.promotions.promote("churn:1", "production", reason="first")
    made = shelf.promotions.promote("churn:2", "production", reason="better")
    assert held(shelf) == {2: 100}
    old = shelf.versions.get("churn:1")
    assert (old.stage, old.archived) == ("archived", True)
    new = shelf.versions.get("churn:2")
    assert (new.stage, new.weight, new.stages) == ("production", 100, {"production": 100})
    assert (made.reason, made.actor, made.stage) == ("better", "ana", "production")
    assert made.id == shelf.audit.head()[0]


def test_a_version_that_still_holds_another_stage_is_not_archived(shelf: Registry) -> None:
    """Only who holds nothing any more is put away; the label is the highest rung."""
    shelf.promotions.promote("churn:1", "staging", reason="r")
    shelf.promotions.promote("churn:1", "production", reason="r")
    assert shelf.versions.get("churn:1").stage == "production"
    shelf.promotions.promote("churn:2", "production", reason="r")
    assert shelf.versions.get("churn:1").stage == "staging"
    assert not shelf.versions.get("churn:1").archived


def test_weights_are_shared_and_sum_to_a_hundred(shelf: Registry) -> None:
    """Each newcomer takes its share, and the others keep their proportions."""
    promote = shelf.promotions.promote
    promote("churn:1", "production", reason="r")
    promote("churn:2", "production", weight=20, reason="r")
    assert held(shelf) == {1: 80, 2: 20}
    promote("churn:3", "production", weight=50, reason="r")
    assert held(shelf) == {1: 40, 2: 10, 3: 50}
    promote("churn:2", "production", weight=70, reason="r")
    assert held(shelf) == {1: 13, 2: 70, 3: 17}
    promote("churn:4", "production", split={"churn:4": 1, "churn:1": 99}, reason="r")
    assert held(shelf) == {1: 99, 4: 1}
    assert shelf.versions.get("churn:3").archived
    promote("churn:4", "production", weight=100, reason="r")
    assert held(shelf) == {4: 100}


@pytest.mark.parametrize("weight", [0, -1, 101])
def test_a_weight_out_of_range_is_refused(shelf: Registry, weight: int) -> None:
    """Nothing is not everything: a weight of 0 does not give the whole stage."""
    shelf.promotions.promote("churn:1", "production", reason="r")
    head = shelf.audit.head()
    with pytest.raises(Invalid, match="is not a weight"):
        shelf.promotions.plan("churn:2", "production", weight=weight)
    with pytest.raises(Invalid, match="is not a weight"):
        shelf.promotions.promote("churn:2", "production", weight=weight, reason="r")
    assert shelf.audit.head() == head
    assert held(shelf) == {1: 100}


@pytest.mark.parametrize(
    ("split", "why"),
    [
        ({"churn:2": 50, "churn:1": 51}, "sum to 101"),
        ({"churn:1": 100}, "leaves out"),
        ({"churn:2": 50, "other:1": 50}, "another model"),
        ({"churn:2": 50, "churn:v2": 50}, "named twice"),
        ({"churn:2": 0, "churn:1": 100}, "is not a weight"),
        ({}, "sum to 0"),
    ],
)
def test_a_split_that_is_none_is_refused(shelf: Registry, split: dict[str, int], why: str) -> None:
    """An explicit split names versions of one model, each once, with weights that sum to 100."""
    with pytest.raises(Invalid, match=why):
        shelf.promotions.promote("churn:2", "production", split=split, reason="r")
    with pytest.raises(Invalid, match="both"):
        shelf.promotions.promote("churn:2", "production", split=split, weight=5, reason="r")


def test_a_first_split_needs_a_whole_to_split(shelf: Registry) -> None:
    """A part of a stage that nobody holds leaves the rest to nobody."""
    with pytest.raises(Invalid, match="to nobody"):
        shelf.promotions.promote("churn:1", "production", weight=20, reason="r")


def test_a_stage_for_one_refuses_a_second_and_records_that(shelf: Registry) -> None:
    """The refusal is an entry with the verdicts, and the holder stays."""
    shelf.promotions.promote("churn:1", "staging", reason="r")
    with pytest.raises(Refused, match="one version at a time") as caught:
        shelf.promotions.promote("churn:2", "staging", weight=20, reason="try")
    assert caught.value.required == "one version"
    assert held(shelf, "staging") == {1: 100}
    entry = shelf.audit.entries(limit=1)[0]
    assert entry.event == "promotion.refused"
    assert entry.body["verdicts"][0]["outcome"] == "fail"
    assert "was refused staging of churn for v1 80 %, v2 20 %" in entry.sentence


def test_what_is_so_already_is_a_conflict(shelf: Registry) -> None:
    """A promotion that would change nothing is no entry."""
    shelf.promotions.promote("churn:1", "production", reason="r")
    shelf.promotions.promote("churn:2", "production", weight=20, reason="r")
    head = shelf.audit.head()
    with pytest.raises(Conflict, match="already"):
        shelf.promotions.promote("churn:2", "production", weight=20, reason="r")
    assert shelf.audit.head() == head


def test_nobody_is_overwritten_who_was_not_seen(shelf: Registry) -> None:
    """What was decided over one holder, or over nobody, is not done over another; nor recorded."""
    nobody = shelf.promotions.plan("churn:1", "production").holders_now
    shelf.promotions.promote("churn:1", "production", reason="r", seen=nobody)
    first = shelf.promotions.plan("churn:3", "production").holders_now
    shelf.promotions.promote("churn:2", "production", weight=20, reason="r", seen=first)
    head = shelf.audit.head()
    for seen in (nobody, first):
        with pytest.raises(Conflict, match="changed hands while you were reading") as caught:
            shelf.promotions.promote("churn:3", "production", reason="r", seen=seen)
        assert "it is held by v1 80 %, v2 20 % now" in str(caught.value)
    assert shelf.audit.head() == head
    now = shelf.promotions.plan("churn:3", "production").holders_now
    shelf.promotions.promote("churn:3", "production", reason="r", seen=now)
    assert held(shelf) == {3: 100}


def test_a_plan_says_what_a_promotion_then_does(shelf: Registry) -> None:
    """The review screen and the deed agree, and planning changes nothing."""
    shelf.promotions.promote("churn:1", "production", reason="r")
    head = shelf.audit.head()
    plan = shelf.promotions.plan("churn:2", "production")
    assert shelf.audit.head() == head
    assert plan.allowed
    assert plan.archived == ("churn:v1",)
    assert [h.reference for h in plan.holders_now] == ["churn:v1"]
    made = shelf.promotions.promote("churn:2", "production", reason="r")
    assert plan.holders_after == made.holders
    assert not shelf.promotions.plan("churn:3", "staging", weight=100).comparison
    shelf.versions.yank("churn:3", reason="bad")
    assert not shelf.promotions.plan("churn:3", "staging").allowed


@pytest.mark.parametrize("stage", ["draft", "archived", "prodcution", "latest", ""])
def test_a_stage_that_cannot_be_held_is_not_found(shelf: Registry, stage: str) -> None:
    """Only the rungs of the ladder between its ends can be given."""
    with pytest.raises(NotFound, match="no stage"):
        shelf.promotions.promote("churn:1", stage, reason="r")


def test_one_key_is_served_by_one_version(shelf: Registry) -> None:
    """Resolving by key is sticky, follows the weights, and says all holders without one."""
    shelf.promotions.promote("churn:1", "production", reason="r")
    shelf.promotions.promote("churn:2", "production", weight=20, reason="r")
    everyone = shelf.promotions.resolve("churn@production")
    assert [(h.reference, h.weight) for h in everyone.holders] == [
        ("churn:v1", 80),
        ("churn:v2", 20),
    ]
    keys = [f"user-{n}" for n in range(400)]
    once = [shelf.promotions.resolve("churn@production", key=k).holders for k in keys]
    assert once == [shelf.promotions.resolve("churn@production", key=k).holders for k in keys]
    served = Counter(holders[0].reference for holders in once)
    assert 45 < served["churn:v2"] < 120
    shelf.models.rename("churn", "leaving")
    renamed = [shelf.promotions.resolve("leaving@production", key=k).holders for k in keys]
    assert [h[0].version_id for h in renamed] == [h[0].version_id for h in once]
    with pytest.raises(Conflict, match="2 versions"):
        shelf.versions.get("leaving@production")


def test_serving_lists_the_present_of_every_model(shelf: Registry) -> None:
    """One assignment for each model that has one, by name; the past has its own."""
    shelf.promotions.promote("other:1", "production", reason="r")
    first = shelf.promotions.promote("churn:1", "production", reason="r")
    second = shelf.promotions.promote("churn:2", "production", reason="r")
    assert [a.model for a in shelf.promotions.serving()] == ["churn", "other"]
    assert shelf.promotions.serving()[0] == second
    assert shelf.at(first.id).promotions.serving()[0].holders == first.holders
    assert [a.id for a in shelf.promotions.history("churn")] == [second.id, first.id]


def test_the_policy_is_recorded_before_it_first_decides(shelf: Registry) -> None:
    """Each text of the policy is in the log once, ahead of what was decided by it."""
    shelf.promotions.promote("churn:1", "staging", reason="r")
    shelf.promotions.promote("churn:2", "staging", reason="r")
    assert len(shelf.audit.entries(event="policy.recorded")) == 1
    policy = shelf.path / "modelshelf.toml"
    policy.write_text('[stages.staging]\nholders = "many"\non_replaced = "keep"\n', "utf-8")
    with open_registry(shelf.path, actor="bo", clock=ticking()) as again:
        again.promotions.promote("churn:3", "staging", weight=30, reason="r")
        again.promotions.promote("churn:4", "staging", reason="r")
        recorded = again.audit.entries(event="policy.recorded")
        assert len(recorded) == 2
        assert recorded[0].body["text"] == policy.read_text("utf-8")
        assert recorded[0].actor == "bo"
        assert not again.versions.get("churn:3").archived, "it says keep"
        assert again.audit.verify().whole
