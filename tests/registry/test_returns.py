"""Returning: many models go back to who held their stages at a moment, all of them or none."""

from __future__ import annotations

import re
from typing import Any

import pytest

from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound, Refused
from modelshelf.registry import Registry, open_registry
from tests.conftest import Clock
from tests.registry.conftest import NewFile
from tests.registry.shelf_model import shown
from tests.sentences import check_sentence


@pytest.fixture
def shelf(registry: Registry, new_file: NewFile) -> Registry:
    """Return a registry with three models, of which two hold production."""
    for name in ("risk/a", "risk/b", "text"):
        for auc in (0.7, 0.9):
            registry.versions.register(name, new_file(), metrics={"auc": auc})
    for name in ("risk/a", "risk/b"):
        registry.promotions.promote(f"{name}:1", "production", reason="go")
    return registry


def head(shelf: Registry) -> int:
    """Return the number of the newest entry."""
    return shelf.audit.head()[0]


def held(shelf: Registry, stage: str = "production") -> dict[str, list[str]]:
    """Return who holds a stage, by model."""
    return {a.model: [h.reference for h in a.holders] for a in shelf.promotions.serving(stage)}


def bad_day(shelf: Registry) -> int:
    """Let much be changed; return the entry before it."""
    before = head(shelf)
    promote = shelf.promotions.promote
    promote("risk/a:2", "production", reason="x")
    promote("risk/b:2", "production", weight=30, reason="x")
    promote("text:1", "production", reason="x")
    promote("text:2", "staging", reason="x")
    return before


def damage(shelf: Registry, reference: str) -> None:
    """Change a byte of a version."""
    blob = shelf._context.blobs.path(shelf.versions.get(reference).digest)
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")


def test_everything_goes_back_in_one_step_and_forth_again(shelf: Registry) -> None:
    """A whole registry is as it was, and the entry before it is the way back."""
    was = shown(shelf)
    before = bad_day(shelf)
    after, at = shown(shelf), head(shelf)
    plan = shelf.returns.plan(before)
    assert (plan.entry, plan.newest, plan.left_alone) == (before, at, ())
    assert head(shelf) == at
    assert [(m.model, m.stage, m.restores is None) for m in plan.moves] == [
        ("risk/a", "production", False),
        ("risk/b", "production", False),
        ("text", "staging", True),
        ("text", "production", True),
    ]
    made = shelf.returns.apply(before, reason="incident")
    assert [(a.model, a.stage) for a in made] == [(m.model, m.stage) for m in plan.moves]
    assert [a.restores for a in made] == [m.restores for m in plan.moves]
    assert held(shelf) == {"risk/a": ["risk/a:v1"], "risk/b": ["risk/b:v1"]}
    now = shown(shelf)
    assert {n: m["stages"] for n, m in now.items()} == {n: m["stages"] for n, m in was.items()}
    assert [e.event for e in shelf.audit.entries(limit=4)[::-1]] == [
        "stage.rolled_back", "stage.rolled_back", "stage.vacated", "stage.vacated",
    ]  # fmt: skip
    assert shelf.returns.apply(before, reason="again") == ()
    shelf.returns.apply(made[0].id - 1, reason="it was no incident")
    assert shown(shelf) == after
    assert shelf.audit.verify().problems == ()


def test_a_plan_tells_what_a_person_weighs(shelf: Registry) -> None:
    """Who leaves is put away, who comes comes out, metrics lie side by side."""
    before = bad_day(shelf)
    move = shelf.returns.plan(before, models="risk/a").moves[0]
    assert [h.reference for h in move.holders_now] == ["risk/a:v2"]
    assert [h.reference for h in move.holders_then] == ["risk/a:v1"]
    assert (move.archived, move.unarchived) == (("risk/a:v2",), ("risk/a:v1",))
    assert move.comparison is not None
    assert move.comparison.references == ("risk/a:v2", "risk/a:v1")
    assert move.consumers == ()
    shelf.returns.apply(before, models="risk/a", reason="r")
    assert shelf.versions.get("risk/a:2").archived


def test_a_moment_may_be_a_time(shelf: Registry) -> None:
    """A time counts as the last entry at or before it."""
    at = shelf.audit.get(head(shelf)).at
    before = bad_day(shelf)
    assert shelf.returns.plan(at).entry == before


def test_a_pattern_and_a_stage_choose(shelf: Registry) -> None:
    """What is not meant is not touched."""
    before = bad_day(shelf)
    made = shelf.returns.apply(before, models="risk/*", reason="r")
    assert [a.model for a in made] == ["risk/a", "risk/b"]
    made = shelf.returns.apply(before, models="t*", stage="staging", reason="r")
    assert [(a.model, a.stage, a.holders) for a in made] == [("text", "staging", ())]
    assert held(shelf)["text"] == ["text:v1"]


def test_a_former_name_means_the_model(shelf: Registry) -> None:
    """A model is found by any of its names, and goes back under its present one."""
    before = bad_day(shelf)
    shelf.models.rename("text", "words")
    made = shelf.returns.apply(before, models="text", reason="r")
    assert {a.model for a in made} == {"words"}


def test_a_model_that_did_not_exist_is_left_alone(shelf: Registry, new_file: NewFile) -> None:
    """What came later keeps its stages, and the plan says so."""
    before = head(shelf)
    shelf.versions.register("new", new_file())
    shelf.promotions.promote("new:1", "production", reason="go")
    plan = shelf.returns.plan(before)
    assert plan.moves == ()
    assert [(a.model, a.why) for a in plan.left_alone] == [("new", "new did not exist then")]
    assert shelf.returns.apply(before, reason="r") == ()
    assert held(shelf)["new"] == ["new:v1"]


def test_a_stage_that_the_policy_dropped_is_left_alone(shelf: Registry, clock: Clock) -> None:
    """Nothing is given that the ladder does not have."""
    before = head(shelf)
    policy = shelf.path / "modelshelf.toml"
    policy.write_text("[stages.shadow]\n", "utf-8")
    with open_registry(shelf.path, actor="ana", clock=clock) as with_shadow:
        with_shadow.promotions.promote("text:1", "shadow", reason="go")
    policy.write_text("", "utf-8")
    with open_registry(shelf.path, actor="ana", clock=clock) as without:
        plan = without.returns.plan(before)
    assert [a.why for a in plan.left_alone] == ["the policy has no stage shadow any more"]


class TestRefused:
    def test_one_yanked_version_keeps_all_where_they_are(self, shelf: Registry) -> None:
        """All or nothing; with skip, all but that one."""
        before = bad_day(shelf)
        shelf.versions.yank("risk/a:1", reason="leak")
        plan = shelf.returns.plan(before)
        assert [m.refused for m in plan.refused] == ["risk/a:v1 is yanked: leak"]
        at = head(shelf)
        with pytest.raises(Refused) as refused:
            shelf.returns.apply(before, reason="r")
        assert str(refused.value) == (
            "1 of 4 stages cannot go back: production of risk/a: risk/a:v1 is yanked: leak."
            " Leave them as they are with --skip, or restore those versions first."
        )
        assert head(shelf) == at
        made = shelf.returns.apply(before, reason="r", skip=True)
        assert [a.model for a in made] == ["risk/b", "text", "text"]
        assert held(shelf)["risk/a"] == ["risk/a:v2"]

    def test_freed_bytes_cannot_come_back(self, shelf: Registry) -> None:
        """What gc took is gone."""
        before = bad_day(shelf)
        shelf.versions.yank("risk/a:1", reason="leak")
        shelf.upkeep.gc(shelf.upkeep.gc_plan(0))
        refused = shelf.returns.plan(before).refused
        assert [m.refused for m in refused] == ["the bytes of risk/a:v1 were freed"]

    def test_damaged_bytes_keep_all_where_they_are(self, shelf: Registry) -> None:
        """Every byte is verified before the first stage moves."""
        before = bad_day(shelf)
        damage(shelf, "risk/a:1")
        at = head(shelf)
        with pytest.raises(Corrupt):
            shelf.returns.apply(before, reason="r")
        assert head(shelf) == at
        seen: list[tuple[int, int, str]] = []
        made = shelf.returns.apply(
            before, reason="r", skip=True, progress=lambda *call: seen.append(call)
        )
        assert [a.model for a in made] == ["risk/b", "text", "text"]
        assert seen == [(0, 1, "risk/a:v1")]

    def test_many_refusals_are_one_sentence(self, shelf: Registry, new_file: NewFile) -> None:
        """Five are named, the others counted."""
        for n in range(8):
            shelf.versions.register(f"m{n}", new_file())
            shelf.versions.register(f"m{n}", new_file())
            shelf.promotions.promote(f"m{n}:1", "production", reason="r")
        before = head(shelf)
        for n in range(8):
            shelf.promotions.promote(f"m{n}:2", "production", reason="r")
            shelf.versions.yank(f"m{n}:1", reason="leak")
        with pytest.raises(Refused, match=r"8 of 8 stages .*; and 3 more") as refused:
            shelf.returns.apply(before, reason="r")
        check_sentence(refused.value)

    @pytest.mark.parametrize(
        ("call", "kind"),
        [
            ({"moment": 10**9}, NotFound),
            ({"moment": 0}, NotFound),
            ({"moment": 1, "models": "nobody"}, NotFound),
            ({"moment": 1, "models": "no*"}, NotFound),
            ({"moment": 1, "models": ""}, Invalid),
            ({"moment": 1, "models": "\x1b[31m*"}, Invalid),
            ({"moment": 1, "models": "x" * 10_000}, Invalid),
            ({"moment": 1, "stage": "prod"}, NotFound),
            ({"moment": 1, "stage": "draft"}, (NotFound, Invalid)),
        ],
    )
    def test_a_call_that_cannot_be_meant(
        self,
        shelf: Registry,
        call: dict[str, Any],
        kind: Any,  # noqa: ANN401
    ) -> None:
        """Each is answered by a sentence, planned or not."""
        with pytest.raises(kind) as refused:
            shelf.returns.plan(**call)
        check_sentence(refused.value)
        with pytest.raises(kind, match=re.escape(str(refused.value))):
            shelf.returns.apply(**call, reason="r")

    def test_a_reason_is_needed_and_the_past_stays(self, shelf: Registry) -> None:
        """As with every rollback."""
        before = bad_day(shelf)
        with pytest.raises(Invalid, match="the reason is empty"):
            shelf.returns.apply(before, reason=" ")
        with shelf.at(before) as past, pytest.raises(Refused, match="the past"):
            past.returns.plan(1)


@pytest.mark.parametrize("skip", [False, True])
def test_what_somebody_did_while_bytes_were_verified_is_seen(
    shelf: Registry, monkeypatch: pytest.MonkeyPatch, *, skip: bool
) -> None:
    """What was decided before the lock must still be so under it."""
    before, at, real = bad_day(shelf), head(shelf), shelf._context.write

    def late(purpose: str) -> Any:  # noqa: ANN401 - a context manager
        monkeypatch.setattr(shelf._context, "write", real)
        shelf.promotions.promote("risk/b:2", "production", weight=60, reason="meanwhile")
        return real(purpose)

    monkeypatch.setattr(shelf._context, "write", late)
    with pytest.raises(Conflict, match="given to others") as refused:
        shelf.returns.apply(before, reason="r", skip=skip)
    check_sentence(refused.value)
    assert head(shelf) == at + 1
