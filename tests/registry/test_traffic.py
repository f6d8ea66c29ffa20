"""A/B tests: shares grow and sum to 100, keys stay where they are, and the history is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.stages import Holder, split_with, sticky_holder
from modelshelf.registry import Registry
from tests.registry.conftest import NewFile
from tests.sentences import check_sentence

KEYS = [f"user-{n}" for n in range(200)]


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry where three versions of churn share production."""
    for _ in range(4):
        registry.versions.register("churn", new_file())
    registry.promotions.promote("churn:1", "production", reason="first")
    registry.promotions.promote("churn:2", "production", weight=20, reason="test")
    registry.promotions.promote("churn:3", "production", weight=5, reason="and another")
    return registry


def held(shelf: Registry) -> dict[str, int]:
    """Return who holds production with which share."""
    holders = shelf.models.get("churn").stages["production"]
    return {h.reference.rpartition(":")[2]: h.weight for h in holders}


def served(shelf: Registry) -> dict[str, str]:
    """Return who serves each key."""
    resolve = shelf.promotions.resolve
    return {
        key: resolve("churn@production", key=key).holders[0].reference.rpartition(":")[2]
        for key in KEYS
    }


def test_a_ramp_moves_keys_only_towards_the_heavier_one(shelf: Registry) -> None:
    """Nobody who was served by the new version is sent away while it is ramped up."""
    before = served(shelf)
    for weight in (30, 50, 80):
        made = shelf.traffic.ramp("churn:2", weight=weight, reason="fine so far")
        assert held(shelf)["v2"] == weight
        assert sum(h.weight for h in made.holders) == 100
        after = served(shelf)
        gone = {k for k in KEYS if after[k] != before[k] and after[k] != "v2"}
        # The others keep their proportions as whole percentages, so a few may trade places.
        assert {k for k in KEYS if before[k] == "v2"} <= {k for k in KEYS if after[k] == "v2"}
        assert len(gone) < len(KEYS) // 20
        before = after
    shelf.traffic.end("churn:2", reason="it won")
    assert held(shelf) == {"v2": 100}
    assert shelf.versions.get("churn:1").archived


def test_a_test_that_is_lost_ends_the_same_way(shelf: Registry) -> None:
    """The old version wins, and the others are put away."""
    shelf.traffic.end("churn:1", reason="no better")
    assert held(shelf) == {"v1": 100}
    assert [shelf.versions.get(f"churn:{n}").archived for n in (2, 3)] == [True, True]
    with pytest.raises(Conflict):
        shelf.traffic.end("churn:1", reason="again")


def test_the_history_tells_shares_and_times(shelf: Registry) -> None:
    """Each split has a beginning, an end where the next began, and a reason."""
    made = shelf.traffic.ramp("churn:2", weight=50, reason="more")
    newest, before, *older = shelf.traffic.splits("churn")
    assert (newest.entry, newest.until, newest.reason, newest.shared) == (
        made.id, None, "more", True,
    )  # fmt: skip
    assert before.until == newest.since
    assert [s.shared for s in older] == [True, False]
    assert [h.weight for h in before.holders] == [76, 19, 5]
    assert shelf.traffic.splits("churn", "staging") == ()
    shelf.undo.take_back(made.id, reason="too fast")
    assert shelf.traffic.splits("churn")[0].holders == before.holders
    assert len(shelf.traffic.splits("churn", limit=2)) == 2


def test_the_past_tells_its_own_history(shelf: Registry) -> None:
    """As of an entry, what came after it has not happened."""
    entry = shelf.audit.head()[0]
    shelf.traffic.ramp("churn:2", weight=50, reason="more")
    with shelf.at(entry) as past:
        assert past.traffic.splits("churn")[0].entry == entry
        with pytest.raises(Refused, match="the past"):
            past.traffic.ramp("churn:2", weight=60, reason="r")


def test_who_does_not_hold_the_stage_is_not_ramped(shelf: Registry) -> None:
    """A version comes in by a promotion, which asks the gates."""
    head = shelf.audit.head()
    with pytest.raises(Refused) as refused:
        shelf.traffic.ramp("churn:4", weight=20, reason="r")
    assert str(refused.value) == (
        "churn:v4 does not hold production: a test is ramped between those that hold it."
        " Let it in first: modelshelf promote churn:v4 production --weight 5"
    )
    with pytest.raises(Refused):
        shelf.traffic.end("churn:4", reason="r")
    assert shelf.audit.head() == head


@pytest.mark.parametrize("weight", [0, 101, -5, 2**70, True, 1.5, "5"])
def test_a_weight_that_is_none(shelf: Registry, weight: int) -> None:
    """Whole percentages from 1 to 100, and nothing else."""
    with pytest.raises(Invalid) as refused:
        shelf.traffic.ramp("churn:2", weight=weight, reason="r")
    check_sentence(refused.value)


def test_a_ramp_that_cannot_be_meant(shelf: Registry) -> None:
    """The same share again, no reason, no such stage, the only holder."""
    ramp = shelf.traffic.ramp
    with pytest.raises(Conflict):
        ramp("churn:3", weight=5, reason="r")
    with pytest.raises(Invalid, match="the reason is empty"):
        ramp("churn:3", weight=6, reason="")
    with pytest.raises(NotFound):
        ramp("churn:3", "prod", weight=6, reason="r")
    with pytest.raises(NotFound):
        shelf.traffic.splits("churn", "prod")
    shelf.traffic.end("churn:3", reason="r")
    with pytest.raises(Invalid, match="nobody"):
        ramp("churn:3", weight=50, reason="r")


@given(
    st.dictionaries(st.integers(1, 9), st.integers(1, 100), min_size=2, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 99)), max_size=8),
)
def test_weights_are_whole_and_sum_to_100(
    drawn: dict[int, int], steps: list[tuple[int, int]]
) -> None:
    """Whatever is ramped how often, the shares stay whole percentages of 100."""
    first, *others = drawn
    present = {first: 100}
    for version in others:
        present = split_with(list(present.items()), version, min(drawn[version], 99))
    for which, weight in steps:
        if len(present) > 1:
            version = list(present)[which % len(present)]
            present = split_with(list(present.items()), version, weight)
            assert present[version] == weight
        assert sum(present.values()) == 100
        assert all(type(w) is int and w >= 1 for w in present.values())


@given(st.text(max_size=20), st.integers(1, 98), st.integers(1, 99))
def test_a_key_never_leaves_who_gets_heavier(key: str, low: int, more: int) -> None:
    """Between two holders, a key moves to the heavier one or stays."""
    high = min(99, low + more)

    def serving(weight: int) -> int:
        pair = (Holder(1, "m:v1", 100 - weight), Holder(2, "m:v2", weight))
        return sticky_holder(pair, key, "1@production").version_id

    assert serving(high) == 2 or serving(low) == 1
