"""Stages: what a promotion, a split, a rollback and a resolution say and keep, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import Conflict, Corrupt, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.stages import Assignment, Holder
from modelshelf.registry import Registry, create_registry, open_registry
from tests.conftest import Clock, MakeModelFile
from tests.furnished import model_file

POLICY = """
[stages.staging]
gates = ["scan", "complete"]
[stages.shadow]
on_replaced = "keep"
[stages.production]
holders = "many"
approvals = 2
"""


@pytest.fixture
def churn(registry: Registry, make_model_file: MakeModelFile) -> Registry:
    """Register four versions of churn, under the policy every registry begins with."""
    for seed in range(1, 5):
        registry.versions.register("churn", make_model_file(seed=seed), metrics={"auc": seed / 10})
    return registry


def ruled(folder: Path, clock: Clock, policy: str, versions: int = 3) -> Registry:
    """Make a registry with a policy of its own and some versions of churn."""
    folder.mkdir(exist_ok=True)
    (folder / "modelshelf.toml").write_text(policy, "utf-8")
    registry = create_registry(folder, actor="ana", clock=clock)
    for seed in range(1, versions + 1):
        registry.versions.register("churn", model_file(folder.parent / "files", seed))
    return registry


def shares(holders: Sequence[Holder]) -> dict[str, int]:
    """Return weight by reference."""
    return {h.reference: h.weight for h in holders}


def held(registry: Registry, stage: str = "production") -> dict[str, int]:
    """Return who holds a stage of churn now."""
    return shares(registry.models.get("churn").stages.get(stage, ()))


def labels(registry: Registry) -> list[str]:
    """Return the stage labels of churn's versions, oldest first."""
    return [v.stage for v in reversed(registry.versions.list("churn"))]


def flip(registry: Registry, reference: str) -> None:
    """Change one byte of a version's blob."""
    blob = registry._context.blobs.path(registry.versions.get(reference).digest)
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(data)


class TestPromoting:
    def test_a_stage_is_given_with_a_reason(self, churn: Registry) -> None:
        """The assignment says who, when, why and what it took over from."""
        first = churn.promotions.promote("churn:1", "staging", reason=" try it ")
        assert (first.model, first.stage, first.actor) == ("churn", "staging", "ana")
        assert (first.reason, first.restores, first.replaced) == ("try it", None, None)
        assert shares(first.holders) == {"churn:v1": 100}
        entry = churn.audit.get(first.id)
        assert (entry.event, entry.subject, entry.at) == (
            "stage.assigned", "churn@staging", first.at,
        )  # fmt: skip
        second = churn.promotions.promote("churn:2", "staging", reason="better")
        assert second.replaced == first.id

    def test_the_label_is_the_highest_rung_held(self, churn: Registry) -> None:
        """A version in staging and production is called production; its weight is that one's."""
        churn.promotions.promote("churn:1", "production", reason="go")
        churn.promotions.promote("churn:1", "staging", reason="again")
        churn.promotions.promote("churn:2", "production", weight=40, reason="try")
        version = churn.versions.get("churn:1")
        assert (version.stage, version.weight) == ("production", 60)
        assert version.stages == {"staging": 100, "production": 60}
        assert labels(churn) == ["production", "production", "draft", "draft"]

    def test_a_policy_may_keep_what_is_replaced(self, tmp_path: Path, clock: Clock) -> None:
        """Then the old holder is a draft again."""
        with ruled(tmp_path / "r", clock, POLICY) as registry:
            registry.promotions.promote("churn:1", "shadow", reason="r")
            plan = registry.promotions.plan("churn:2", "shadow")
            assert plan.archived == ()
            registry.promotions.promote("churn:2", "shadow", reason="r")
            assert labels(registry)[:2] == ["draft", "shadow"]

    @pytest.mark.parametrize(
        ("reference", "stage", "error"),
        [
            ("churn:9", "staging", NotFound),
            ("other:1", "staging", NotFound),
            ("churn:1", "prodution", NotFound),
            ("churn:1", "draft", NotFound),
            ("churn", "staging", Invalid),
        ],
    )
    def test_what_is_not_there_cannot_be_promoted(
        self, churn: Registry, reference: str, stage: str, error: type[Exception]
    ) -> None:
        """Neither planned nor done; a stage that was meant is named."""
        for attempt in (
            lambda: churn.promotions.plan(reference, stage),
            lambda: churn.promotions.promote(reference, stage, reason="r"),
        ):
            with pytest.raises(error) as failed:
                attempt()
            if stage == "prodution":
                assert "Did you mean production?" in str(failed.value)
        assert held(churn, "staging") == {}


class TestSplitting:
    def test_the_present_holders_share_what_is_left(self, churn: Registry) -> None:
        """In their proportions, to whole percents that sum to 100."""
        promote = churn.promotions.promote
        promote("churn:1", "production", reason="r")
        promote("churn:2", "production", weight=25, reason="r")
        assert held(churn) == {"churn:v1": 75, "churn:v2": 25}
        promote("churn:3", "production", weight=50, reason="r")
        assert held(churn) == {"churn:v1": 38, "churn:v2": 12, "churn:v3": 50}
        promote("churn:3", "production", weight=10, reason="less")
        assert sum(held(churn).values()) == 100
        assert held(churn)["churn:v3"] == 10
        promote("churn:2", "production", reason="it won")
        assert held(churn) == {"churn:v2": 100}
        assert labels(churn) == ["archived", "production", "archived", "draft"]

    def test_a_split_is_given_whole(self, churn: Registry) -> None:
        """Every holder's share; the versions may be named in any form."""
        churn.versions.alias("churn:3", "best")
        made = churn.promotions.promote(
            "churn:1", "production", split={"churn@best": 30, "churn:v1": 70}, reason="r"
        )
        assert shares(made.holders) == held(churn) == {"churn:v3": 30, "churn:v1": 70}


class TestVerdicts:
    def test_a_yanked_version_is_refused_and_the_refusal_recorded(self, churn: Registry) -> None:
        """Alone or in a split; the reason of the yank is the reason told."""
        churn.promotions.promote("churn:1", "production", reason="r")
        churn.versions.yank("churn:2", reason="wrong data")
        ways: tuple[dict[str, Any], ...] = (
            {},
            {"weight": 10},
            {"split": {"churn:1": 50, "churn:2": 50}},
        )
        for given in ways:
            with pytest.raises(Refused, match="churn:v2 is yanked: wrong data"):
                churn.promotions.promote("churn:2", "production", reason="r", **given)
        refusals = churn.audit.entries(event="promotion.refused")
        assert [len(e.body["holders"]) for e in refusals] == [2, 2, 1]
        assert held(churn) == {"churn:v1": 100}

    def test_gates_and_approvals_of_the_policy_are_judged(
        self, tmp_path: Path, clock: Clock
    ) -> None:
        """They stand in the plan, they refuse, and the refusal is recorded with their answers."""
        with ruled(tmp_path / "r", clock, POLICY) as registry:
            plan = registry.promotions.plan("churn:1", "staging")
            assert [v.outcome for v in plan.verdicts if v.gate == "complete"] == ["fail"]
            with pytest.raises(Refused, match="may not hold staging"):
                registry.promotions.promote("churn:1", "staging", reason="r")
            plan = registry.promotions.plan("churn:1", "production")
            assert [v.gate for v in plan.verdicts if v.outcome == "pending"] == ["approvals"]
            with pytest.raises(Refused, match="production takes approvals"):
                registry.promotions.promote("churn:1", "production", reason="r")
            assert len(registry.audit.entries(event="promotion.refused")) == 2
            assert held(registry) == held(registry, "staging") == {}

    def test_the_policy_is_recorded_once_for_each_text(self, tmp_path: Path, clock: Clock) -> None:
        """Before it first decides; again when it has changed, and when it has changed back."""
        root = tmp_path / "r"
        ruled(root, clock, POLICY).close()
        policy = '[stages.production]\non_replaced = "keep"\n'
        for text, reference in ((policy, "1"), (policy, "2"), ("", "1"), (policy, "3")):
            (root / "modelshelf.toml").write_text(text, "utf-8")
            with open_registry(root, actor="ana", clock=clock) as registry:
                registry.promotions.promote(f"churn:{reference}", "production", reason="r")
        with open_registry(root, actor="ana", clock=clock) as registry:
            recorded = registry.audit.entries(event="policy.recorded")
            assert [e.body["text"] for e in reversed(recorded)] == [policy, "", policy]
            moved = registry.audit.entries(event="stage.assigned")
            assert all(p.seq + 1 in {m.seq for m in moved} for p in recorded)


class TestRollingBack:
    @pytest.fixture
    def moved(self, churn: Registry) -> Registry:
        """Give production to v1, then v2, then v3, each alone."""
        for number in (1, 2, 3):
            churn.promotions.promote(f"churn:{number}", "production", reason=f"r{number}")
        return churn

    def test_labels_change_back(self, moved: Registry) -> None:
        """The one that returns leaves the archive, the one that leaves goes into it."""
        assert labels(moved)[:3] == ["archived", "archived", "production"]
        plan = moved.promotions.plan_rollback("churn", "production")
        assert (plan.archived, plan.unarchived) == (("churn:v3",), ("churn:v2",))
        moved.promotions.rollback("churn", "production", reason="r")
        assert labels(moved)[:3] == ["archived", "production", "archived"]

    def test_after_a_split_the_whole_comes_back(self, moved: Registry) -> None:
        """And a split comes back with its weights."""
        moved.promotions.promote("churn:4", "production", weight=20, reason="A/B")
        moved.promotions.promote("churn:4", "production", reason="it won")
        back = moved.promotions.rollback("churn", "production", reason="r")
        assert shares(back.holders) == {"churn:v3": 80, "churn:v4": 20}
        back = moved.promotions.rollback("churn", "production", reason="r")
        assert shares(back.holders) == {"churn:v3": 100}
        assert labels(moved)[2:] == ["production", "archived"]

    def test_to_a_chosen_assignment(self, moved: Registry) -> None:
        """Any earlier one; a rollback from there goes on before it."""
        history = moved.promotions.history("churn", "production")
        plan = moved.promotions.plan_rollback("churn", "production", to=history[2].id)
        assert plan.returns_to == history[2]
        made = moved.promotions.rollback("churn", "production", reason="r", to=history[2].id)
        assert (shares(made.holders), made.restores) == ({"churn:v1": 100}, history[2].id)
        with pytest.raises(NotFound, match="nothing came before it"):
            moved.promotions.rollback("churn", "production", reason="r")

    def test_only_earlier_assignments_of_this_stage_are_chosen(self, moved: Registry) -> None:
        """Neither the present one, nor another stage's, nor a number out of the air."""
        other = moved.promotions.promote("churn:4", "staging", reason="r")
        present = moved.promotions.history("churn", "production")[0]
        for to in (present.id, other.id, 0, -1, 2**70):
            with pytest.raises(NotFound, match=f"{to} is no earlier assignment"):
                moved.promotions.rollback("churn", "production", reason="r", to=to)

    def test_damaged_bytes_do_not_take_over_again(self, moved: Registry) -> None:
        """The catalog is exactly as before."""
        flip(moved, "churn:2")
        head, before = moved.audit.head(), moved.versions.list("churn")
        with pytest.raises(Corrupt):
            moved.promotions.rollback("churn", "production", reason="r")
        assert (moved.audit.head(), moved.versions.list("churn")) == (head, before)

    def test_missing_bytes_do_not_take_over_again(self, moved: Registry) -> None:
        """Neither does what is gone."""
        moved._context.blobs.remove(moved.versions.get("churn:2").digest)
        with pytest.raises(ModelshelfError, match=moved.versions.get("churn:2").digest[:8]):
            moved.promotions.rollback("churn", "production", reason="r")
        assert held(moved) == {"churn:v3": 100}

    def test_a_change_while_the_bytes_are_verified_is_noticed(
        self, moved: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever confirmed an old plan is asked to look again."""
        from modelshelf.registry import contents

        check = contents.check_bytes

        def slow(*given: Any) -> None:  # noqa: ANN401 - as the real one
            check(*given)
            moved.promotions.promote("churn:4", "production", reason="meanwhile")

        monkeypatch.setattr(contents, "check_bytes", slow)
        with pytest.raises(Conflict, match="changed while its bytes were verified"):
            moved.promotions.rollback("churn", "production", reason="r")
        assert held(moved) == {"churn:v4": 100}


class TestResolving:
    @pytest.fixture
    def split(self, churn: Registry) -> Registry:
        """Give v1 80 and v2 20 percent of production."""
        churn.promotions.promote("churn:1", "production", reason="r")
        churn.promotions.promote("churn:2", "production", weight=20, reason="A/B")
        return churn

    def test_a_stage_resolves_to_all_its_holders(self, split: Registry) -> None:
        """With their weights; any other reference to one with the whole."""
        found = split.promotions.resolve("churn@production")
        assert (shares(found.holders), found.key) == ({"churn:v1": 80, "churn:v2": 20}, None)
        assert shares(split.promotions.resolve("churn:2").holders) == {"churn:v2": 100}

    def test_a_key_is_served_by_the_same_one_every_time(self, split: Registry) -> None:
        """By another opening of the registry too, and whatever else happens in it."""
        keys = [f"user-{n}" for n in range(50)]
        resolve = split.promotions.resolve
        first = [resolve("churn@production", key=k).holders for k in keys]
        assert all(len(holders) == 1 for holders in first)
        split.promotions.promote("churn:3", "staging", reason="r")
        split.models.rename("churn", "leavers")
        with open_registry(split.path, actor="ravi") as other:
            again = [other.promotions.resolve("leavers@production", key=k) for k in keys]
        assert [a.holders[0].version_id for a in again] == [f[0].version_id for f in first]
        assert [a.key for a in again] == keys

    def test_keys_are_served_in_proportion(self, split: Registry) -> None:
        """Of 2,000 keys about 400 go to the fifth; when it grows, keys only move to it."""

        def served() -> dict[str, str]:
            return {
                key: split.promotions.resolve("churn@production", key=key).holders[0].reference
                for key in (f"user-{n}" for n in range(2_000))
            }

        before = served()
        assert 330 < Counter(before.values())["churn:v2"] < 470
        split.promotions.promote("churn:2", "production", weight=50, reason="more")
        after = served()
        assert 920 < Counter(after.values())["churn:v2"] < 1_080
        assert all(after[k] == "churn:v2" for k in after if before[k] != after[k])

    def test_the_answer_belongs_to_the_holder_with_its_weight(self, split: Registry) -> None:
        """A key changes who is told, not what is told of it."""
        found = split.promotions.resolve("churn@production", key="ü" * 10_000)
        assert found.holders[0] in split.promotions.resolve("churn@production").holders

    def test_equal_content_resolves_to_one(
        self, churn: Registry, make_model_file: MakeModelFile
    ) -> None:
        """A digest names bytes, and any version that has them will do."""
        churn.versions.register("other", make_model_file(seed=1))
        digest = churn.versions.get("churn:1").digest
        found = churn.promotions.resolve(f"sha256:{digest}")
        assert shares(found.holders) == {"churn:v1": 100}
        assert found.warnings == ()

    def test_nobody_is_told(self, churn: Registry) -> None:
        """With what to do about it."""
        with pytest.raises(NotFound, match="no version of churn holds staging"):
            churn.promotions.resolve("churn@staging", key="k")
        with pytest.raises(Invalid):
            churn.promotions.resolve("churn")


class TestLooking:
    @pytest.fixture
    def busy(self, churn: Registry, make_model_file: MakeModelFile) -> Registry:
        """Let things move in three models."""
        for model in ("b", "a"):
            churn.versions.register(model, make_model_file())
            churn.promotions.promote(f"{model}:1", "production", reason="r")
        churn.promotions.promote("churn:1", "staging", reason="r")
        churn.promotions.promote("churn:1", "production", reason="r")
        churn.promotions.promote("churn:2", "production", reason="r")
        return churn

    def test_history_is_newest_first(self, busy: Registry) -> None:
        """Of one stage or of all, not more than asked for, and never of another model."""
        history = busy.promotions.history("churn")
        assert [(a.stage, next(iter(shares(a.holders)))) for a in history] == [
            ("production", "churn:v2"),
            ("production", "churn:v1"),
            ("staging", "churn:v1"),
        ]
        assert busy.promotions.history("churn", "production") == history[:2]
        assert busy.promotions.history("churn", limit=1) == history[:1]
        assert busy.promotions.history("churn", "never") == ()

    def test_history_is_never_rewritten(self, busy: Registry) -> None:
        """A rollback is one more assignment; the earlier ones stay as they were."""
        before = busy.promotions.history("churn", "production")
        made = busy.promotions.rollback("churn", "production", reason="r")
        assert busy.promotions.history("churn", "production") == (made, *before)

    def test_serving_is_one_assignment_for_each_model(self, busy: Registry) -> None:
        """By name; a model without a holder is not in it."""
        serving = busy.promotions.serving()
        assert [(a.model, shares(a.holders)) for a in serving] == [
            ("a", {"a:v1": 100}),
            ("b", {"b:v1": 100}),
            ("churn", {"churn:v2": 100}),
        ]
        assert serving[2] == busy.promotions.history("churn", "production")[0]
        assert busy.promotions.serving(limit=1) == serving[:1]
        assert [a.model for a in busy.promotions.serving("staging")] == ["churn"]
        with pytest.raises(NotFound, match="no stage 'draft'"):
            busy.promotions.serving("draft")

    def test_assignments_are_called_by_the_present_name(self, busy: Registry) -> None:
        """A renamed model's history is its own."""
        busy.models.rename("churn", "leavers")

        def names(found: tuple[Assignment, ...]) -> set[str]:
            return {a.model for a in found} | {h.reference[:-3] for a in found for h in a.holders}

        history: Callable[[str], tuple[Assignment, ...]] = busy.promotions.history
        assert names(history("leavers")) == names(history("churn")) == {"leavers"}
