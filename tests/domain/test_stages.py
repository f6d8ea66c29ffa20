"""Weights, sticky splits and what a rollback returns to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.stages import (
    WHOLE,
    Assignment,
    Holder,
    check_weights,
    earlier_assignment,
    split_with,
    sticky_holder,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = [f"user-{n}" for n in range(10_000)]


@st.composite
def splits(draw: st.DrawFn, most: int = 6) -> dict[int, int]:
    """Draw a split: weights from 1 on that sum to 100, by version id."""
    count = draw(st.integers(1, most))
    cuts = draw(
        st.lists(st.integers(1, WHOLE - 1), min_size=count - 1, max_size=count - 1, unique=True)
    )
    edges = [0, *sorted(cuts), WHOLE]
    return {n: b - a for n, (a, b) in enumerate(pairwise(edges), start=1)}


def holders(weights: dict[int, int]) -> tuple[Holder, ...]:
    """Return the holders of a split."""
    return tuple(Holder(v, f"churn:v{v}", weight) for v, weight in weights.items())


@given(splits())
def test_weights_that_sum_to_a_hundred_are_accepted(weights: dict[int, int]) -> None:
    """Any split of a hundred into whole percentages is fine."""
    check_weights(weights)


@pytest.mark.parametrize(
    "weights",
    [{}, {1: 99}, {1: 50, 2: 51}, {1: 0, 2: 100}, {1: -1, 2: 101}, {1: True, 2: 99}, {1: 100.0}],
)
def test_weights_that_do_not_sum_to_a_hundred_are_refused(weights: dict[int, int]) -> None:
    """Sums beside a hundred, zeros, negatives, truth values and fractions are no split."""
    with pytest.raises(Invalid):
        check_weights(weights)


@given(splits(), st.integers(1, 8), st.integers(1, WHOLE))
def test_a_split_with_a_newcomer_is_whole_and_fair(
    present: dict[int, int], version: int, weight: int
) -> None:
    """Whoever gets a weight has exactly it, all sum to 100, the others keep their proportions."""
    others = {v: w for v, w in present.items() if v != version}
    if not others and weight != WHOLE:
        with pytest.raises(Invalid, match="nobody"):
            split_with(list(present.items()), version, weight)
        return
    after = split_with(list(present.items()), version, weight)
    check_weights(after)
    assert after[version] == weight
    assert set(after) <= {*others, version}
    total = sum(others.values())
    for v, before in others.items():
        exact = before * (WHOLE - weight) / total
        assert abs(after.get(v, 0) - exact) < 1, "a holder got a whole percent it had not"


@given(splits(), st.integers(1, WHOLE))
def test_equal_holders_differ_by_one_at_the_most(present: dict[int, int], weight: int) -> None:
    """Holders that were equal stay equal but for a percent that cannot be shared."""
    if weight == WHOLE:
        return
    after = split_with(list(present.items()), 99, weight)
    for one, w in present.items():
        for other, same in present.items():
            if w == same:
                assert abs(after.get(one, 0) - after.get(other, 0)) <= 1


@pytest.mark.parametrize("weight", [0, -5, 101, True, 50.0, "50", None, 10**400])
def test_what_is_no_weight_is_refused(weight: int) -> None:
    """Everything but a whole number from 1 to 100 is refused with a sentence."""
    with pytest.raises(Invalid, match="is not a weight"):
        split_with([(1, 100)], 2, weight)


@pytest.mark.parametrize(
    "weights", [{1: 100}, {1: 50, 2: 50}, {1: 90, 2: 10}, {1: 1, 2: 33, 3: 66}]
)
def test_keys_are_shared_by_weight(weights: dict[int, int]) -> None:
    """Of ten thousand keys each holder serves its share, within four standard deviations."""
    served = Counter(sticky_holder(holders(weights), k, "1@production").version_id for k in KEYS)
    for version, weight in weights.items():
        share = weight / WHOLE
        allowed = 4 * (len(KEYS) * share * (1 - share)) ** 0.5
        assert abs(served[version] - len(KEYS) * share) <= allowed


def test_a_key_is_served_by_one_holder_in_whatever_order_they_come() -> None:
    """The order of the holders does not matter, and asking again gives the same answer."""
    some = holders({1: 20, 2: 30, 3: 50})
    for key in KEYS[:200]:
        assert sticky_holder(some, key, "s") == sticky_holder(some[::-1], key, "s")


def test_another_stage_splits_its_keys_in_another_way() -> None:
    """The salt decouples two splits: who is in one test says nothing about the other."""
    some = holders({1: 50, 2: 50})
    same = sum(
        sticky_holder(some, k, "1@production") == sticky_holder(some, k, "2@production")
        for k in KEYS
    )
    assert 4_700 < same < 5_300


@pytest.mark.parametrize(
    ("before", "after", "heavier"),
    [
        ({1: 50, 2: 50}, {1: 80, 2: 20}, 1),
        ({1: 40, 2: 40, 3: 20}, {1: 70, 2: 20, 3: 10}, 1),
        ({1: 40, 2: 20, 3: 40}, {1: 20, 2: 60, 3: 20}, 2),
        ({1: 60, 2: 30, 3: 10}, {1: 20, 2: 10, 3: 70}, 3),
        ({1: 50, 2: 50}, {1: 45, 2: 45, 3: 10}, 3),
        ({1: 75, 2: 25}, {1: 100}, 1),
    ],
)
def test_keys_only_move_to_the_holder_that_got_heavier(
    before: dict[int, int], after: dict[int, int], heavier: int
) -> None:
    """Raising one weight moves no key between the others, so no user is switched for nothing."""
    for key in KEYS:
        then = sticky_holder(holders(before), key, "s").version_id
        now = sticky_holder(holders(after), key, "s").version_id
        assert now in (then, heavier)


@pytest.mark.parametrize("key", ["", "\x00", "\ud800", "größe", "k" * 10_000])
def test_any_key_is_served(key: str) -> None:
    """A key is data: whatever it holds, somebody serves it."""
    assert sticky_holder(holders({1: 50, 2: 50}), key, "s").version_id in (1, 2)


def test_nobody_serves_a_stage_that_nobody_holds() -> None:
    """Without holders there is a sentence instead of a holder."""
    with pytest.raises(NotFound, match="nobody holds"):
        sticky_holder((), "k", "churn@production")


def assignment(number: int, version: int, replaced: int | None, restores: int | None) -> Assignment:
    """Return an assignment of everything to one version."""
    held = (Holder(version, f"churn:v{version}", WHOLE),)
    return Assignment(number, "churn", "production", held, AT, "ana", "r", restores, replaced)


@given(st.lists(st.one_of(st.integers(1, 9), st.none(), st.just("to")), max_size=30), st.randoms())
def test_going_back_is_going_down_a_stack(moves: list[int | str | None], random: Random) -> None:
    """Promoting pushes, rolling back pops, rolling back to a named one returns to its stack."""
    history: list[Assignment] = []
    stacks: dict[int, tuple[int, ...]] = {}  # assignment -> ids of what it stands on, itself last
    for number, move in enumerate(moves, start=1):
        replaced = history[-1].id if history else None
        below = stacks[history[-1].id][:-1] if history else ()
        earlier = earlier_assignment(history)
        expected = below[-1] if below else None
        assert (None if earlier is None else _origin(history, earlier.id)) == expected
        if isinstance(move, int):
            history.append(assignment(number, move, replaced, None))
            stacks[number] = (*(stacks[replaced] if replaced else ()), number)
            continue
        target = earlier
        if move == "to" and len(history) > 1:
            target = random.choice(history[:-1])
        if target is not None:
            version = target.holders[0].version_id
            history.append(assignment(number, version, replaced, target.id))
            stacks[number] = stacks[target.id]


def _origin(history: list[Assignment], ident: int) -> int:
    by_id = {a.id: a for a in history}
    while (restored := by_id[ident].restores) is not None:
        ident = restored
    return ident


def test_a_history_that_somebody_bent_into_a_circle_still_ends() -> None:
    """Assignments that claim to restore one another do not hang the rollback."""
    circle = [assignment(1, 1, None, 2), assignment(2, 2, 1, 1)]
    earlier_assignment(circle)
