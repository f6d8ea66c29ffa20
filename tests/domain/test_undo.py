"""Taking back, purely: which events undo an event, by three states and what came later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain import events
from modelshelf.domain.models import ModelVersion, RegisteredModel
from modelshelf.domain.returning import Shift, refusal, sides
from modelshelf.domain.stages import Holder
from modelshelf.domain.undo import INVERTIBLE, Change, Refusal, invert, never, taken_back_by
from modelshelf.domain.undo_fields import State, touches, words_of
from modelshelf.domain.undo_words import NEVER, SKIPPED

AT = datetime(2026, 3, 1, tzinfo=UTC)
MODEL = RegisteredModel(1, "churn", (), "", "", {}, AT, "ana", False, 3, 3, {}, AT)  # noqa: FBT003


def version(number: int, **changes: Any) -> ModelVersion:  # noqa: ANN401 - any field
    """Return a version that is nothing in particular."""
    plain = ModelVersion(
        number, "churn", number, "d" * 64, "file", "m", 1, "unknown", "clean", AT, "ana",
        "draft", 0, {}, archived=False, yanked=None, freed=False,
    )  # fmt: skip
    return replace(plain, **changes)


def tagged(tags: dict[str, str]) -> State:
    """Return a state in which the model has these tags."""
    return State(replace(MODEL, tags=tags))


def retag(before: dict[str, str], event: events.ModelTagged) -> dict[str, str]:
    """Return the tags after an event."""
    return {k: v for k, v in {**before, **event.set}.items() if k not in event.unset}


KEYS = st.sampled_from("abcd")
TAGS = st.dictionaries(KEYS, st.sampled_from("xyz"), max_size=4)


@given(TAGS, TAGS, st.sets(KEYS), TAGS)
def test_tags_come_back_or_nothing_happens(
    before: dict[str, str], put: dict[str, str], gone: set[str], later: dict[str, str]
) -> None:
    """What changed and stands comes back; where it does not stand, all of it stays."""
    made = events.ModelTagged(1, "churn", put, tuple(sorted(gone)))
    after = retag(before, made)
    other = events.ModelTagged(1, "churn", later)
    now = retag(after, other)
    change = Change(7, (made,), tagged(before), tagged(after), tagged(now), ((9, other),))
    found = invert(change)
    touched = {k for k in {*put, *gone} if before.get(k) != after.get(k)}
    if not touched:
        assert isinstance(found, Refusal)
        assert found.why == "it changed nothing"
    elif any(now.get(k) != after.get(k) for k in touched):
        assert isinstance(found, Refusal)
        assert found.why.endswith("changed again since, in entry 9")
    else:
        assert not isinstance(found, Refusal)
        (event,) = found
        assert isinstance(event, events.ModelTagged)
        assert event.undoes == 7
        back = retag(now, event)
        assert {k: back.get(k) for k in touched} == {k: before.get(k) for k in touched}
        assert {k: v for k, v in back.items() if k not in touched} == {
            k: v for k, v in now.items() if k not in touched
        }


@given(st.lists(st.integers(0, 6), max_size=7))
def test_who_takes_back_and_is_taken_back(of: list[int]) -> None:
    """An undo counts until it is itself taken back; the last word counts."""
    later = tuple(
        (
            10 + 2 * n,
            events.ModelRetired(
                1, "m", "", undoes=7 if u % (n + 1) == 0 else 8 + 2 * (u % (n + 1))
            ),
        )
        for n, u in enumerate(of)
    )
    stands: dict[int, bool] = {}
    for seq, event in reversed(later):
        stands[seq] = not any(stands[s] for s, e in later if s > seq and e.undoes == seq)
        assert event.undoes is not None
    expected = [s for s, e in later if e.undoes == 7 and stands[s]]
    assert taken_back_by(7, later) == (expected[-1] if expected else None)


def test_an_undo_of_two_entries_counts_once() -> None:
    """Taking its first entry back takes back both."""
    restored = events.VersionRestored(1, 1, "m", 1, "", 5)
    archived = events.VersionArchived(1, 1, "m", 1, "", 5)
    yanked = events.VersionYanked(1, 1, "m", 1, "leak", 6)
    assert taken_back_by(5, ((6, restored), (7, archived))) == 6
    assert taken_back_by(5, ((6, restored), (7, archived), (8, yanked))) is None


def test_every_event_is_undone_or_says_why_not() -> None:
    """No event is forgotten, and what can be taken back says what it touches."""
    for name, kind in events.EVENTS.items():
        assert (name in INVERTIBLE) != (name in NEVER), name
        assert ("undoes" in kind.__dataclass_fields__) == (name in INVERTIBLE), name
    assert set(SKIPPED) <= set(NEVER)
    assert never("nothing.known").why == "nothing is known that would undo it"
    assert touches(events.GlobalsApproved(1, "m", 1, (), "")) == frozenset()


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (("tag", 0, "team"), "the tag team"),
        (("version tag", 3, "team"), "the tag team of churn:v3"),
        (("text", 3, "datasets"), "the data sets of churn:v3"),
        (("text", 3, "base_id"), "the base of churn:v3"),
        (("text", 3, "card"), "the card of churn:v3"),
        (("tag", 0, "datasets"), "the tag datasets"),
        (("stage", 0, "production"), "the stage production"),
        (("yanked", 3, ""), "whether churn:v3 is yanked"),
        (("name", 0, ""), "the name"),
    ],
)
def test_a_field_has_words(at: tuple[str, int, str], words: str) -> None:
    """What a refusal names is what a person calls it."""
    assert words_of(at, "churn:v3") == words


def staged(*held: tuple[int, int], away: tuple[int, ...] = (), assignment: int = 0) -> State:
    """Return a state in which these versions hold production."""
    holders = tuple(Holder(v, f"churn:v{v}", w) for v, w in held)
    return State(
        replace(MODEL, stages={"production": holders} if holders else {}),
        assignments={"production": assignment} if assignment else {},
        versions={
            n: version(n, archived=n in away, stages={"production": 1} if n in dict(held) else {})
            for n in (1, 2, 3)
        },
    )


def test_a_stage_that_was_renamed_goes_back_under_its_new_name() -> None:
    """The history goes on under the name that the policy gave it since."""
    given_to = events.StageAssigned(1, "churn", "production", ((2, 2, 100),), "r", 5, (1,))
    renamed = events.StageRenamed("production", "live")
    now = staged((2, 100), away=(1,), assignment=8)
    now = replace(
        now,
        model=replace(now.model, stages={"live": now.model.stages["production"]}),
        assignments={"live": 8},
        versions={**now.versions, 2: version(2, stages={"live": 100})},
    )
    change = Change(
        8, (given_to,), staged((1, 100), assignment=5), staged((2, 100), away=(1,), assignment=8),
        now, ((9, renamed),), "r", ladder=("staging", "live"),
    )  # fmt: skip
    assert invert(change) == (
        events.StageRolledBack(
            1, "churn", "live", ((1, 1, 100),), "r", 5, 8, unarchived=(1,), undoes=8
        ),
    )
    again = replace(change, now=staged((1, 100), assignment=5))
    assert isinstance(invert(again), Refusal)
    gone = invert(replace(change, ladder=("staging",)))
    assert gone == Refusal("the policy has no stage live any more")


HELD = st.dictionaries(st.integers(1, 4), st.just(50), max_size=3)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), HELD),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), HELD),
    st.sets(st.integers(1, 4)),
    st.sets(st.sampled_from(["a", "b", "c"])),
)
def test_no_holder_is_put_away_and_none_stays_away(
    now: dict[str, dict[int, int]],
    then: dict[str, dict[int, int]],
    away: set[int],
    archiving: set[str],
) -> None:
    """However stages move together, who holds one at last is out of the archive."""

    def holders(held: dict[int, int]) -> tuple[Holder, ...]:
        return tuple(Holder(v, f"m:v{v}", w) for v, w in held.items())

    held = {stage: holders(h) for stage, h in now.items()}
    shifts = [
        Shift(stage, held.get(stage, ()), holders(then[stage]), stage in archiving)
        for stage in sorted(then)
    ]
    holding = {v for h in now.values() for v in h}
    versions = {n: version(n, archived=n in away - holding) for n in range(1, 5)}
    archived = {n for n, v in versions.items() if v.archived}
    for shift, (put, out) in zip(shifts, sides(shifts, held, versions), strict=True):
        assert not set(put) & archived
        assert set(out) <= archived
        archived = (archived | set(put)) - set(out)
        assert not archived & {h.version_id for h in shift.then}
    at_last = {**now, **then}
    assert not archived & {v for h in at_last.values() for v in h}


def test_what_cannot_hold_a_stage_again_says_why() -> None:
    """Freed before yanked, because that cannot be mended."""
    one = (Holder(1, "churn:v1", 100),)
    assert refusal(one, {1: version(1)}) is None
    assert refusal(one, {1: version(1, yanked="a\x1b[31mb")}) == ("churn:v1 is yanked: a\\x1b[31mb")
    assert refusal(one, {1: version(1, yanked="x", freed=True)}) == (
        "the bytes of churn:v1 were freed"
    )
